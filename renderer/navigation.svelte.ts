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

  /** The study is gone: there is nothing to go back to. */
  leaveStudy(studyInstanceUid: string): void {
    if (this.openStudyUid === studyInstanceUid) this.openStudyUid = null;
  }
}

export const navigation = new Navigation();
