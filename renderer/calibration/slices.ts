/** Where in a stack to take pictures, in percent of its height, and how many. */
export interface SlicePlan {
  readonly from: number;
  readonly to: number;
  readonly images: number;
}

/** Evenly spaced pictures of a stack; all of a series that has too few to choose among. */
export function slicesOf<T>(frames: readonly T[], { from, to, images }: SlicePlan): readonly T[] {
  if (frames.length <= images) return frames;
  const [low, high] = [(from / 100) * (frames.length - 1), (to / 100) * (frames.length - 1)];
  const places = Array.from({ length: images }, (_, i) =>
    Math.round(images === 1 ? (low + high) / 2 : low + ((high - low) * i) / (images - 1)),
  );
  return [...new Set(places)].map((place) => frames[place]!);
}
