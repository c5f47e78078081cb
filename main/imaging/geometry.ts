import type { ImageHeader, InstanceHeader } from './instance.ts';

/** Something about a series that a reader should know, in plain words. */
export interface GeometryFinding {
  readonly kind:
    | 'localiser'
    | 'duplicate'
    | 'repeated-positions'
    | 'mixed-orientation'
    | 'mixed-size'
    | 'missing-slices'
    | 'uneven-spacing';
  readonly message: string;
  /** Indices of the instances that it is about, as they were passed in. */
  readonly instances: readonly number[];
}

/** A series in the order in which to scroll through it. */
export interface SeriesArrangement {
  /** Indices of the instances as they were passed in: stacks by position first, localisers last. */
  readonly order: readonly number[];
  readonly basis: 'position' | 'number' | 'name';
  /** Usual distance between neighbouring slices of the largest stack, mm; null where there is no stack. */
  readonly spacing: number | null;
  readonly findings: readonly GeometryFinding[];
}

type Vector = readonly [number, number, number];

/** An instance with what sorting needs. */
interface Plane {
  readonly index: number;
  readonly header: InstanceHeader;
  readonly normal: Vector;
  /** Place along the normal, mm. */
  readonly place: number;
}

/** Normals closer than this belong to one stack: 1 degree. */
const SAME_DIRECTION = Math.cos(Math.PI / 180);
/** Positions closer than this are the same, mm. */
const SAME_PLACE = 0.01;

/**
 * Sorts the instances of one series by their position along the slice normal, or by instance number, or by name, and
 * names what is odd about them (PS3.3 C.7.6.2).
 */
export function arrangeSeries(headers: readonly InstanceHeader[]): SeriesArrangement {
  const findings: GeometryFinding[] = [...identicalInstances(headers), ...differingSizes(headers)];
  const localisers = headers.flatMap((header, i) => (isLocaliser(header) ? [i] : []));
  if (localisers.length > 0 && localisers.length < headers.length)
    findings.push({
      kind: 'localiser',
      message: `${count(localisers.length, 'image is a localiser and stands', 'images are localisers and stand')} at the end.`,
      instances: localisers,
    });
  const rest = headers.flatMap((_, i) => (localisers.includes(i) && localisers.length < headers.length ? [] : [i]));
  const planes = rest.flatMap((i) => planeOf(headers[i] as InstanceHeader, i) ?? []);
  const ending = headers.length > rest.length ? sortedByNumber(headers, localisers) : [];
  if (planes.length < 2 || planes.length < rest.length) {
    const order = sortedByNumber(headers, rest);
    findings.push(...missingNumbers(headers, order));
    const numbered = rest.every((i) => headers[i]?.instance.number !== null);
    return { order: [...order, ...ending], basis: numbered ? 'number' : 'name', spacing: null, findings };
  }
  const stacks = stacksOf(planes);
  if (stacks.length > 1) findings.push(mixedOrientation(stacks));
  for (const stack of stacks) findings.push(...stackFindings(stack));
  return {
    order: [...stacks.flatMap((stack) => stack.map(({ index }) => index)), ...ending],
    basis: 'position',
    spacing: usualGap(stacks[0] ?? []),
    findings,
  };
}

/** Whether an image only shows where others lie: a scout, topogram or survey. */
function isLocaliser(header: InstanceHeader): boolean {
  return header.instance.imageType.some((value) => value.toUpperCase() === 'LOCALIZER');
}

/** Groups of the same orientation, the largest first, each sorted along its normal. */
function stacksOf(planes: readonly Plane[]): Plane[][] {
  const stacks: Plane[][] = [];
  for (const plane of planes) {
    const found = stacks.find(([first]) => first && dot(first.normal, plane.normal) > SAME_DIRECTION);
    if (found) found.push(plane);
    else stacks.push([plane]);
  }
  for (const stack of stacks) stack.sort((a, b) => a.place - b.place || byNumber(a.header, b.header));
  return stacks.sort((a, b) => b.length - a.length);
}

function planeOf(header: InstanceHeader, index: number): Plane | null {
  const { position, orientation } = header.image ?? ({ position: null, orientation: null } as Partial<ImageHeader>);
  if (!position || !orientation) return null;
  const normal = cross(orientation.slice(0, 3) as unknown as Vector, orientation.slice(3) as unknown as Vector);
  const length = Math.hypot(...normal);
  if (!(length > 0.5)) return null; // the two directions are parallel or zero: not an orientation
  const unit: Vector = [normal[0] / length, normal[1] / length, normal[2] / length];
  return { index, header, normal: unit, place: dot(position, unit) };
}

function stackFindings(stack: readonly Plane[]): GeometryFinding[] {
  const places = distinctPlaces(stack);
  const repeated = places.filter((place) => place.length > 1);
  const findings: GeometryFinding[] = [];
  const times = places[0]?.length ?? 1;
  if (times > 1 && places.length > 1 && places.every((place) => place.length === times))
    findings.push({
      kind: 'repeated-positions',
      message: `Every position was taken ${times} times, as different phases, echoes or times are.`,
      instances: stack.map(({ index }) => index),
    });
  else if (repeated.length > 0)
    findings.push({
      kind: 'duplicate',
      message: `${count(repeated.length, 'position holds', 'positions hold')} more than one image: ${nameAll(repeated.flat())}.`,
      instances: repeated.flat().map(({ index }) => index),
    });
  return [...findings, ...gapFindings(places)];
}

