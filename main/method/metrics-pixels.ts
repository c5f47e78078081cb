/** How well anomaly maps find the abnormal pixels: pixel AUROC and per-region overlap, exact, over all images pooled. */
import { Fault } from '../fault.ts';
import { rankShare } from './metrics.ts';
import { labelRegions } from './synthesis/regions.ts';

/** MVTec's protocol integrates the overlap up to this false-positive rate (Bergmann et al., 2021). */
const publishedRateLimit = 0.3;

/** Regions per image and per collection that fit beside a score in one double. */
const mostRegions = 2 ** 20;

/** Collects maps with their masks, 4 to 12 bytes a pixel, and answers for all of them. */
export class PixelScores {
  readonly #normal: Float32Array[] = [];
  /** Per map: its abnormal pixels' scores with their regions, see `packScore`. */
  readonly #abnormal: Float64Array[] = [];
  /** Pixel count of every region, over all maps. */
  readonly #regionAreas: number[] = [];

  /**
   * Adds one map (height, width) and its mask of the same size, nonzero where abnormal. Abnormal pixels that touch,
   * corners included, are one region. Throws `internal` where sizes differ.
   */
  add(map: Float32Array, mask: Uint8Array, width: number, height: number): void {
    if (map.length !== width * height || mask.length !== map.length)
      throw new Fault(
        'internal',
        `A map of ${map.length} values has a mask of ${mask.length}, at ${width} x ${height}.`,
      );
    const { labels, regions } = labelRegions({ width, height, data: mask }, 8);
    const earlierRegions = this.#regionAreas.length;
    if (earlierRegions + regions.length > mostRegions)
      throw new Fault(
        'unsupported',
        `There are more than ${mostRegions} abnormal regions; evaluate fewer images at once.`,
      );
    const abnormalCount = regions.reduce((sum, region) => sum + region.area, 0);
    const abnormal = new Float64Array(abnormalCount);
    const normal = new Float32Array(map.length - abnormalCount);
    for (let i = 0, a = 0, n = 0; i < map.length; i++) {
      if (labels[i]) abnormal[a++] = packScore(map[i]!, earlierRegions + labels[i]! - 1);
      else normal[n++] = map[i]!;
    }
    this.#normal.push(normal);
    this.#abnormal.push(abnormal);
    this.#regionAreas.push(...regions.map((region) => region.area));
  }

  /** AUROC over all pixels of all maps. NaN where normal or abnormal pixels are missing. */
  auroc(): number {
    const abnormal = this.#sortedAbnormal();
    return rankShare(this.#sortedNormal(), Float32Array.from(abnormal, unpackScore));
  }

  /**
   * Per-region overlap: for every threshold the mean share of each region that is found, against the share of normal
   * pixels that are flagged; area under that curve up to `rateLimit`, divided by it. NaN where one kind is missing.
   */
  regionOverlap(rateLimit = publishedRateLimit): number {
    const normal = this.#sortedNormal();
    const abnormal = this.#sortedAbnormal();
    if (normal.length === 0 || abnormal.length === 0) return Number.NaN;
    const regionCount = this.#regionAreas.length;
    let [rate, overlap, area] = [0, 0, 0];
    let n = normal.length - 1;
    let a = abnormal.length - 1;
    while (rate < rateLimit && (n >= 0 || a >= 0)) {
      const threshold = Math.max(n >= 0 ? normal[n]! : -Infinity, a >= 0 ? unpackScore(abnormal[a]!) : -Infinity);
      while (n >= 0 && normal[n]! >= threshold) n--;
      let gained = 0;
      for (; a >= 0 && unpackScore(abnormal[a]!) >= threshold; a--)
        gained += 1 / (this.#regionAreas[regionOf(abnormal[a]!)]! * regionCount);
      const nextRate = (normal.length - 1 - n) / normal.length;
      const reached = Math.min(nextRate, rateLimit);
      // Straight from the last point to the next one, cut at the limit.
      const share = nextRate > rate ? (reached - rate) / (nextRate - rate) : 0;
      area += (reached - rate) * (overlap + (share * gained) / 2);
      rate = reached;
      overlap += gained;
    }
    return area / rateLimit;
  }

  #sortedNormal(): Float32Array {
    return concatenate(this.#normal, (length) => new Float32Array(length)).sort();
  }

  #sortedAbnormal(): Float64Array {
    return concatenate(this.#abnormal, (length) => new Float64Array(length)).sort();
  }
}

function concatenate<T extends Float32Array | Float64Array>(parts: readonly T[], create: (length: number) => T): T {
  const all = create(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const asFloat = new Float32Array(1);
const asBits = new Uint32Array(asFloat.buffer);

/**
 * A float32 score and a region in one double that sorts by score: the score's bits, turned so that they count upward
 * (32 bits), before the region's number (20 bits). Sorting plain doubles is many times faster than sorting pairs.
 */
function packScore(score: number, region: number): number {
  // + 0 turns -0 into 0, which is the same score.
  asFloat[0] = score + 0;
  const bits = asBits[0]!;
  const rising = bits & 0x80000000 ? ~bits >>> 0 : (bits | 0x80000000) >>> 0;
  return rising * mostRegions + region;
}

function unpackScore(packed: number): number {
  const rising = Math.floor(packed / mostRegions);
  asBits[0] = rising & 0x80000000 ? rising & 0x7fffffff : ~rising;
  return asFloat[0]!;
}

function regionOf(packed: number): number {
  return packed % mostRegions;
}
