/** One frame with what sorting needs. */
export interface Slice {
  /** Instance Number. */
  readonly number: number | null;
  /** 0-based frame of its file. */
  readonly frame: number;
  /** What tells it from others of the same number: its UID. */
  readonly uid: string;
  readonly localiser: boolean;
  /** Direction cosines of a row, then of a column (0020,0037). */
  readonly orientation: readonly number[] | null;
  /** Image Position (Patient), mm (0020,0032). */
  readonly position: readonly number[] | null;
  readonly rows: number;
  readonly columns: number;
}

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
  /** Indices of the slices that it is about, as they were passed in. */
  readonly slices: readonly number[];
}

/** A series in the order in which to scroll through it. */
export interface SeriesArrangement {
  /** Indices of the slices as they were passed in: stacks by position first, localisers last. */
  readonly order: readonly number[];
  readonly basis: 'position' | 'number';
  /** Of each slice, as passed in: its place along the normal of its stack, mm; null outside stacks. */
  readonly places: readonly (number | null)[];
  /** Usual distance between neighbouring slices of the largest stack, mm; null where there is no stack. */
  readonly spacing: number | null;
  readonly findings: readonly GeometryFinding[];
}

type Vector = readonly [number, number, number];

/** A slice that lies somewhere. */
interface Plane {
  readonly index: number;
  readonly slice: Slice;
  readonly normal: Vector;
  /** Place along the normal, mm. */
  readonly place: number;
}

/** Normals closer than this belong to one stack: 1 degree. */
const SAME_DIRECTION = Math.cos(Math.PI / 180);
/** Positions closer than this are the same, mm. */
const SAME_PLACE = 0.01;

/**
 * Sorts the frames of one series by their position along the slice normal, or by instance number, and names what is odd
 * about them (PS3.3 C.7.6.2).
 */
export function arrangeSeries(slices: readonly Slice[]): SeriesArrangement {
  const findings: GeometryFinding[] = differingSizes(slices);
  const scouts = slices.flatMap(({ localiser }, i) => (localiser ? [i] : []));
  const apart = scouts.length > 0 && scouts.length < slices.length;
  if (apart)
    findings.push({
      kind: 'localiser',
      message: `${count(scouts.length, '1 image is a localiser and stands', `${scouts.length} images are localisers and stand`)} at the end.`,
      slices: scouts,
    });
  const rest = slices.flatMap(({ localiser }, i) => (apart && localiser ? [] : [i]));
  const ending = apart ? sortedByNumber(slices, scouts) : [];
  const planes = rest.flatMap((i) => planeOf(slices[i] as Slice, i) ?? []);
  const places: (number | null)[] = slices.map(() => null);
  if (planes.length < 2 || planes.length < rest.length) {
    const order = sortedByNumber(slices, rest);
    findings.push(...missingNumbers(slices, order));
    for (const { index, place } of planes.length === rest.length ? planes : []) places[index] = place;
    return { order: [...order, ...ending], basis: 'number', places, spacing: null, findings };
  }
  const stacks = stacksOf(planes);
  if (stacks.length > 1) findings.push(mixedOrientation(stacks));
  for (const stack of stacks) findings.push(...stackFindings(stack));
  for (const { index, place } of planes) places[index] = place;
  return {
    order: [...stacks.flatMap((stack) => stack.map(({ index }) => index)), ...ending],
    basis: 'position',
    places,
    spacing: usualGap(stacks[0] ?? []),
    findings,
  };
}

/** Groups of the same orientation, the largest first, each sorted along its normal. */
function stacksOf(planes: readonly Plane[]): Plane[][] {
  const stacks: Plane[][] = [];
  for (const plane of planes) {
    const found = stacks.find(([first]) => first && dot(first.normal, plane.normal) > SAME_DIRECTION);
    if (found) found.push(plane);
    else stacks.push([plane]);
  }
  for (const stack of stacks) stack.sort((a, b) => a.place - b.place || byNumber(a.slice, b.slice));
  return stacks.sort((a, b) => b.length - a.length);
}

