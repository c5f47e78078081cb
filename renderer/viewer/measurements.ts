/** The measurements of the studies on the screen: drawn by Cornerstone's tools, kept by main, and one stack of steps to undo. */
import { utilities as coreUtilities, eventTarget, getEnabledElements } from '@cornerstonejs/core';
import { annotation as annotations, AnnotationTool as DrawingTool, Enums, type Types } from '@cornerstonejs/tools';
import type {
  Annotation,
  AnnotationTool,
  FrameRow,
  PlaneMeasurement,
  SeriesDetail,
} from '../../preload/contract/model.ts';
import { attempt, notices } from '../design/notices.svelte.ts';
import { frameKey } from '../images/frame-key.ts';
import { call, FaultError } from '../workstation.ts';
import { forgetSteps } from './history.ts';
import { annotationTools } from './mouse-tools.ts';
import { cross } from './plane-state.ts';
import { imageIdOf } from './stack-images.ts';

const { ANNOTATION_ADDED, ANNOTATION_COMPLETED, ANNOTATION_MODIFIED, ANNOTATION_REMOVED } = Enums.Events;
const { DefaultHistoryMemo } = coreUtilities.HistoryMemo;
/** A handle that is being dragged tells of every move; the last one is the act. */
const pauseMs = 400;
/** Until what could not be stored is tried again. */
const retryMs = 5000;
/** Main will not take these whenever they are tried again. */
const refusals: readonly string[] = ['not-allowed', 'not-found', 'usage'];

const toolOf = new Map(Object.entries(annotationTools).map(([tool, name]) => [name, tool as AnnotationTool]));

/** On a picture, or in a plane that was computed from a series. */
export type Measurement = Annotation | PlaneMeasurement;

/** A measurement on the screen, and the study that it belongs to. */
interface Drawn {
  readonly study: string;
  readonly measurement: Measurement;
}

interface KnownFrame {
  readonly frame: FrameRow;
  readonly modality: string;
  readonly studyInstanceUid: string;
}

export const isInPlane = (one: Measurement): one is PlaneMeasurement => 'seriesInstanceUid' in one;

/** The frame of reference that the planes of a series have here: what was measured in them is shown in them alone. */
export const planesOf = (seriesInstanceUid: string): string => `planes:${seriesInstanceUid}`;

