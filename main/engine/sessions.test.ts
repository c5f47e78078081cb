import { describe, expect, it } from 'vitest';
import { Graph } from '../method/graph/graph.ts';
import { encodeModel } from '../method/graph/onnx.ts';
import { add, negate } from '../method/graph/operators.ts';
import { openSession } from './sessions.ts';

function sumAndNegative(): Uint8Array {
  const g = new Graph('float32');
  const [a, b] = [g.input('a', [-1, 2]), g.input('b', [2])];
  const sum = add(g, a, b);
  g.output('sum', sum);
  g.output('negative', negate(g, sum));
  return encodeModel(g, 'test');
}

const a = { dims: [2, 2], data: Float32Array.of(1, 2, 3, 4) };
const b = { dims: [2], data: Float32Array.of(10, 20) };

describe('a session', () => {
  it('runs a graph from bytes and names what it takes and gives', async () => {
    const session = await openSession(sumAndNegative(), { threads: 1 });
    expect([session.inputs, session.outputs]).toEqual([
      ['a', 'b'],
      ['sum', 'negative'],
    ]);
    const out = await session.run({ a, b });
    expect(out.sum).toEqual({ dims: [2, 2], data: Float32Array.of(11, 22, 13, 24) });
    expect(Object.keys(await session.run({ a, b }, ['negative']))).toEqual(['negative']);
    await session.close();
  });

  it('says what onnxruntime found wrong with an input', async () => {
    const session = await openSession(sumAndNegative());
    const run = session.run({ a: { dims: [1, 3], data: Float32Array.of(1, 2, 3) }, b });
    await expect(run).rejects.toMatchObject({ code: 'provider-failed' });
    await session.close();
  });

  it('fails with the reason where the model is damaged or the provider absent', async () => {
    await expect(openSession(Uint8Array.of(1, 2, 3))).rejects.toMatchObject({ code: 'provider-failed' });
    const absent = process.platform === 'darwin' ? 'dml' : 'coreml';
    await expect(openSession(sumAndNegative(), { provider: absent })).rejects.toMatchObject({
      code: 'provider-failed',
    });
  });
});
