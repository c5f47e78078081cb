/** The part of subset-font that reports use; the package brings no types. */
declare module 'subset-font' {
  /** A font with the glyphs of a text alone, and everything that their layout needs; axes are pinned to one place. */
  export default function subsetFont(
    font: Buffer,
    text: string,
    options: { readonly targetFormat: 'truetype'; readonly variationAxes: Readonly<Record<string, number>> },
  ): Promise<Buffer>;
}
