/** A volume in three planes at right angles, tied together by a crosshair (Cornerstone3D's volume viewports). */
import {
  cache,
  Enums,
  type RenderingEngine,
  setVolumesForViewports,
  type Types,
  utilities,
  volumeLoader,
} from '@cornerstonejs/core';
import {
  CrosshairsTool,
  PanTool,
  StackScrollTool,
  Enums as ToolEnums,
  ToolGroupManager,
  WindowLevelTool,
  ZoomTool,
} from '@cornerstonejs/tools';
import type { AnnotationTool, SeriesDetail } from '../../preload/contract/model.ts';
import type { PlanePlaces } from '../../preload/contract/reading-room.ts';
import { startCornerstone } from './cornerstone.ts';
import { planesOf } from './measurements.ts';
import { addMeasuringTools, annotationTools } from './mouse-tools.ts';
import type { PictureView } from './picture-view.ts';
import { meetIn } from './plane-places.ts';
import { type PlaneState, planePlace, planeState, putPlane } from './plane-state.ts';
import { VolumeTint } from './region-tint.ts';
import { fitPlaces, takeSizes } from './viewport-size.ts';
import { placeInPatient, sliceAt, type VolumeGeometry } from './volume.ts';
import { type Loading, loadVoxels, type VolumePixels } from './volume-pixels.ts';
import type { FileWindows, WindowLevel } from './window-presets.ts';

export const planes = ['axial', 'coronal', 'sagittal'] as const;
export type Plane = (typeof planes)[number];

export type MprTool = 'crosshair' | 'window' | 'pan' | 'zoom' | 'scroll' | AnnotationTool;

/** Lines of the other planes, each in the colour of its own frame: told apart also by where they lie. */
export const planeColours: Readonly<Record<Plane, string>> = {
  axial: 'rgb(124, 192, 221)',
  coronal: 'rgb(240, 182, 81)',
  sagittal: 'rgb(134, 205, 164)',
};

const toolNames: Readonly<Record<MprTool, string>> = {
  crosshair: CrosshairsTool.toolName,
  window: WindowLevelTool.toolName,
  pan: PanTool.toolName,
  zoom: ZoomTool.toolName,
  scroll: StackScrollTool.toolName,
  ...annotationTools,
};
const { MouseBindings } = ToolEnums;
const fixedButton: Partial<Record<MprTool, number>> = {
  pan: MouseBindings.Auxiliary,
  zoom: MouseBindings.Secondary,
  scroll: MouseBindings.Wheel,
};

interface MprOptions extends Loading {
  readonly series: SeriesDetail;
  readonly geometry: VolumeGeometry;
  /** Where the planes lay before; null for the standard ones. */
  readonly places: PlanePlaces | null;
  /** Slice of the series at which the crosshair starts with the standard planes. */
  readonly slice: number;
  readonly onRendered: (plane: Plane, state: PlaneState) => void;
}

let mprCount = 0;

export class MprView implements PictureView {
  readonly #engine: RenderingEngine;
  readonly #elements: Readonly<Record<Plane, HTMLDivElement>>;
  readonly #options: MprOptions;
  readonly #pixels: VolumePixels;
  readonly #id = `mpr-${++mprCount}`;
  readonly #tint: VolumeTint;
  #inverted = false;
  /** The plane that the keys scroll. */
  activePlane: Plane = 'axial';

  /** Resolves to null where the signal came first. Rejects where a slice cannot be read, or there is no WebGL. */
  static async open(elements: Readonly<Record<Plane, HTMLDivElement>>, options: MprOptions): Promise<MprView | null> {
    const engine = await startCornerstone();
    const pixels = await loadVoxels(options.series.frames, options);
    if (!pixels || options.signal.aborted) return null;
    const view = new MprView(engine, elements, options, pixels);
    await view.#start();
    if (options.signal.aborted) {
      view.dispose();
      return null;
    }
    view.resize(); // places that changed while the slices were read are not told of again
    return view;
  }

  private constructor(
    engine: RenderingEngine,
    elements: Readonly<Record<Plane, HTMLDivElement>>,
    options: MprOptions,
    pixels: VolumePixels,
  ) {
    this.#engine = engine;
    this.#elements = elements;
    this.#options = options;
    this.#pixels = pixels;
    this.#tint = new VolumeTint(
      planes.map((plane) => this.#viewportId(plane)),
      this.#volumeId,
    );
  }

