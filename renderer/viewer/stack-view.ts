/** One Cornerstone3D stack viewport with the reader's usual mouse tools. */
import {
  cache,
  Enums,
  eventTarget,
  imageLoader,
  type RenderingEngine,
  type Types,
  utilities,
} from '@cornerstonejs/core';
import { ToolGroupManager } from '@cornerstonejs/tools';
import type { FrameRow } from '../../preload/contract/model.ts';
import { type Affine, affineFrom } from './affine.ts';
import { startCornerstone } from './cornerstone.ts';
import { framesDrawn } from './frames-drawn.ts';
import { addToolGroup, type MouseTool, useTool } from './mouse-tools.ts';
import type { PictureView } from './picture-view.ts';
import { PictureTint } from './region-tint.ts';
import { dropUnused, holdImages, imageIdOf, type KnownPicture, knownPicture, releaseImages } from './stack-images.ts';
import { fitPlaces, takeSizes } from './viewport-size.ts';
import { followCurve } from './voi-curve.ts';
import type { WindowLevel } from './window-presets.ts';

/** What the viewport shows at the moment of a rendering. */
export interface ViewState {
  /** Index in the stack of the picture that is on the screen. */
  readonly index: number;
  /** Where the reader wants to be; another one while that picture loads or cannot be read. */
  readonly wantedIndex: number;
  readonly window: WindowLevel;
  /** Whether grey values are shown the other way round than the file asks for. */
  readonly inverted: boolean;
  readonly toScreen: Affine;
  readonly picture: KnownPicture;
}

/** Pictures fetched ahead around the one on the screen. */
const fetchedAhead = 60;
let viewCount = 0;

export class StackView implements PictureView {
  readonly #element: HTMLDivElement;
  readonly #engine: RenderingEngine;
  readonly #viewport: Types.IStackViewport;
  readonly #id: string;
  readonly #tint: PictureTint;
  readonly #onRendered: (state: ViewState) => void;
  readonly #onFailed: (index: number, error: unknown) => void;
  /** On the first button of the mouse. */
  #tool: MouseTool = 'window';
  #imageIds: string[] = [];
  #frames: readonly FrameRow[] = [];
  #fetching = 0;
  /** Once the first picture of the stack is on the screen: what is fetched ahead must not hold it up. */
  #firstOnScreen: Promise<void> | null = null;
  /** The reader's own wish, on top of what each file asks for. */
  #inverted = false;
  /** Fetched ahead in vain; asked for again once the reader is there. */
  readonly #unreadable = new Set<string>();
  /** Whether the picture was drawn neither zoomed nor moved the last time. */
  #fits = true;
  #disposed = false;

  /**
   * `onRendered` runs after every drawing, whatever caused it; `onFailed` when a picture of the stack cannot be read.
   * Rejects where the machine has no WebGL.
   */
  static async open(
    element: HTMLDivElement,
    onRendered: (state: ViewState) => void,
    onFailed: (index: number, error: unknown) => void,
  ): Promise<StackView> {
    return new StackView(await startCornerstone(), element, onRendered, onFailed);
  }

