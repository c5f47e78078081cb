/** One step of Adam (Kingma and Ba, 2015) as graph nodes, with the published code's hyperparameters. */
import type { Graph, Value } from './graph.ts';
import { add, divide, multiply, square, squareRoot, subtract } from './operators.ts';

export interface AdamOptions {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

export const publishedAdam: AdamOptions = { learningRate: 1e-3, beta1: 0.5, beta2: 0.999, epsilon: 1e-8 };

export interface AdamCorrections {
  /** learningRate / (1 - beta1^t), shape (). */
  readonly stepSize: Value;
  /** sqrt(1 - beta2^t), shape (). */
  readonly secondMomentScale: Value;
}

/**
 * Bias corrections for step t, counted from 1 (int64, shape ()). Computed in float64 whatever the graph's precision:
 * in float32 1 - 0.999^t would keep only four digits.
 * @param later steps after t that they are for
 */
export function adamCorrections(g: Graph, t: Value, options: AdamOptions, later = 0): AdamCorrections {
  const float64 = (operator: string, ...inputs: Value[]) => g.emit(operator, inputs, [], {}, 'float64');
  const constant = (number: number) => g.constant([number], [], 'float64');
  const time = float64('Add', g.emit('Cast', [t], [], { to: 'float64' }, 'float64'), constant(later));
  const correction = (beta: number) => float64('Sub', constant(1), float64('Pow', constant(beta), time));
  const toPrecision = (value: Value) => g.emit('Cast', [value], [], { to: g.precision });
  return {
    stepSize: toPrecision(float64('Div', constant(options.learningRate), correction(options.beta1))),
    secondMomentScale: toPrecision(float64('Sqrt', correction(options.beta2))),
  };
}

export interface AdamState {
  readonly parameter: Value;
  readonly firstMoment: Value;
  readonly secondMoment: Value;
}

/** The state after one step along `gradient`. */
export function adamStep(
  g: Graph,
  state: AdamState,
  gradient: Value,
  corrections: AdamCorrections,
  options: AdamOptions,
): AdamState {
  const { beta1, beta2, epsilon } = options;
  const blend = (old: Value, beta: number, fresh: Value) =>
    add(g, multiply(g, old, g.scalar(beta)), multiply(g, fresh, g.scalar(1 - beta)));
  const firstMoment = blend(state.firstMoment, beta1, gradient);
  const secondMoment = blend(state.secondMoment, beta2, square(g, gradient));
  const deviation = divide(g, squareRoot(g, secondMoment), corrections.secondMomentScale);
  const move = divide(g, firstMoment, add(g, deviation, g.scalar(epsilon)));
  return {
    parameter: subtract(g, state.parameter, multiply(g, move, corrections.stepSize)),
    firstMoment,
    secondMoment,
  };
}
