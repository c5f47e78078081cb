/**
 * Reverse-mode differentiation: walks a graph's steps from the loss back to the parameters and emits the backward pass
 * as ordinary operators of the same graph.
 */
import { Fault } from '../../fault.ts';
import type { Graph, Step, Value } from './graph.ts';
import { add, multiply, subtract } from './operators.ts';

/**
 * Emits the derivatives of `loss`, shape (), by each of `parameters`, and returns them in that order, each of its
 * parameter's shape.
 * @throws Fault `internal` where the loss does not depend on a parameter.
 */
export function gradients(g: Graph, loss: Value, parameters: readonly Value[]): Value[] {
  // The emitted operators record steps of their own; only those made so far lead from the parameters to the loss.
  return passBack(g, [...g.steps], { of: loss, derivative: g.scalar(1) }, parameters);
}

/**
 * `part` of x, of which nothing but x is kept for the way back: there it is computed once more. A part whose
 * intermediate tensors are large and whose computation is a small share of the whole is worth that. Whatever else `part`
 * uses must be frozen.
 */
export function recomputed(g: Graph, x: Value, part: (x: Value) => Value): Value {
  const [y] = withoutSteps(g, () => part(x));
  return g.differentiable(y, [x], (dy) => [
    () => {
      // The same numbers, but only to be had once dy is: onnxruntime would otherwise take both computations for one, or
      // run this one as early as it can, and keep all that it gives.
      const late = subtract(g, x, multiply(g, dy, g.scalar(0)));
      const [again, steps] = withoutSteps(g, () => part(late));
      return passBack(g, steps, { of: again, derivative: dy }, [late])[0]!;
    },
  ]);
}

/** What `build` gives and the steps that it recorded, which are no longer among the graph's. */
function withoutSteps(g: Graph, build: () => Value): [Value, Step[]] {
  const before = g.steps.length;
  const value = build();
  return [value, g.steps.splice(before)];
}

/** Emits the derivatives of the loss by `parameters`, from the one by a value that the steps lead to. */
function passBack(
  g: Graph,
  steps: Step[],
  from: { readonly of: Value; readonly derivative: Value },
  parameters: readonly Value[],
): Value[] {
  const dependent = new Set<Value>(parameters);
  for (const step of steps) if (step.inputs.some((input) => dependent.has(input))) dependent.add(step.output);

  const wanted = new Set(parameters); // where they are computed themselves, that lies behind them
  const derivatives = new Map<Value, Value>([[from.of, from.derivative]]);
  for (const step of steps.reverse()) {
    const derivative = derivatives.get(step.output);
    if (!derivative || !dependent.has(step.output) || wanted.has(step.output)) continue;
    derivatives.delete(step.output);
    const emitters = step.backward(derivative);
    for (const [i, input] of step.inputs.entries()) {
      if (!dependent.has(input)) continue;
      const contribution = emitters[i]!();
      const known = derivatives.get(input);
      derivatives.set(input, known ? add(g, known, contribution) : contribution);
    }
  }
  return parameters.map((parameter) => {
    const derivative = derivatives.get(parameter);
    if (!derivative) throw new Fault('internal', `The loss does not depend on ${parameter.name}.`);
    return derivative;
  });
}
