/**
 * In which precision a provider holds the weights of a pack. Everything is computed and summed in float32 everywhere; a
 * card may keep float16 weights as they are stored, which halves their memory there and changes no number.
 */
import { Graph } from '../method/graph/graph.ts';
import { encodeModel } from '../method/graph/onnx.ts';
import { cast, linear } from '../method/graph/operators.ts';
import { float32ToHalf } from '../modelpack/half.ts';
import type { openSession } from './sessions.ts';

/** Weights are float32, or float16 with float32 computing. */
export const precisions = ['float32', 'float16-weights'] as const;
export type NetworkPrecision = (typeof precisions)[number];

/**
 * The precision for a pack on a provider. The processor reads its weights from the mapped file and gains nothing; a card
 * must show that it can widen float16 itself, which software Vulkan for instance cannot.
 */
export async function precisionOn(
  provider: string,
  stored: 'float32' | 'float16',
  open: typeof openSession,
): Promise<NetworkPrecision> {
  if (provider === 'cpu' || stored === 'float32') return 'float32';
  return (await widensHalf(provider, open).catch(() => false)) ? 'float16-weights' : 'float32';
}

/** Multiplies by weights that are exact in float16, on the provider. */
async function widensHalf(provider: string, open: typeof openSession): Promise<boolean> {
  const graph = new Graph('float32');
  const bits = float32ToHalf(Float32Array.of(0.5, -2, 0.25, 1024));
  const weights = graph.named('weights', [2, 2], 'float16', () => bits);
  graph.output('product', linear(graph, graph.input('left', [1, 2]), cast(graph, weights)));
  const session = await open(encodeModel(graph, 'mediclip-half-weights'), { provider, halfWeights: true });
  try {
    const { product } = await session.run({ left: { dims: [1, 2], data: Float32Array.of(2, 3) } });
    return product!.data[0] === -5 && product!.data[1] === 3072.5;
  } finally {
    await session.close();
  }
}
