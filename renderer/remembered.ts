/** Small choices of the reader that outlive the window: columns, density, colours. What matters is stored by main. */
export function remembered<T>(name: string, otherwise: T, fits: (value: unknown) => value is T): T {
  try {
    const value: unknown = JSON.parse(globalThis.localStorage?.getItem(name) ?? 'null');
    return fits(value) ? value : otherwise;
  } catch {
    return otherwise;
  }
}

export function remember(name: string, value: unknown): void {
  globalThis.localStorage?.setItem(name, JSON.stringify(value));
}

/** Whether a value is one of these. */
export function oneOf<T extends string>(values: readonly T[]): (value: unknown) => value is T {
  return (value): value is T => values.includes(value as T);
}
