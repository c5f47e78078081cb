/** The options that change the method: which anomalies training makes, and how the prompts are built. */
import { anomalyTasks } from '../../preload/contract/model.ts';
import type { CalibrationRequest } from '../../preload/contract/workstation.ts';
import type { Command, CommandOptions } from './command.ts';

type WantedSettings = NonNullable<CalibrationRequest['method']>;

const string = { type: 'string' } as const;

export const methodOptions = {
  mixture: string,
  'phrase-position': string,
  'shared-context': { type: 'boolean' },
  'text-attention': string,
  'normal-phrase': { type: 'string', multiple: true },
  'abnormal-phrase': { type: 'string', multiple: true },
} as const satisfies Command['options'];

export const methodUsage =
  '[--mixture TASK=SHARE,...] [--phrase-position end|middle|front] [--shared-context] [--text-attention full|causal] ' +
  '[--normal-phrase TEXT ... --abnormal-phrase TEXT ...]';

/** Only what was asked for. @throws Fault `usage` */
export function methodSettingsOf(options: CommandOptions): WantedSettings {
  const phrases = { normal: [...options.texts('normal-phrase')], abnormal: [...options.texts('abnormal-phrase')] };
  const given = phrases.normal.length + phrases.abnormal.length > 0;
  return {
    mixture: mixtureOf(options),
    phrasePosition: options.oneOf('phrase-position', ['end', 'middle', 'front']),
    sharedContext: options.flag('shared-context') ? true : undefined,
    textAttention: options.oneOf('text-attention', ['full', 'causal']),
    phrases: given ? phrases : undefined,
  };
}

/** `cut-paste=1,source=1` means half and half, and nothing else. */
function mixtureOf(options: CommandOptions): WantedSettings['mixture'] {
  const parts = options.text('mixture')?.split(',');
  if (!parts) return undefined;
  const mixture = Object.fromEntries(anomalyTasks.map((task) => [task, 0])) as Record<string, number>;
  for (const part of parts) {
    const [task = '', share = ''] = part.split('=').map((word) => word.trim());
    const value = Number(share);
    if (!(task in mixture) || share === '' || !(value >= 0))
      options.refuse(
        `--mixture takes shares such as cut-paste=1,source=1 of ${anomalyTasks.join(', ')}; "${part}" is none.`,
      );
    mixture[task] = value;
  }
  return mixture as WantedSettings['mixture'];
}
