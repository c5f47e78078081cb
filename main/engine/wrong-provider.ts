/**
 * Test hook: a provider that misbehaves, to prove that the self-test and the watchdog find out. It stands in for a real
 * one by name and computes on the CPU. An installed application never has it (main/app/children.ts).
 */
import { Fault } from '../fault.ts';
import { type OpenOptions, openSession, type Session, type TensorValue } from './sessions.ts';

const MISBEHAVIOURS = ['wrong', 'dies', 'hangs', 'out-of-memory'] as const;
type Misbehaviour = (typeof MISBEHAVIOURS)[number];

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

function misbehaving(session: Session, misbehaviour: Misbehaviour): Session {
  return {
    ...session,
    async run(feeds, fetch) {
      if (misbehaviour === 'dies') process.kill(process.pid, 'SIGKILL');
      if (misbehaviour === 'hangs') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      if (misbehaviour === 'out-of-memory')
        throw new Fault('provider-failed', 'onnxruntime failed: Failed to allocate memory for requested buffer.');
      return perturbed(await session.run(feeds, fetch));
    },
  };
}

/** Two percent too much in every second value. */
function perturbed(outputs: Record<string, TensorValue>): Record<string, TensorValue> {
  const values = Object.entries(outputs).map(([name, { dims, data }]) => {
    if (!(data instanceof Float32Array)) return [name, { dims, data }] as const;
    return [name, { dims, data: data.map((value, i) => value * (i % 2 === 0 ? 1.02 : 1)) }] as const;
  });
  return Object.fromEntries(values);
}
