/** The mean of each value and those before it, `span` in all; of fewer where the trace begins. */
export function runningMean(values: readonly number[], span: number): number[] {
  let sum = 0;
  return values.map((value, index) => {
    sum += value - (index >= span ? values[index - span]! : 0);
    return sum / Math.min(index + 1, span);
  });
}
