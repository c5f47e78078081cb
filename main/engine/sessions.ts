/** onnxruntime sessions from model bytes. The engine process owns them; both calls block the thread they run on. */
import './no-telemetry.ts';
import * as ort from 'onnxruntime-node';
import { Fault } from '../fault.ts';
import { explain, missingFor } from './provider-problems.ts';

/** A tensor at the border to onnxruntime, row-major. */
export interface TensorValue {
  readonly dims: readonly number[];
  readonly data: Float32Array | Float64Array | BigInt64Array;
}

export interface OpenOptions {
  /** Execution provider as onnxruntime names it; `cpu` where it is left out. */
  readonly provider?: string;
  readonly threads?: number;
  /** Folder in which the model's external data lie. */
  readonly dataFolder?: string;
  /**
   * Use weights as they lie in the mapped file instead of repacking them for the processor. Saves their size in private
   * memory for up to a tenth more time; a training step, which reads them forward and backward, saves twice their size.
   */
  readonly mapWeights?: boolean;
  /**
   * Ask the system for every tensor's memory and give it back, instead of keeping it for the next run: a lower peak, at
   * several times the time, most of it the system's.
   */
  readonly giveMemoryBack?: boolean;
  /**
   * Weights that are stored as float16 stay so where the graph runs, and are widened run by run. Halves their memory and
   * changes no number. Left out, they are widened once, when the session opens.
   */
  readonly halfWeights?: boolean;
  /**
   * Float64 graphs: keep onnxruntime from fusing operators, because it also fuses those that its fused kernels cannot
   * compute in float64 (QuickGelu).
   */
  readonly withoutFusion?: boolean;
}

export interface Session {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /**
   * Runs the graph. `fetch` limits the outputs that are copied: they come out in new memory, which costs more than the
   * computing of small graphs. @throws Fault `provider-failed`
   */
  run(feeds: Readonly<Record<string, TensorValue>>, fetch?: readonly string[]): Promise<Record<string, TensorValue>>;
  /** Gives back what the session holds. Not all of it returns to the system: keep few sessions, and long. */
  close(): Promise<void>;
}

/**
 * CoreML's Neural Engine and its older model format compute in float16. An ML program on processor and graphics card keeps
 * float32: COREML_FLAG_CREATE_MLPROGRAM and COREML_FLAG_USE_CPU_AND_GPU (docs/decisions/0012).
 */
const FULL_PRECISION_COREML = { name: 'coreml', coreMlFlags: 0x010 | 0x020 } as const;

/** The optimisers of onnxruntime 1.30 that widen float16 weights for good. */
const WIDENERS = 'ConstantFolding;FuseFp16InitializerToFp32NodeTransformer';

/** @throws Fault `provider-failed` where the provider is absent or cannot run the model. */
export async function openSession(model: Uint8Array, options: OpenOptions = {}): Promise<Session> {
  const { provider = 'cpu', threads, dataFolder, mapWeights, halfWeights, giveMemoryBack, withoutFusion } = options;
  // Each session has threads of its own. One that is done would spin for a while, on a core that the next session, the
  // reader process or the window wants: a folder end to end takes half the processor time without it.
  const config: Record<string, string> = { 'intra_op.allow_spinning': '0' };
  if (dataFolder !== undefined) config.model_external_initializers_file_folder_path = dataFolder;
  if (mapWeights) config.disable_prepacking = '1';
  const failed = (thrown: unknown) => {
    const [reason] = Fault.from(thrown).message.split('\n'); // a stack or a list of kernels may follow
    return new Fault('provider-failed', `onnxruntime failed on ${provider}: ${reason}`, { cause: thrown });
  };

  const missing = missingFor(provider);
  if (missing) throw new Fault('provider-failed', missing);
  const session = await ort.InferenceSession.create(model, {
    executionProviders: [provider === 'coreml' ? FULL_PRECISION_COREML : provider],
    graphOptimizationLevel: withoutFusion ? 'basic' : 'all',
    enableCpuMemArena: !giveMemoryBack,
    enableMemPattern: false, // a third less at the peak of a training step, at no cost
    logSeverityLevel: 3,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    extra: { session: config, ...(halfWeights ? { optimization: { disable_specified_optimizers: WIDENERS } } : {}) },
  }).catch((thrown: unknown) => {
    const fault = failed(thrown);
    throw new Fault(fault.code, explain(provider, fault.message), { cause: thrown });
  });
  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    async run(feeds, fetch = session.outputNames) {
      const tensors: Record<string, ort.Tensor> = {};
      for (const [name, { data, dims }] of Object.entries(feeds)) tensors[name] = toOrt(data, dims);
      const results = await session.run(tensors, fetch).catch((thrown: unknown) => {
        throw failed(thrown);
      });
      const values: Record<string, TensorValue> = {};
      for (const [name, tensor] of Object.entries(results))
        values[name] = { dims: tensor.dims, data: tensor.data as TensorValue['data'] };
      return values;
    },
    close: () => session.release(),
  };
}

function toOrt(data: TensorValue['data'], dims: readonly number[]): ort.Tensor {
  if (data instanceof Float32Array) return new ort.Tensor('float32', data, dims);
  if (data instanceof Float64Array) return new ort.Tensor('float64', data, dims);
  return new ort.Tensor('int64', data, dims);
}