/** Gaps of one and a half times the usual one or more mean missing slices; smaller differences uneven spacing. */
function gapFindings(places: readonly (readonly Plane[])[]): GeometryFinding[] {
  const usual = usualGap(places.flat());
  if (usual === null || places.length < 3) return [];
  const findings: GeometryFinding[] = [];
  let uneven = 0;
  for (let i = 1; i < places.length; i += 1) {
    const before = places[i - 1]?.[0] as Plane;
    const after = places[i]?.[0] as Plane;
    const gap = after.place - before.place;
    const missing = Math.round(gap / usual) - 1;
    if (gap >= usual * 1.5 && missing > 0)
      findings.push({
        kind: 'missing-slices',
        message:
          `About ${count(missing, 'slice is', 'slices are')} missing between ${nameOf(before)} and ${nameOf(after)}: ` +
          `${millimetres(gap)} apart, elsewhere ${millimetres(usual)}.`,
        instances: [before.index, after.index],
      });
    else if (Math.abs(gap - usual) > Math.max(usual * 0.1, SAME_PLACE)) uneven += 1;
  }
  if (uneven > 0)
    findings.push({
      kind: 'uneven-spacing',
      message: `The slices are not evenly spaced: ${uneven} of ${places.length - 1} distances differ from the usual ${millimetres(usual)}.`,
      instances: places.flat().map(({ index }) => index),
    });
  return findings;
}

/** The median distance between neighbouring places, mm. */
function usualGap(stack: readonly Plane[]): number | null {
  const places = distinctPlaces(stack).map((place) => (place[0] as Plane).place);
  const gaps = places.slice(1).map((place, i) => place - (places[i] as number));
  gaps.sort((a, b) => a - b);
  return gaps[Math.floor(gaps.length / 2)] ?? null;
}

/** Neighbours of a sorted stack at the same place, together. */
function distinctPlaces(stack: readonly Plane[]): Plane[][] {
  const places: Plane[][] = [];
  for (const plane of stack) {
    const last = places.at(-1);
    if (last && plane.place - (last[0] as Plane).place < SAME_PLACE) last.push(plane);
    else places.push([plane]);
  }
  return places;
}

function mixedOrientation(stacks: readonly Plane[][]): GeometryFinding {
  const sizes = stacks.map((stack) => stack.length).join(' + ');
  return {
    kind: 'mixed-orientation',
    message: `The images lie in ${stacks.length} different directions (${sizes}); they are shown one after the other.`,
    instances: stacks.flat().map(({ index }) => index),
  };
}

function identicalInstances(headers: readonly InstanceHeader[]): GeometryFinding[] {
  const seen = new Map<string, number[]>();
  for (const [i, header] of headers.entries())
    seen.set(header.instance.uid, [...(seen.get(header.instance.uid) ?? []), i]);
  const doubled = [...seen.values()].filter((indices) => indices.length > 1);
  if (doubled.length === 0) return [];
  return [
    {
      kind: 'duplicate',
      message: `${count(doubled.length, 'image is', 'images are')} present more than once under one identity.`,
      instances: doubled.flat(),
    },
  ];
}

function differingSizes(headers: readonly InstanceHeader[]): GeometryFinding[] {
  const sizes = headers.map(({ image }) => (image ? `${image.columns} x ${image.rows}` : ''));
  const distinct = [...new Set(sizes)].filter((size) => size !== '');
  if (distinct.length < 2) return [];
  return [
    {
      kind: 'mixed-size',
      message: `The images are of different sizes: ${distinct.join(', ')} pixels.`,
      instances: sizes.flatMap((size, i) => (size === sizes[0] ? [] : [i])),
    },
  ];
}

/** Numbers that jump, where positions cannot tell. */
function missingNumbers(headers: readonly InstanceHeader[], order: readonly number[]): GeometryFinding[] {
  const findings: GeometryFinding[] = [];
  for (let i = 1; i < order.length; i += 1) {
    const before = headers[order[i - 1] as number]?.instance.number ?? null;
    const after = headers[order[i] as number]?.instance.number ?? null;
    if (before === null || after === null || after - before < 2) continue;
    findings.push({
      kind: 'missing-slices',
      message: `Instance numbers jump from ${before} to ${after}.`,
      instances: [order[i - 1] as number, order[i] as number],
    });
  }
  return findings;
}

function sortedByNumber(headers: readonly InstanceHeader[], indices: readonly number[]): number[] {
  return [...indices].sort((a, b) => byNumber(headers[a] as InstanceHeader, headers[b] as InstanceHeader));
}

const natural = new Intl.Collator('en', { numeric: true });

/** By instance number; without one at the end, by file name. Equal ones by UID, so that the order is always the same. */
function byNumber(a: InstanceHeader, b: InstanceHeader): number {
  const first = a.instance.number ?? Number.MAX_SAFE_INTEGER;
  const second = b.instance.number ?? Number.MAX_SAFE_INTEGER;
  return (
    first - second ||
    natural.compare(a.instance.label, b.instance.label) ||
    natural.compare(a.instance.uid, b.instance.uid)
  );
}

function nameOf({ header, index }: Plane): string {
  const { number, label } = header.instance;
  return number === null ? label || `image ${index + 1}` : `image ${number}`;
}

function nameAll(planes: readonly Plane[]): string {
  const shown = planes.slice(0, 6).map(nameOf).join(', ');
  return planes.length > 6 ? `${shown} ...` : shown;
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}

function millimetres(value: number): string {
  return `${Number(value.toFixed(2))} mm`;
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
