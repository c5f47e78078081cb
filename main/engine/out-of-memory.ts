/** Apart from the sessions, because what supervises the engine asks too and has no onnxruntime. */
import { Fault } from '../fault.ts';

/** Whether a session failed because memory did not suffice, on the processor or on a card; providers word it each in their way. */
export function isOutOfMemory(thrown: unknown): boolean {
  return (
    thrown instanceof Fault &&
    thrown.code === 'provider-failed' &&
    /allocat|out.?of.?memory|bad_alloc|insufficient memory/i.test(thrown.message)
  );
}
