/**
 * Test hook: a provider that misbehaves, to prove that the self-test and the watchdog find out. It stands in for a real
 * one by name and computes on the CPU. An installed application never has it (main/app/children.ts).
 */
import { Fault } from '../fault.ts';
import { type OpenOptions, openSession, type Session, type TensorValue } from './sessions.ts';

/** Those that give wrong numbers, and for which graphs: real ones have been wrong in single operators and shapes. */
const WRONG: Readonly<Record<string, (session: Session) => boolean>> = {
  wrong: () => true,
  nan: () => true,
  'wrong-batch': () => true,
  'wrong-head': ({ outputs }) => outputs.includes('score'),
  'wrong-map': ({ inputs }) => inputs.includes('unusual.0'),
  'wrong-bank': ({ outputs }) => outputs.includes('similarity.0'),
  'wrong-adapters': ({ inputs, outputs }) => inputs.includes('text_features') && outputs.includes('loss'),
};
const MISBEHAVIOURS = [...Object.keys(WRONG), 'dies', 'hangs', 'out-of-memory'];

/** Environment variable of the engine process: `NAME:wrong`, e.g. `webgpu:wrong`. */
export const WRONG_PROVIDER_VARIABLE = 'MEDICLIP_TEST_WRONG_PROVIDER';

/** `openSession`, or what the variable asks for. */
export function sessionOpener(variable: string | undefined): typeof openSession {
  const [provider, wanted] = (variable ?? '').split(':');
  const misbehaviour = MISBEHAVIOURS.find((known) => known === wanted);
  if (!misbehaviour) return openSession;
  return async (model: Uint8Array, options: OpenOptions = {}) =>
    options.provider === provider
      ? misbehaving(await openSession(model, { ...options, provider: 'cpu' }), misbehaviour)
      : await openSession(model, options);
}

function misbehaving(session: Session, misbehaviour: string): Session {
  const wrong = WRONG[misbehaviour]?.(session) ?? false;
  return {
    ...session,
    async run(feeds, ...rest) {
      if (misbehaviour === 'dies') process.kill(process.pid, 'SIGKILL');
      if (misbehaviour === 'hangs') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      if (misbehaviour === 'out-of-memory')
        throw new Fault('provider-failed', 'onnxruntime failed: Failed to allocate memory for requested buffer.');
      const outputs = await session.run(feeds, ...rest);
      if (!wrong || (misbehaviour === 'wrong-batch' && !isLargeBatch(feeds))) return outputs;
      return changed(outputs, misbehaviour === 'nan' ? firstIsNoNumber : twoPercentTooMuch);
    },
  };
}

/** More pictures than a quick look at a provider would take. */
function isLargeBatch(feeds: Readonly<Record<string, TensorValue>>): boolean {
  return Object.entries(feeds).some(
    ([name, { dims }]) => /^(pixels|head|(tap|query|unusual)\.\d+)$/.test(name) && dims[0]! > 2,
  );
}

const twoPercentTooMuch = (value: number, i: number) => value * (i % 2 === 0 ? 1.02 : 1);
const firstIsNoNumber = (value: number, i: number) => (i === 0 ? Number.NaN : value);

function changed(
  outputs: Record<string, TensorValue>,
  change: (value: number, i: number) => number,
): Record<string, TensorValue> {
  const values = Object.entries(outputs).map(([name, { dims, data }]) =>
    data instanceof Float32Array
      ? ([name, { dims, data: data.map(change) }] as const)
      : ([name, { dims, data }] as const),
  );
  return Object.fromEntries(values);
}