  async #start(): Promise<void> {
    const { dimensions, spacing, origin, direction } = this.#options.geometry;
    volumeLoader.createLocalVolume(this.#volumeId, {
      dimensions: [...dimensions],
      spacing: [...spacing],
      origin: [...origin],
      direction: new Float32Array(direction.flat()) as unknown as Types.Mat3,
      scalarData: this.#pixels.voxels,
      metadata: {
        ...({} as Types.Metadata),
        FrameOfReferenceUID: planesOf(this.#options.series.seriesInstanceUid),
        Modality: this.#options.series.modality,
      },
    });
    this.#placeSlices();
    for (const plane of planes) {
      const element = this.#elements[plane];
      this.#engine.enableElement({
        viewportId: this.#viewportId(plane),
        type: Enums.ViewportType.ORTHOGRAPHIC,
        element,
        defaultOptions: { background: [0, 0, 0], orientation: orientations[plane] },
      });
      element.addEventListener(Enums.Events.IMAGE_RENDERED, this.#rendered);
      element.addEventListener(Enums.Events.CAMERA_MODIFIED, this.#rendered);
    }
    const ids = planes.map((plane) => this.#viewportId(plane));
    await setVolumesForViewports(this.#engine, [{ volumeId: this.#volumeId }], ids);
    this.#addTools();
    this.resetWindow();
    const { places, geometry, slice } = this.#options;
    if (places && meetIn(geometry, places)) this.#put(places);
    else this.goTo(slice);
  }

  /** Cornerstone gives every slice of a volume of our own the place of the first. */
  #placeSlices(): void {
    const { geometry } = this.#options;
    const slices = cache.getVolume(this.#volumeId)?.imageIds ?? [];
    for (const [slice, imageId] of slices.entries())
      utilities.genericMetadataProvider.add(imageId, {
        type: Enums.MetadataModules.IMAGE_PLANE,
        metadata: {
          frameOfReferenceUID: planesOf(this.#options.series.seriesInstanceUid),
          imagePositionPatient: placeInPatient(geometry, slice, [0.5, 0.5]),
          imageOrientationPatient: geometry.direction.slice(0, 2).flat(),
          rowCosines: geometry.direction[0],
          columnCosines: geometry.direction[1],
          rowPixelSpacing: geometry.spacing[1],
          columnPixelSpacing: geometry.spacing[0],
        },
      });
  }

  #addTools(): void {
    const group = ToolGroupManager.createToolGroup(this.#id);
    if (!group) throw new Error(`There is already a tool group ${this.#id}.`);
    for (const plane of planes) group.addViewport(this.#viewportId(plane), this.#engine.id);
    for (const [key, name] of Object.entries(toolNames))
      if (!(key in annotationTools)) group.addTool(name, key === 'crosshair' ? this.#crosshairLook() : {});
    addMeasuringTools(group, this.#pixels.units);
    this.useTool('crosshair');
  }

  #crosshairLook() {
    const planeOf = (viewportId: string) => planes.find((plane) => this.#viewportId(plane) === viewportId)!;
    return {
      getReferenceLineColor: (viewportId: string) => planeColours[planeOf(viewportId)],
      getReferenceLineSlabThicknessControlsOn: () => false,
    };
  }

  dispose(): void {
    for (const plane of planes) {
      this.#elements[plane].removeEventListener(Enums.Events.IMAGE_RENDERED, this.#rendered);
      this.#elements[plane].removeEventListener(Enums.Events.CAMERA_MODIFIED, this.#rendered);
    }
    this.#tint.hide();
    ToolGroupManager.destroyToolGroup(this.#id);
    for (const plane of planes) this.#engine.disableElement(this.#viewportId(plane));
    const slices = cache.getVolume(this.#volumeId)?.imageIds ?? [];
    cache.removeVolumeLoadObject(this.#volumeId);
    for (const imageId of slices) if (cache.getImageLoadObject(imageId)) cache.removeImageLoadObject(imageId);
  }

  get #volumeId(): string {
    // Without a colon: Cornerstone would ask an image loader of that scheme for a window.
    return `${this.#id}-volume`;
  }

  #viewportId(plane: Plane): string {
    return `${this.#id}-${plane}`;
  }

  #viewport(plane: Plane): Types.IVolumeViewport {
    return this.#engine.getViewport<Types.IVolumeViewport>(this.#viewportId(plane));
  }

  useTool(tool: MprTool): void {
    const group = ToolGroupManager.getToolGroup(this.#id);
    for (const [key, name] of Object.entries(toolNames) as [MprTool, string][]) {
      const buttons = [fixedButton[key], key === tool ? MouseBindings.Primary : undefined];
      const bindings = buttons.filter((button) => button !== undefined).map((mouseButton) => ({ mouseButton }));
      // Passive crosshairs would still take the mouse from the chosen tool; enabled ones are only drawn.
      if (key === 'crosshair' && key !== tool) group?.setToolEnabled(name);
      else group?.setToolPassive(name, { removeAllBindings: true });
      if (bindings.length > 0) group?.setToolActive(name, { bindings });
    }
  }

  get fileWindows(): FileWindows {
    return this.#pixels.windows;
  }

  /** Where the three planes meet, in the patient, mm. */
  get crosshair(): Types.Point3 {
    const tool = ToolGroupManager.getToolGroup(this.#id)?.getToolInstance(CrosshairsTool.toolName);
    return (tool as CrosshairsTool | undefined)?.toolCenter ?? [0, 0, 0];
  }

  /** Slice of the series in which the crosshair lies. */
  get slice(): number {
    return sliceAt(this.#options.geometry, this.crosshair);
  }

  /** Moves the crosshair to a slice of the series; without a pixel straight through the slices. */
  goTo(slice: number, pixel?: readonly [number, number]): void {
    const { geometry } = this.#options;
    const [columns, rows] = geometry.dimensions;
    this.goToPlace(placeInPatient(geometry, slice, pixel ?? [columns / 2, rows / 2]));
  }

  /** Moves the crosshair to a place in the patient, mm. */
  goToPlace([x, y, z]: readonly [number, number, number]): void {
    const tool = ToolGroupManager.getToolGroup(this.#id)?.getToolInstance(CrosshairsTool.toolName);
    (tool as CrosshairsTool | undefined)?.setToolCenter([x, y, z]);
    this.#redraw();
  }

  /** Of the plane that the keys belong to. */
  get element(): HTMLDivElement {
    return this.#elements[this.activePlane];
  }

  scroll(step: number): void {
    this.#viewport(this.activePlane).scroll(step);
    this.#redraw();
  }

  setWindow({ center, width }: WindowLevel): void {
    const voiRange = utilities.windowLevel.toLowHighRange(width, center, Enums.VOILUTFunctionType.LINEAR);
    for (const plane of planes) this.#viewport(plane).setProperties({ voiRange });
    this.#redraw();
  }

  resetWindow(): void {
    this.setWindow(this.fileWindows.asked);
    this.#applyInversion();
  }

  toggleInvert(): void {
    this.#inverted = !this.#inverted;
    this.#applyInversion();
  }

  #applyInversion(): void {
    const invert = this.#inverted !== this.#pixels.storedInverted;
    for (const plane of planes) this.#viewport(plane).setProperties({ invert });
    this.#redraw();
  }

  /** Tints what a mask covers of the volume; null for none. @param mask 0 or 1, slice after slice */
  tint(mask: Uint8Array<ArrayBuffer> | null): void {
    if (mask) this.#tint.show(mask);
    else this.#tint.hide();
    this.#redraw();
  }

  resetLook(): void {
    this.#inverted = false;
    const tool = ToolGroupManager.getToolGroup(this.#id)?.getToolInstance(CrosshairsTool.toolName);
    (tool as CrosshairsTool | undefined)?.resetCrosshairs();
    this.resetWindow();
  }

  /** Planes show as much of the volume as before, and stay where they are. */
  resize(): void {
    const viewports = planes.map((plane) => this.#viewport(plane));
    if (fitPlaces(viewports)) return;
    const { places } = this;
    takeSizes(this.#engine, viewports);
    this.#put(places);
  }

  /** Where the planes lie. */
  get places(): PlanePlaces {
    return {
      axial: planePlace(this.#viewport('axial')),
      coronal: planePlace(this.#viewport('coronal')),
      sagittal: planePlace(this.#viewport('sagittal')),
    };
  }

  /** The crosshair follows: it is where the planes meet. */
  #put(places: PlanePlaces): void {
    for (const plane of planes) putPlane(this.#viewport(plane), places[plane]);
    this.#redraw();
  }

  /** With what is measured in the planes. */
  #redraw(): void {
    this.#engine.renderViewports(planes.map((plane) => this.#viewportId(plane)));
  }

  readonly #rendered = (event: Event): void => {
    const plane = planes.find((one) => this.#elements[one] === event.currentTarget);
    if (plane) this.#options.onRendered(plane, planeState(this.#viewport(plane), this.#inverted));
  };
}

const orientations: Readonly<Record<Plane, Enums.OrientationAxis>> = {
  axial: Enums.OrientationAxis.AXIAL,
  coronal: Enums.OrientationAxis.CORONAL,
  sagittal: Enums.OrientationAxis.SAGITTAL,
};
