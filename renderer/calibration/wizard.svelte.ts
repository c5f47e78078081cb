/** A new calibration on its way through the steps. It stays while the reader looks at other screens. */
import type {
  CheckedImage,
  MethodSettings,
  Preset,
  ProviderChoice,
  ReferenceSet,
  Scope,
} from '../../preload/contract/model.ts';
import { frameKey } from '../images/frame-key.ts';
import { call } from '../workstation.ts';
import { isNote } from './remarks.ts';
import { Selection } from './selection.svelte.ts';

export const steps = ['scope', 'reference', 'preview', 'run', 'evidence', 'save'] as const;
export type Step = (typeof steps)[number];

export class Wizard {
  step: Step = $state('scope');
  /** Null: what the chosen images have in common. */
  /** The protocol is as the images have it. */
  scope: Omit<Scope, 'protocol'> | null = $state.raw(null);
  modelName = $state('');
  preset: Preset = $state('default');

  readonly selection = new Selection();
  /** The set that the chosen images are the next version of. */
  basedOn: ReferenceSet | null = $state.raw(null);
  checkJobId: string | null = $state(null);
  checked: readonly CheckedImage[] | null = $state.raw(null);
  set: ReferenceSet | null = $state.raw(null);

  /** The preset's own settings, and what the reader made of them. */
  published: MethodSettings | null = $state.raw(null);
  method: MethodSettings | null = $state.raw(null);

  name = $state('');
  shots = $state(16);
  toleratedPercent = $state(5);
  provider: ProviderChoice = $state('auto');
  seed = $state(0);
  jobId: string | null = $state(null);
  calibrationId: string | null = $state(null);
  /** Whether the reader has settled on the share: only then confirmed cases are shown. */
  shareFixed = $state(false);

  /** What the check found for images that are still chosen, those first that speak against an image. */
  readonly remarked = $derived(
    (this.checked ?? []).filter(
      (image) => this.selection.has(image) && image.remarks.some((remark) => !isNote(remark)),
    ),
  );
  /** The check covers every chosen image: taking some out leaves it valid. */
  readonly isChecked = $derived.by(() => {
    if (!this.checked || this.selection.size === 0) return false;
    const known = new Set(this.checked.map(frameKey));
    return this.selection.frames.every((frame) => known.has(frameKey(frame)));
  });
  readonly reached = $derived.by((): readonly Step[] => {
    if (this.calibrationId) return steps;
    if (this.set) return steps.slice(0, 4);
    return steps.slice(0, 2);
  });
  /** Only what differs from the preset is sent. */
  readonly changedMethod = $derived.by((): Partial<MethodSettings> | undefined => {
    const { method, published } = this;
    if (!method || !published) return undefined;
    const changed = Object.entries(method).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(published[name as keyof MethodSettings]),
    );
    return changed.length > 0 ? (Object.fromEntries(changed) as Partial<MethodSettings>) : undefined;
  });

  /** Throws FaultError. */
  async choosePreset(preset: Preset): Promise<void> {
    this.preset = preset;
    this.published = await call('calibrations.methodSettings', preset);
    this.method = this.published;
  }

  /** A set that was saved, and the steps after it. */
  take(set: ReferenceSet, shots: number, toleratedPercent: number): void {
    this.set = set;
    this.name = set.name;
    this.shots = shots;
    this.toleratedPercent = toleratedPercent;
    this.jobId = null;
    this.calibrationId = null;
    this.shareFixed = false;
    this.step = 'preview';
  }
}

/** The one new calibration under way, if any. */
class NewCalibration {
  wizard: Wizard | null = $state.raw(null);

  /** Goes on with the one under way, or begins. */
  begin(): void {
    this.wizard ??= new Wizard();
  }

  end(): void {
    this.wizard = null;
  }
}

export const newCalibration = new NewCalibration();