export class Measurements {
  readonly #frames = new Map<string, KnownFrame>();
  /** Studies of the series whose planes are measured in, by the planes' frame of reference. */
  readonly #studyOfPlanes = new Map<string, { readonly seriesInstanceUid: string; readonly study: string }>();
  readonly #onChanged: (studyInstanceUid: string, list: readonly Measurement[]) => void;
  /** As main has them: only what it has confirmed. */
  readonly #stored = new Map<string, Measurement>();
  /** Findings that a measurement measured when it was taken away: it measures them again when it comes back. */
  readonly #measured = new Map<string, readonly string[]>();
  /** Studies whose report is signed: nothing is drawn or moved on them. */
  readonly #locked = new Set<string>();
  /** Not stored yet, and the reader knows. */
  readonly #late = new Set<string>();
  /** Being drawn for the first time. */
  readonly #unfinished = new Set<string>();
  readonly #studies = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saving: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** Follows what is measured. Call once Cornerstone runs; forgets everything that is drawn. */
  constructor(onChanged: (studyInstanceUid: string, list: readonly Measurement[]) => void) {
    this.#onChanged = onChanged;
    annotations.state.removeAllAnnotations();
    forgetSteps();
    eventTarget.addEventListener(ANNOTATION_ADDED, this.#added);
    eventTarget.addEventListener(ANNOTATION_COMPLETED, this.#completed);
    eventTarget.addEventListener(ANNOTATION_MODIFIED, this.#soon);
    eventTarget.addEventListener(ANNOTATION_REMOVED, this.#soon);
  }

  /** Puts back what was measured in a study before; nothing where it is here already. */
  async add(studyInstanceUid: string, series: readonly SeriesDetail[]): Promise<void> {
    if (this.#studies.has(studyInstanceUid)) return;
    this.#studies.add(studyInstanceUid);
    for (const { frames, modality, seriesInstanceUid } of series) {
      for (const frame of frames) this.#frames.set(frameKey(frame), { frame, modality, studyInstanceUid });
      this.#studyOfPlanes.set(planesOf(seriesInstanceUid), { seriesInstanceUid, study: studyInstanceUid });
    }
    const list: readonly Measurement[] = [
      ...((await attempt(() => call('annotations.list', studyInstanceUid))) ?? []),
      ...((await attempt(() => call('annotations.listInPlanes', studyInstanceUid))) ?? []),
    ];
    if (this.#closed) return;
    for (const one of list) {
      this.#stored.set(one.id, one);
      this.#show(one);
    }
    this.#onChanged(studyInstanceUid, list);
    if (list.length > 0) redrawAll();
  }

  /** Lets nothing change any more in a study, neither by hand nor by undoing. */
  lock(studyInstanceUid: string): void {
    if (this.#locked.has(studyInstanceUid)) return;
    this.#locked.add(studyInstanceUid);
    const own = this.#drawn().filter(({ study }) => study === studyInstanceUid);
    for (const { measurement } of own) annotations.locking.setAnnotationLocked(measurement.id, true);
    if (own.length > 0) redrawAll();
    if (this.#studies.has(studyInstanceUid)) forgetSteps(); // they lead back before the signature
  }

  /** Stores what is not stored yet, and forgets everything that is drawn. */
  async close(): Promise<void> {
    this.#closed = true;
    eventTarget.removeEventListener(ANNOTATION_ADDED, this.#added);
    eventTarget.removeEventListener(ANNOTATION_COMPLETED, this.#completed);
    eventTarget.removeEventListener(ANNOTATION_MODIFIED, this.#soon);
    eventTarget.removeEventListener(ANNOTATION_REMOVED, this.#soon);
    clearTimeout(this.#timer);
    this.#store();
    annotations.state.removeAllAnnotations();
    await this.#saving;
  }

  undo(): void {
    DefaultHistoryMemo.undo();
    this.#soon();
  }

  redo(): void {
    DefaultHistoryMemo.redo();
    this.#soon();
  }

  /** Takes the measurements away that were clicked on. */
  removeSelected(element: HTMLDivElement): void {
    for (const uid of annotations.selection.getAnnotationsSelected()) {
      const drawn = annotations.state.getAnnotation(uid);
      if (!drawn || annotations.locking.isAnnotationLocked(uid)) continue;
      DefaultHistoryMemo.push(DrawingTool.createAnnotationMemo(element, drawn, { deleting: true }));
      annotations.state.removeAnnotation(uid);
    }
  }

  readonly #added = (event: Event): void => {
    const { annotation } = (event as CustomEvent<{ annotation: Types.Annotation }>).detail;
    if (this.#studyOfPlanes.has(annotation.metadata?.FrameOfReferenceUID ?? '')) keepInItsPlane(annotation);
    // A step that was undone puts a whole one back; one that a mouse draws grows from a single place.
    const [first, ...others] = annotation.data.handles?.points ?? [];
    const isStart = first !== undefined && others.length > 0 && others.every((place) => isSamePlace(place, first));
    if (annotation.annotationUID && isStart) this.#unfinished.add(annotation.annotationUID);
  };

  readonly #completed = (event: Event): void => {
    const { annotation } = (event as CustomEvent<{ annotation: Types.Annotation }>).detail;
    if (annotation.annotationUID) this.#unfinished.delete(annotation.annotationUID);
    this.#store();
  };

  readonly #soon = (): void => {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#store(), pauseMs);
  };

  /** Sends what differs from what main has, one act after the other. */
  #store(): void {
    const drawn = this.#drawn();
    this.#saving = this.#saving.then(() => this.#send(drawn));
  }

  async #send(drawn: readonly Drawn[]): Promise<void> {
    const changed = new Set<string>();
    for (const { study, measurement } of drawn) {
      const { id } = measurement;
      if (JSON.stringify(this.#stored.get(id)) === JSON.stringify(measurement)) continue;
      if (await this.#try(id, () => this.#put(study, measurement))) changed.add(study);
    }
    const there = new Set(drawn.map(({ measurement }) => measurement.id));
    for (const [id, one] of this.#stored)
      if (!there.has(id) && (await this.#try(id, () => this.#remove(one)))) changed.add(this.#studyOf(one));
    for (const study of changed)
      this.#onChanged(
        study,
        [...this.#stored.values()].filter((one) => this.#studyOf(one) === study),
      );
  }

  async #put(studyInstanceUid: string, measurement: Measurement): Promise<void> {
    const { id } = measurement;
    if (isInPlane(measurement)) await call('annotations.putInPlane', { studyInstanceUid, measurement });
    else {
      const measures = [...(this.#measured.get(id) ?? [])];
      await call('annotations.put', { studyInstanceUid, annotation: measurement, measures });
    }
    this.#measured.delete(id);
    this.#stored.set(id, measurement);
  }

  async #remove(measurement: Measurement): Promise<void> {
    const { id } = measurement;
    if (isInPlane(measurement)) await call('annotations.removeInPlane', id);
    else this.#measured.set(id, await call('annotations.remove', id));
    this.#stored.delete(id);
  }

  /** What main refuses is undone on the screen; what failed otherwise is tried again. Resolves to whether it is done. */
  async #try(id: string, act: () => Promise<void>): Promise<boolean> {
    try {
      await act();
      this.#late.delete(id);
      return true;
    } catch (error) {
      if (!this.#late.has(id)) notices.fault(error);
      if (error instanceof FaultError && refusals.includes(error.code)) this.#rollBack(id);
      else if (!this.#closed) {
        this.#late.add(id);
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#store(), retryMs);
      }
      return false;
    }
  }

  /** Shows a measurement as main has it. */
  #rollBack(id: string): void {
    this.#late.delete(id);
    if (this.#closed) return;
    if (annotations.state.getAnnotation(id)) annotations.state.removeAnnotation(id);
    const stored = this.#stored.get(id);
    if (stored) this.#show(stored);
    forgetSteps(); // they lead to what was refused
    redrawAll();
  }

  #studyOf(one: Measurement): string {
    if (isInPlane(one)) return this.#studyOfPlanes.get(planesOf(one.seriesInstanceUid))?.study ?? '';
    return this.#frames.get(frameKey(one))?.studyInstanceUid ?? '';
  }

  #drawn(): readonly Drawn[] {
    return annotations.state.getAllAnnotations().flatMap((drawn): Drawn[] => {
      const tool = toolOf.get(drawn.metadata?.toolName ?? '');
      const id = drawn.annotationUID;
      if (!tool || !id || this.#unfinished.has(id)) return [];
      const found = this.#drawnInPlane(id, tool, drawn) ?? this.#drawnOnPicture(id, tool, drawn);
      return found ? [found] : [];
    });
  }

  #drawnInPlane(id: string, tool: AnnotationTool, { metadata, data }: Types.Annotation): Drawn | null {
    const planes = this.#studyOfPlanes.get(metadata?.FrameOfReferenceUID ?? '');
    if (!planes || !metadata?.viewPlaneNormal || !metadata.viewUp) return null;
    const { seriesInstanceUid, study } = planes;
    const [normal, up] = [rounded(metadata.viewPlaneNormal, 6), rounded(metadata.viewUp, 6)];
    const points = (data.handles?.points ?? []).flatMap((place) => rounded(place, 3));
    return { study, measurement: { id, tool, seriesInstanceUid, normal, up, points } };
  }

  #drawnOnPicture(id: string, tool: AnnotationTool, { metadata, data }: Types.Annotation): Drawn | null {
    const known = this.#frames.get(metadata?.referencedImageId?.replace(/^mediclip:/, '') ?? '');
    if (!known) return null;
    const { sopInstanceUid, frame } = known.frame;
    const points = pixelsOf(known.frame, data.handles?.points ?? []);
    return { study: known.studyInstanceUid, measurement: { id, tool, sopInstanceUid, frame, points } };
  }

  #show(one: Measurement): void {
    const known = isInPlane(one) ? null : this.#frames.get(frameKey(one));
    if (known === undefined) return;
    const locked = this.#locked.has(this.#studyOf(one));
    const points = isInPlane(one)
      ? inTuples(one.points, 3).map(([x = 0, y = 0, z = 0]): Place => [x, y, z])
      : onPlaneOfPicture(known!.frame, one.points);
    const reference = isInPlane(one) ? planesOf(one.seriesInstanceUid) : one.sopInstanceUid;
    const corner: Place = [0, 0, 0];
    const box = { topLeft: corner, topRight: corner, bottomLeft: corner, bottomRight: corner };
    annotations.state.addAnnotation(
      {
        annotationUID: one.id,
        highlighted: false,
        invalidated: true,
        isLocked: locked,
        isVisible: true,
        metadata: {
          toolName: annotationTools[one.tool],
          FrameOfReferenceUID: reference,
          ...(isInPlane(one)
            ? { viewPlaneNormal: [...one.normal], viewUp: [...one.up] }
            : {
                referencedImageId: imageIdOf(known!.frame, known!.modality),
                viewPlaneNormal: [0, 0, -1],
                viewUp: [0, -1, 0],
              }),
        },
        data: {
          label: '',
          cachedStats: {},
          handles: {
            points,
            activeHandleIndex: null,
            textBox: { hasMoved: false, worldPosition: corner, worldBoundingBox: box },
          },
        },
      },
      reference,
    );
    if (locked) annotations.locking.setAnnotationLocked(one.id, true);
  }
}

/**
 * Cornerstone would show a length in every plane through it, and count voxels up to a whole voxel away from the plane into a
 * mean.
 */
function keepInItsPlane({ metadata, data }: Types.Annotation): void {
  const [point] = data.handles?.points ?? [];
  const { FrameOfReferenceUID, viewPlaneNormal, viewUp } = metadata ?? {};
  if (!metadata || !point || !FrameOfReferenceUID || !viewPlaneNormal || !viewUp) return;
  const across = cross(viewUp, viewPlaneNormal);
  const restriction = { FrameOfReferenceUID, point, inPlaneVector1: viewUp, inPlaneVector2: across };
  metadata.planeRestriction = { ...restriction, referencePlaneThickness: thinPlaneMm };
}

/** Of a plane that takes its nearest voxels alone: both layers where it lies halfway between, in spite of rounded places. */
const thinPlaneMm = 0.01;

function redrawAll(): void {
  for (const { viewport } of getEnabledElements()) viewport.render();
}

type Place = [number, number, number];

const isSamePlace = (one: readonly number[], other: readonly number[]) =>
  one.every((value, axis) => value === other[axis]);

/** Vectors and places of Cornerstone have three parts. */
function rounded(vector: readonly number[], digits: number): Place {
  const [x = 0, y = 0, z = 0] = vector.map((value) => Number(value.toFixed(digits)));
  return [x, y, z];
}

/** Points in a row, apart. */
export function inTuples(points: readonly number[], size: 2 | 3): number[][] {
  return Array.from({ length: Math.floor(points.length / size) }, (_, at) => points.slice(at * size, (at + 1) * size));
}

/** In pixels of a picture, from mm from the centre of its first pixel; see stack-images.ts. */
function pixelsOf({ pixelSpacing }: FrameRow, places: readonly (readonly number[])[]): number[] {
  const [rowSpacing, columnSpacing] = pixelSpacing ?? [1, 1];
  return places.flatMap((place) => [
    Number(((place[0] ?? 0) / columnSpacing + 0.5).toFixed(3)),
    Number(((place[1] ?? 0) / rowSpacing + 0.5).toFixed(3)),
  ]);
}

/** The way back. */
function onPlaneOfPicture({ pixelSpacing }: FrameRow, points: readonly number[]): Place[] {
  const [rowSpacing, columnSpacing] = pixelSpacing ?? [1, 1];
  return inTuples(points, 2).map(([x = 0, y = 0]) => [(x - 0.5) * columnSpacing, (y - 0.5) * rowSpacing, 0]);
}