  private constructor(
    renderingEngine: RenderingEngine,
    element: HTMLDivElement,
    onRendered: (state: ViewState) => void,
    onFailed: (index: number, error: unknown) => void,
  ) {
    this.#engine = renderingEngine;
    this.#element = element;
    this.#onRendered = onRendered;
    this.#onFailed = onFailed;
    this.#id = `stack-${++viewCount}`;
    this.#tint = new PictureTint(this.#id);
    this.#engine.enableElement({
      viewportId: this.#id,
      type: Enums.ViewportType.STACK,
      element,
      defaultOptions: { background: [0, 0, 0] },
    });
    this.#viewport = this.#engine.getViewport<Types.IStackViewport>(this.#id);
    addToolGroup(this.#id, this.#engine.id, this.#tool);
    element.addEventListener(Enums.Events.STACK_NEW_IMAGE, this.#forNewImage);
    element.addEventListener(Enums.Events.VOI_MODIFIED, this.#followCurve);
    element.addEventListener(Enums.Events.IMAGE_RENDERED, this.#rendered);
    eventTarget.addEventListener(Enums.Events.IMAGE_LOAD_ERROR, this.#failed);
  }

  dispose(): void {
    this.#disposed = true;
    this.#element.removeEventListener(Enums.Events.STACK_NEW_IMAGE, this.#forNewImage);
    this.#element.removeEventListener(Enums.Events.VOI_MODIFIED, this.#followCurve);
    this.#element.removeEventListener(Enums.Events.IMAGE_RENDERED, this.#rendered);
    eventTarget.removeEventListener(Enums.Events.IMAGE_LOAD_ERROR, this.#failed);
    this.#tint.hide();
    ToolGroupManager.destroyToolGroup(this.#id);
    this.#engine.disableElement(this.#id);
    this.#forget();
  }

  /** Shows a series from the given picture on. */
  async show(frames: readonly FrameRow[], modality: string, index: number): Promise<void> {
    this.#forget();
    this.#frames = frames;
    this.#imageIds = frames.map((frame) => imageIdOf(frame, modality));
    holdImages(this.#imageIds);
    await this.#viewport.setStack(this.#imageIds, index);
    if (this.#disposed) return;
    this.resetLook();
  }

  goTo(index: number): void {
    if (index < 0 || index >= this.#imageIds.length) return;
    void this.#viewport.setImageIdIndex(index);
  }

  /** Relative to where earlier steps already lead, so that held keys do not wait for pictures. */
  scroll(step: number): void {
    this.#viewport.scroll(step);
  }

  useTool(tool: MouseTool): void {
    if (tool === this.#tool) return;
    this.#tool = tool;
    useTool(this.#id, tool);
  }

  /** A quarter turn clockwise. */
  rotate(): void {
    const { rotation = 0, ...look } = this.#viewport.getViewPresentation();
    this.#changeLook(() => this.#viewport.setViewPresentation({ ...look, rotation: (rotation + 90) % 360 }));
  }

  /** As in a mirror beside the picture, or below it. */
  flip(direction: 'horizontal' | 'vertical'): void {
    const { flipHorizontal = false, flipVertical = false } = this.#viewport.getViewPresentation();
    this.#changeLook(() =>
      this.#viewport.setViewPresentation(
        direction === 'horizontal' ? { flipHorizontal: !flipHorizontal } : { flipVertical: !flipVertical },
      ),
    );
  }

  get element(): HTMLDivElement {
    return this.#element;
  }

  setWindow({ center, width }: WindowLevel): void {
    const kind = this.#viewport.getCornerstoneImage()?.voiLUTFunction ?? Enums.VOILUTFunctionType.LINEAR;
    const voiRange = utilities.windowLevel.toLowHighRange(width, center, kind);
    this.#changeLook(() => this.#viewport.setProperties({ voiRange }));
  }

  /** The window that the file asks for, for every picture its own. */
  resetWindow(): void {
    this.#changeLook(() => this.#viewport.resetProperties());
  }

  toggleInvert(): void {
    this.#inverted = !this.#inverted;
    this.#changeLook(() => undefined);
  }

  /** Window, zoom and position as at the start. */
  resetLook(): void {
    this.#inverted = false;
    this.#changeLook(() => {
      this.#viewport.setViewPresentation({ rotation: 0, flipHorizontal: false, flipVertical: false });
      this.#viewport.resetCamera();
      this.#viewport.resetProperties();
    });
  }

  /** Tints what a mask covers of a picture while that is on the screen; null for none. @param mask 0 or 1, row by row */
  tint(index: number, mask: Uint8Array | null): void {
    const imageId = this.#imageIds[index];
    if (mask === null || imageId === undefined || imageId !== this.#viewport.getCurrentImageId()) this.#tint.hide();
    else this.#tint.show(imageId, mask);
  }

  /** A picture that filled its place fills the new one; one that was zoomed or moved stays as it is. */
  resize(): void {
    const viewport = this.#viewport;
    if (fitPlaces([viewport])) return; // an observer tells of the size at the start, too
    const [refit, camera] = [this.#fits, viewport.getCamera()];
    takeSizes(this.#engine, [viewport]);
    this.#changeLook(() => {
      const { rotation, flipHorizontal, flipVertical } = viewport.getViewPresentation();
      viewport.resetCamera();
      if (refit) viewport.setViewPresentation({ rotation, flipHorizontal, flipVertical });
      else viewport.setCamera(camera);
    });
    viewport.render(); // also while there is no picture
  }

  /** Does nothing while there is no picture: Cornerstone would throw. */
  #changeLook(change: () => void): void {
    if (!this.#viewport.getCornerstoneImage()) return;
    change();
    this.#applyInversion();
    this.#viewport.render();
  }

  readonly #forNewImage = (): void => {
    this.#tint.keepFor(this.#viewport.getCornerstoneImage()?.imageId);
    this.#applyInversion();
  };

  /** Before every new picture is drawn: a stack may mix pictures stored with white as low and as high values. */
  readonly #applyInversion = (): void => {
    const stored = this.#viewport.getCornerstoneImage()?.photometricInterpretation === 'MONOCHROME1';
    this.#viewport.setProperties({ invert: this.#inverted !== stored });
    followCurve(this.#viewport);
  };

  readonly #followCurve = (): void => followCurve(this.#viewport);

  readonly #rendered = (): void => {
    const image = this.#viewport.getCornerstoneImage();
    const index = image ? this.#imageIds.indexOf(image.imageId) : -1;
    const frame = this.#frames[index];
    const picture = image && knownPicture(image.imageId);
    const { voiRange } = this.#viewport.getProperties();
    if (!image || !frame || !picture || !voiRange) return;
    const [right, down] = this.#viewport.getPan();
    this.#fits = Math.abs(this.#viewport.getZoom() - 1) < 0.01 && Math.hypot(right, down) < 1;
    this.#onRendered({
      index,
      wantedIndex: this.#viewport.getCurrentImageIdIndex(),
      window: windowOf(voiRange, image),
      inverted: this.#inverted,
      toScreen: this.#toScreen(frame),
      picture,
    });
    void this.#fetchAhead(index);
  };

  /** World coordinates have their origin in the centre of the first pixel; the picture's edge is half a pixel before. */
  #toScreen(frame: FrameRow): Affine {
    const [rowSpacing, columnSpacing] = frame.pixelSpacing ?? [1, 1];
    const onScreen = (x: number, y: number) =>
      this.#viewport.worldToCanvas([(x - 0.5) * columnSpacing, (y - 0.5) * rowSpacing, 0]);
    return affineFrom(onScreen(0, 0), onScreen(1, 0), onScreen(0, 1));
  }

  readonly #failed = (event: Event): void => {
    const { imageId, error } = (event as CustomEvent<{ imageId?: string; error?: unknown }>).detail;
    const index = imageId === undefined ? -1 : this.#imageIds.indexOf(imageId);
    if (index >= 0) this.#onFailed(index, error);
  };

  /** Loads what the reader will scroll to next, nearest first, one at a time so that main stays free. */
  async #fetchAhead(index: number): Promise<void> {
    const turn = ++this.#fetching;
    const imageIds = this.#imageIds;
    this.#firstOnScreen ??= framesDrawn(2); // the first hands the picture over, the second comes when it was taken
    await this.#firstOnScreen;
    if (turn !== this.#fetching) return;
    for (let distance = 1; distance <= fetchedAhead; distance++) {
      for (const imageId of [imageIds[index + distance], imageIds[index - distance]]) {
        if (imageId === undefined || cache.isLoaded(imageId) || this.#unreadable.has(imageId)) continue;
        await imageLoader.loadAndCacheImage(imageId).catch(() => this.#unreadable.add(imageId));
        if (this.#disposed || imageIds !== this.#imageIds) dropUnused([imageId]);
        if (turn !== this.#fetching || this.#disposed) return;
      }
    }
  }

  #forget(): void {
    this.#fetching++;
    this.#firstOnScreen = null;
    releaseImages(this.#imageIds);
    this.#unreadable.clear();
    this.#imageIds = [];
    this.#frames = [];
  }
}

/** The window of a range; Cornerstone's own way back knows of the LINEAR function alone. */
function windowOf({ lower, upper }: Types.VOIRange, { voiLUTFunction }: Types.IImage): WindowLevel {
  if (voiLUTFunction === Enums.VOILUTFunctionType.LINEAR_EXACT)
    return { center: (lower + upper) / 2, width: upper - lower };
  const { windowCenter, windowWidth } = utilities.windowLevel.toWindowLevel(lower, upper);
  return { center: windowCenter, width: windowWidth };
}
