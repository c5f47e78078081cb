/** What a calibration may change in the method (paper, sections 2.2 and 2.3); left alone it is as published. */
import { Fault } from '../fault.ts';
import type { TextAttention } from './clip/text.ts';
import { defaultPhrases, type PhrasePosition } from './prompts.ts';
import { anomalyTasks, publishedMixture, type TaskMixture } from './synthesis/synthesise.ts';

/** How the text prompts are built. */
export interface PromptSettings {
  readonly textAttention: TextAttention;
  readonly phrasePosition: PhrasePosition;
  /** One learnable context for all normal phrases and one for all abnormal ones, instead of one for each phrase. */
  readonly sharedContext: boolean;
  readonly phrases: { readonly normal: readonly string[]; readonly abnormal: readonly string[] };
}

export interface MethodSettings extends PromptSettings {
  /** Probability of each kind of anomaly; they sum to 1. */
  readonly mixture: TaskMixture;
}

/** As published but for the attention, which a preset chooses. */
export function publishedSettings(textAttention: TextAttention): MethodSettings {
  return {
    mixture: publishedMixture,
    textAttention,
    phrasePosition: 'end',
    sharedContext: false,
    phrases: defaultPhrases,
  };
}

/** What a person asks for: parts may be missing, and the mixture is relative: 1, 1, 2 means 25%, 25%, 50%. */
export type WantedSettings = { readonly [Name in keyof MethodSettings]?: MethodSettings[Name] | undefined };

/**
 * Fills in what was not asked for.
 * @throws Fault `usage` for a mixture without any anomaly, or no phrase of one kind
 */
export function completeSettings(wanted: WantedSettings, textAttention: TextAttention): MethodSettings {
  const published = publishedSettings(textAttention);
  return {
    mixture: wanted.mixture ? normalised(wanted.mixture) : published.mixture,
    textAttention: wanted.textAttention ?? published.textAttention,
    phrasePosition: wanted.phrasePosition ?? published.phrasePosition,
    sharedContext: wanted.sharedContext ?? published.sharedContext,
    phrases: wanted.phrases ? trimmed(wanted.phrases) : published.phrases,
  };
}

function normalised(mixture: TaskMixture): TaskMixture {
  const weights = anomalyTasks.map((task) => mixture[task]);
  if (weights.some((weight) => !(weight >= 0 && Number.isFinite(weight))))
    throw new Fault('usage', 'The share of a kind of anomaly is a number from 0 on.');
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (sum - mixture.identity <= 0)
    throw new Fault('usage', 'Training needs anomalies: give at least one kind besides "identity" a share above 0.');
  return Object.fromEntries(anomalyTasks.map((task) => [task, mixture[task] / sum])) as TaskMixture;
}

function trimmed({ normal, abnormal }: MethodSettings['phrases']): MethodSettings['phrases'] {
  const clean = (phrases: readonly string[]) =>
    phrases.map((phrase) => phrase.trim()).filter((phrase) => phrase !== '');
  const phrases = { normal: clean(normal), abnormal: clean(abnormal) };
  if (phrases.normal.length === 0 || phrases.abnormal.length === 0)
    throw new Fault('usage', 'Give at least one phrase for normal and one for abnormal.');
  return phrases;
}
