/** How far each provider of this machine lies from the CPU, over 50 training steps, and how fast it is. */
import { basename } from 'node:path';
import { Fault } from '../fault.ts';
import { modelFolder } from '../services/models.ts';
import { type BenchRow, figure, type Suite } from './suite.ts';

const STEPS = 50;
const PROVIDERS = ['cuda', 'dml', 'coreml', 'webgpu'] as const;

export const providers: Suite = {
  does: `forward pass, gradients and ${STEPS} training steps on every provider against the CPU, with --model`,
  async run({ tools, job, models, quick }) {
    const rows: BenchRow[] = [];
    for (const model of models.length > 0 ? models : ['embedded'])
      for (const provider of PROVIDERS) {
        const packFolder = await modelFolder(tools, model);
        const input = { packFolder, provider, steps: quick ? 2 : STEPS };
        try {
          const found = await tools.engine.run('selfTest', input, { signal: job.signal });
          if (found.tooSlow) continue; // it was not asked to be fast
          const { agreement, parameters, speed, cpuSpeed } = found;
          const name = `${provider}, ${basename(model)}`;
          for (const kind of ['vision', 'text', 'gradients', 'loss', 'scores'] as const)
            rows.push(figure(`${name}: ${kind}, furthest from the CPU`, agreement[kind], 'relative'));
          rows.push(
            figure(`${name}: parameters after ${input.steps} steps, furthest from the CPU`, parameters, 'relative'),
            figure(`${name}: image`, speed.msPerImage, 'ms', `CPU ${cpuSpeed.msPerImage.toPrecision(3)} ms`),
            figure(`${name}: training step`, speed.msPerStep, 'ms', `CPU ${cpuSpeed.msPerStep.toPrecision(3)} ms`),
          );
        } catch (thrown) {
          const fault = Fault.from(thrown);
          if (fault.code === 'cancelled') throw fault;
          tools.restartEngine();
          rows.push(figure(`${provider}, ${basename(model)}: available`, 0, 'count', fault.message));
        }
      }
    return rows;
  },
};
