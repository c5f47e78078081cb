/** Which screen is up. The viewer remembers its study, so that its tab leads back to it. */
class Navigation {
  screen: 'worklist' | 'calibration' | 'models' | 'network' | 'viewer' = $state('worklist');
  openStudyUid: string | null = $state(null);
  openStudyTitle: string = $state('');

  openStudy(studyInstanceUid: string, title: string): void {
    this.openStudyUid = studyInstanceUid;
    this.openStudyTitle = title;
    this.screen = 'viewer';
  }
}

export const navigation = new Navigation();
