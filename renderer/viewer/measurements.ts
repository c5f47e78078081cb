/** The measurements of the studies on the screen: drawn by Cornerstone's tools, kept by main, and one stack of steps to undo. */
import { utilities as coreUtilities, eventTarget, getEnabledElements } from '@cornerstonejs/core';
import { annotation as annotations, AnnotationTool as DrawingTool, Enums, type Types } from '@cornerstonejs/tools';
import type { Annotation, AnnotationTool, FrameRow, SeriesDetail } from '../../preload/contract/model.ts';
import { attempt, notices } from '../design/notices.svelte.ts';
import { frameKey } from '../images/frame-key.ts';
import { call, FaultError } from '../workstation.ts';
import { forgetSteps } from './history.ts';
import { annotationTools } from './mouse-tools.ts';
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

/** A measurement on the screen, and the study that it belongs to. */
interface Drawn extends Annotation {
  readonly study: string;
}

interface KnownFrame {
  readonly frame: FrameRow;
  readonly modality: string;
  readonly studyInstanceUid: string;
}

export class Measurements {
  readonly #frames = new Map<string, KnownFrame>();
  readonly #onChanged: (studyInstanceUid: string, list: readonly Annotation[]) => void;
  /** As main has them: only what it has confirmed. */
  readonly #stored = new Map<string, Annotation>();
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
  constructor(onChanged: (studyInstanceUid: string, list: readonly Annotation[]) => void) {
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
    for (const { frames, modality } of series)
      for (const frame of frames) this.#frames.set(frameKey(frame), { frame, modality, studyInstanceUid });
    const list = (await attempt(() => call('annotations.list', studyInstanceUid))) ?? [];
    if (this.#closed) return;
    for (const one of list) {
      this.#stored.set(one.id, one);
      this.#show(one);
    }
    this.#onChanged(studyInstanceUid, list);
  }

  /** Lets nothing change any more in a study, neither by hand nor by undoing. */
  lock(studyInstanceUid: string): void {
    if (this.#locked.has(studyInstanceUid)) return;
    this.#locked.add(studyInstanceUid);
    for (const { id, study } of this.#drawn())
      if (study === studyInstanceUid) annotations.locking.setAnnotationLocked(id, true);
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
    // A step that was undone puts a whole one back; one that a mouse draws grows from a single place.
    const points = this.#pointsOf(annotation) ?? [];
    const isStart = points.length > 2 && points.every((value, at) => value === points[at % 2]);
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
    for (const { id, study, ...one } of drawn) {
      const annotation = { id, ...one };
      if (JSON.stringify(this.#stored.get(id)) === JSON.stringify(annotation)) continue;
      if (await this.#try(id, () => this.#put(study, annotation))) changed.add(study);
    }
    const there = new Set(drawn.map(({ id }) => id));
    for (const [id, one] of this.#stored)
      if (!there.has(id) && (await this.#try(id, () => this.#remove(id)))) changed.add(this.#studyOf(one));
    for (const study of changed)
      this.#onChanged(
        study,
        [...this.#stored.values()].filter((one) => this.#studyOf(one) === study),
      );
  }

  async #put(studyInstanceUid: string, annotation: Annotation): Promise<void> {
    const measures = [...(this.#measured.get(annotation.id) ?? [])];
    await call('annotations.put', { studyInstanceUid, annotation, measures });
    this.#measured.delete(annotation.id);
    this.#stored.set(annotation.id, annotation);
  }

  async #remove(id: string): Promise<void> {
    this.#measured.set(id, await call('annotations.remove', id));
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
    for (const { viewport } of getEnabledElements()) viewport.render();
  }

  #studyOf(one: Annotation): string {
    return this.#frames.get(frameKey(one))?.studyInstanceUid ?? '';
  }

  #drawn(): readonly Drawn[] {
    return annotations.state.getAllAnnotations().flatMap((drawn): Drawn[] => {
      const tool = toolOf.get(drawn.metadata?.toolName ?? '');
      const key = drawn.metadata?.referencedImageId?.replace(/^mediclip:/, '');
      const known = key === undefined ? undefined : this.#frames.get(key);
      const points = this.#pointsOf(drawn);
      const id = drawn.annotationUID;
      if (!tool || !known || !points || !id || this.#unfinished.has(id)) return [];
      const { sopInstanceUid, frame } = known.frame;
      return [{ id, tool, sopInstanceUid, frame, points, study: known.studyInstanceUid }];
    });
  }

  /** World coordinates are mm from the centre of the first pixel; see stack-images.ts. */
  #pointsOf(drawn: Types.Annotation): number[] | null {
    const key = drawn.metadata?.referencedImageId?.replace(/^mediclip:/, '') ?? '';
    const frame = this.#frames.get(key)?.frame;
    if (!frame) return null;
    const [rowSpacing, columnSpacing] = frame.pixelSpacing ?? [1, 1];
    const rounded = (value: number) => Math.round(value * 1000) / 1000;
    return (drawn.data.handles?.points ?? []).flatMap((point) => [
      rounded((point[0] ?? 0) / columnSpacing + 0.5),
      rounded((point[1] ?? 0) / rowSpacing + 0.5),
    ]);
  }

  #show(one: Annotation): void {
    const known = this.#frames.get(frameKey(one));
    if (!known) return;
    const [rowSpacing, columnSpacing] = known.frame.pixelSpacing ?? [1, 1];
    const points: [number, number, number][] = [];
    for (let at = 0; at + 1 < one.points.length; at += 2)
      points.push([(one.points[at]! - 0.5) * columnSpacing, (one.points[at + 1]! - 0.5) * rowSpacing, 0]);
    const corner: [number, number, number] = [0, 0, 0];
    const box = { topLeft: corner, topRight: corner, bottomLeft: corner, bottomRight: corner };
    annotations.state.addAnnotation(
      {
        annotationUID: one.id,
        highlighted: false,
        invalidated: true,
        isLocked: this.#locked.has(known.studyInstanceUid),
        isVisible: true,
        metadata: {
          toolName: annotationTools[one.tool],
          FrameOfReferenceUID: one.sopInstanceUid,
          referencedImageId: imageIdOf(known.frame, known.modality),
          viewPlaneNormal: [0, 0, -1],
          viewUp: [0, -1, 0],
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
      one.sopInstanceUid,
    );
    if (this.#locked.has(known.studyInstanceUid)) annotations.locking.setAnnotationLocked(one.id, true);
  }
}
