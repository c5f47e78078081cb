/** The measurements of one study: drawn by Cornerstone's tools, kept by main, and one stack of steps to undo. */
import { utilities as coreUtilities, eventTarget } from '@cornerstonejs/core';
import { annotation as annotations, AnnotationTool as DrawingTool, Enums, type Types } from '@cornerstonejs/tools';
import type { Annotation, AnnotationTool, FrameRow, SeriesDetail } from '../../preload/contract/model.ts';
import { attempt } from '../design/notices.svelte.ts';
import { frameKey } from '../images/frame-key.ts';
import { call } from '../workstation.ts';
import { annotationTools } from './mouse-tools.ts';
import { imageIdOf } from './stack-images.ts';

const { ANNOTATION_ADDED, ANNOTATION_COMPLETED, ANNOTATION_MODIFIED, ANNOTATION_REMOVED } = Enums.Events;
const { DefaultHistoryMemo } = coreUtilities.HistoryMemo;
/** A handle that is being dragged tells of every move; the last one is the act. */
const pauseMs = 400;
const stepsKept = 200;

const toolOf = new Map(Object.entries(annotationTools).map(([tool, name]) => [name, tool as AnnotationTool]));

export class Measurements {
  readonly #studyInstanceUid: string;
  readonly #frames: ReadonlyMap<string, { readonly frame: FrameRow; readonly modality: string }>;
  readonly #onChanged: (list: readonly Annotation[]) => void;
  /** As main has them. */
  readonly #stored = new Map<string, Annotation>();
  /** Being drawn for the first time. */
  readonly #unfinished = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saving: Promise<unknown> = Promise.resolve();
  #following = false;

  constructor(
    studyInstanceUid: string,
    series: readonly SeriesDetail[],
    onChanged: (list: readonly Annotation[]) => void,
  ) {
    this.#studyInstanceUid = studyInstanceUid;
    this.#onChanged = onChanged;
    this.#frames = new Map(
      series.flatMap(({ frames, modality }) => frames.map((frame) => [frameKey(frame), { frame, modality }])),
    );
  }

  /** Puts back what was measured before, and follows what is measured now. Call once Cornerstone runs. */
  async open(): Promise<void> {
    annotations.state.removeAllAnnotations();
    DefaultHistoryMemo.size = stepsKept;
    const list = (await attempt(() => call('annotations.list', this.#studyInstanceUid))) ?? [];
    for (const one of list) this.#show(one);
    this.#onChanged(list);
    eventTarget.addEventListener(ANNOTATION_ADDED, this.#added);
    eventTarget.addEventListener(ANNOTATION_COMPLETED, this.#completed);
    eventTarget.addEventListener(ANNOTATION_MODIFIED, this.#soon);
    eventTarget.addEventListener(ANNOTATION_REMOVED, this.#soon);
    this.#following = true;
  }

  /** Stores what is not stored yet, and forgets everything that is drawn. */
  async close(): Promise<void> {
    if (!this.#following) return;
    this.#following = false;
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
      if (!drawn) continue;
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
    const drawn = new Map(this.#drawn().map((one) => [one.id, one]));
    for (const [id, one] of drawn) {
      if (JSON.stringify(this.#stored.get(id)) === JSON.stringify(one)) continue;
      this.#stored.set(id, one);
      const studyInstanceUid = this.#studyInstanceUid;
      this.#send(() => call('annotations.put', { studyInstanceUid, annotation: one }));
    }
    for (const id of this.#stored.keys())
      if (!drawn.has(id)) {
        this.#stored.delete(id);
        this.#send(() => call('annotations.remove', id));
      }
    this.#onChanged([...drawn.values()]);
  }

  #send(act: () => Promise<void>): void {
    this.#saving = this.#saving.then(() => attempt(act));
  }

  #drawn(): readonly Annotation[] {
    return annotations.state.getAllAnnotations().flatMap((drawn): Annotation[] => {
      const tool = toolOf.get(drawn.metadata?.toolName ?? '');
      const key = drawn.metadata?.referencedImageId?.replace(/^mediclip:/, '');
      const known = key === undefined ? undefined : this.#frames.get(key);
      const points = this.#pointsOf(drawn);
      const id = drawn.annotationUID;
      if (!tool || !known || !points || !id || this.#unfinished.has(id)) return [];
      const { sopInstanceUid, frame } = known.frame;
      return [{ id, tool, sopInstanceUid, frame, points }];
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
        isLocked: false,
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
    this.#stored.set(one.id, one);
  }
}
