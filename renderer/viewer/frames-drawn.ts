/** Waits until the window has drawn so many frames; while it is hidden it draws none. */
export async function framesDrawn(count: number): Promise<void> {
  for (let frame = 0; frame < count; frame++) await new Promise((drawn) => requestAnimationFrame(drawn));
}