function planeOf(slice: Slice, index: number): Plane | null {
  const { position, orientation } = slice;
  if (position?.length !== 3 || orientation?.length !== 6) return null;
  const normal = cross(orientation.slice(0, 3) as unknown as Vector, orientation.slice(3) as unknown as Vector);
  const length = Math.hypot(...normal);
  if (!(length > 0.5)) return null; // the two directions are parallel or zero: not an orientation
  const unit: Vector = [normal[0] / length, normal[1] / length, normal[2] / length];
  return { index, slice, normal: unit, place: dot(position as unknown as Vector, unit) };
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
      slices: stack.map(({ index }) => index),
    });
  else if (repeated.length > 0)
    findings.push({
      kind: 'duplicate',
      message: `${count(repeated.length, '1 position holds', `${repeated.length} positions hold`)} more than one image: ${nameAll(repeated.flat())}.`,
      slices: repeated.flat().map(({ index }) => index),
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
          `About ${count(missing, '1 slice is', `${missing} slices are`)} missing between ${nameOf(before)} and ${nameOf(after)}: ` +
          `${millimetres(gap)} apart, elsewhere ${millimetres(usual)}.`,
        slices: [before.index, after.index],
      });
    else if (Math.abs(gap - usual) > Math.max(usual * 0.1, SAME_PLACE)) uneven += 1;
  }
  if (uneven > 0)
    findings.push({
      kind: 'uneven-spacing',
      message: `The slices are not evenly spaced: ${uneven} of ${places.length - 1} distances differ from the usual ${millimetres(usual)}.`,
      slices: places.flat().map(({ index }) => index),
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
    slices: stacks.flat().map(({ index }) => index),
  };
}

function differingSizes(slices: readonly Slice[]): GeometryFinding[] {
  const sizes = slices.map(({ columns, rows }) => `${columns} x ${rows}`);
  const distinct = [...new Set(sizes)];
  if (distinct.length < 2) return [];
  return [
    {
      kind: 'mixed-size',
      message: `The images are of different sizes: ${distinct.join(', ')} pixels.`,
      slices: sizes.flatMap((size, i) => (size === sizes[0] ? [] : [i])),
    },
  ];
}

/** Numbers that jump, where positions cannot tell. */
function missingNumbers(slices: readonly Slice[], order: readonly number[]): GeometryFinding[] {
  const findings: GeometryFinding[] = [];
  for (let i = 1; i < order.length; i += 1) {
    const before = slices[order[i - 1] as number]?.number ?? null;
    const after = slices[order[i] as number]?.number ?? null;
    if (before === null || after === null || after - before < 2) continue;
    findings.push({
      kind: 'missing-slices',
      message: `Instance numbers jump from ${before} to ${after}.`,
      slices: [order[i - 1] as number, order[i] as number],
    });
  }
  return findings;
}

function sortedByNumber(slices: readonly Slice[], indices: readonly number[]): number[] {
  return [...indices].sort((a, b) => byNumber(slices[a] as Slice, slices[b] as Slice));
}

const natural = new Intl.Collator('en', { numeric: true });

/** By instance number, those without one at the end. Equal ones by UID and frame, so that the order is always the same. */
function byNumber(a: Slice, b: Slice): number {
  const first = a.number ?? Number.MAX_SAFE_INTEGER;
  const second = b.number ?? Number.MAX_SAFE_INTEGER;
  return first - second || natural.compare(a.uid, b.uid) || a.frame - b.frame;
}

function nameOf({ slice, index }: Plane): string {
  if (slice.frame > 0) return `frame ${slice.frame + 1}`;
  return `image ${slice.number ?? index + 1}`;
}

function nameAll(planes: readonly Plane[]): string {
  const shown = planes.slice(0, 6).map(nameOf).join(', ');
  return planes.length > 6 ? `${shown} ...` : shown;
}

function count(number: number, one: string, many: string): string {
  return number === 1 ? one : many;
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
