/**
 * Reverse-mode differentiation: walks a graph's steps from the loss back to the parameters and emits the backward pass
 * as ordinary operators of the same graph.
 */
import { Fault } from '../../fault.ts';
import type { Graph, Value } from './graph.ts';
import { add } from './operators.ts';

/**
 * Emits the derivatives of `loss`, shape (), by each of `parameters`, and returns them in that order, each of its
 * parameter's shape.
 * @throws Fault `internal` where the loss does not depend on a parameter.
 */
export function gradients(g: Graph, loss: Value, parameters: readonly Value[]): Value[] {
  // The emitted operators record steps of their own; only those made so far lead from the parameters to the loss.
  const steps = [...g.steps];
  const dependent = new Set<Value>(parameters);
  for (const step of steps) if (step.inputs.some((input) => dependent.has(input))) dependent.add(step.output);

  const derivatives = new Map<Value, Value>([[loss, g.scalar(1)]]);
  for (const step of steps.reverse()) {
    const derivative = derivatives.get(step.output);
    if (!derivative || !dependent.has(step.output)) continue;
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
