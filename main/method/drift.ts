/** Whether two samples of scores come from one distribution. */

/** Largest distance between the two empirical distribution functions. */
export function kolmogorovSmirnov(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [[...a].sort((p, q) => p - q), [...b].sort((p, q) => p - q)];
  let [i, j, largest] = [0, 0, 0];
  while (i < x.length && j < y.length) {
    const at = Math.min(x[i]!, y[j]!);
    while (i < x.length && x[i] === at) i++;
    while (j < y.length && y[j] === at) j++;
    largest = Math.max(largest, Math.abs(i / x.length - j / y.length));
  }
  return largest;
}

/**
 * p-value of that distance if both samples came from one continuous distribution: Kolmogorov's limit with Stephens'
 * correction for small samples (Press et al., Numerical Recipes, section 14.3).
 */
export function kolmogorovSmirnovPValue(a: readonly number[], b: readonly number[]): number {
  const size = Math.sqrt((a.length * b.length) / (a.length + b.length));
  const lambda = (size + 0.12 + 0.11 / size) * kolmogorovSmirnov(a, b);
  // The series does not converge near 0, where the p-value is 1.
  if (lambda < 0.3) return 1;
  let sum = 0;
  for (let k = 1; k <= 100; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * lambda * lambda);
  return Math.min(1, Math.max(0, sum));
}
