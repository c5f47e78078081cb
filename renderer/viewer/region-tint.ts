/** Regions of imported Segmentations as labelmaps of Cornerstone3D: a tint below the outlines that are drawn apart. */
import { cache, imageLoader, type Types, volumeLoader } from '@cornerstonejs/core';
import { segmentation, Enums as ToolEnums } from '@cornerstonejs/tools';

const type = ToolEnums.SegmentationRepresentations.Labelmap;
const SEGMENT = 1;
/** That of the outlines (overlay.ts). */
const colour: Types.Color = [127, 227, 255, 255];
const fillAlpha = 0.25;

/**
 * Over the picture of a stack that is on the screen. Cornerstone tells pictures apart by their planes, which all pictures
 * of a stack share here; so only one of them has a tint at a time.
 */
export class PictureTint {
  readonly #viewportId: string;
  readonly #id: string;
  #tinted: { readonly imageId: string; readonly labelsId: string } | null = null;

  constructor(viewportId: string) {
    this.#viewportId = viewportId;
    this.#id = `regions-${viewportId}`;
  }

  /** @param mask 0 or 1, row by row, of the picture's size */
  show(imageId: string, mask: Uint8Array): void {
    this.hide();
    const labels = imageLoader.createAndCacheDerivedLabelmapImage(imageId);
    labels.getPixelData().set(mask);
    this.#tinted = { imageId, labelsId: labels.imageId };
    segmentation.addSegmentations([
      { segmentationId: this.#id, representation: { type, data: { imageIds: [labels.imageId] } }, config: regions },
    ]);
    tint([this.#viewportId], this.#id);
  }

  /** Takes the tint away unless it is that of this picture. */
  keepFor(imageId: string | undefined): void {
    if (this.#tinted?.imageId !== imageId) this.hide();
  }

  hide(): void {
    if (!this.#tinted) return;
    segmentation.removeSegmentation(this.#id);
    cache.removeImageLoadObject(this.#tinted.labelsId);
    this.#tinted = null;
  }
}

/** Over the planes of a volume. */
export class VolumeTint {
  readonly #viewportIds: readonly string[];
  readonly #volumeId: string;
  readonly #id: string;

  constructor(viewportIds: readonly string[], volumeId: string) {
    this.#viewportIds = viewportIds;
    this.#volumeId = volumeId;
    this.#id = `regions-${volumeId}`;
  }

  /** @param mask 0 or 1, slice after slice, of the volume's size */
  show(mask: Uint8Array<ArrayBuffer>): void {
    this.hide();
    const volume = cache.getVolume(this.#volumeId);
    if (!volume) return;
    const { dimensions, spacing, origin, direction, metadata } = volume;
    const like = { dimensions, spacing, origin, direction, metadata };
    volumeLoader.createLocalLabelmapVolume({ ...like, scalarData: mask }, this.#id);
    segmentation.addSegmentations([
      { segmentationId: this.#id, representation: { type, data: { volumeId: this.#id } }, config: regions },
    ]);
    tint(this.#viewportIds, this.#id);
  }

  hide(): void {
    const labels = cache.getVolume(this.#id);
    if (!labels) return;
    segmentation.removeSegmentation(this.#id);
    cache.removeVolumeLoadObject(this.#id);
    for (const imageId of labels.imageIds) if (cache.getImageLoadObject(imageId)) cache.removeImageLoadObject(imageId);
  }
}

const regions = { segments: { [SEGMENT]: { segmentIndex: SEGMENT } } };

function tint(viewportIds: readonly string[], segmentationId: string): void {
  for (const viewportId of viewportIds) {
    segmentation.addLabelmapRepresentationToViewport(viewportId, [{ segmentationId }]);
    segmentation.config.style.setStyle(
      { type, viewportId, segmentationId },
      { renderOutline: false, renderFill: true, fillAlpha, renderFillInactive: true, fillAlphaInactive: fillAlpha },
    );
    segmentation.config.color.setSegmentIndexColor(viewportId, segmentationId, SEGMENT, colour);
  }
}
