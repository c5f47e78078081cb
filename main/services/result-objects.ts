/**
 * The DICOM objects of a signed report. Each is made once and kept as a blob, so that every later export gives the same
 * bytes under the same UID. A report's new version brings new documents; new regions, maps and pictures only where it
 * takes findings back, with a rejection note on what left before.
 */
import { decodeProfile, normalPeaks } from '../engine/profile.ts';
import { Fault, throwIfCancelled } from '../fault.ts';
import { derivedUid } from '../imaging/header.ts';
import { sharp } from '../imaging/sharp.ts';
import { conformalPValue } from '../method/conformal.ts';
import { encapsulatedPdf, type RgbPicture, secondaryCapture } from '../results/capture.ts';
import { findingLabel, type ResultContent, type ResultImage } from '../results/content.ts';
import { type Dataset, encodeDataset, type Identity, NOT_FOR_DIAGNOSTIC_USE } from '../results/dataset.ts';
import { rejectionNote } from '../results/key-object.ts';
import { parametricMap, pValueQuantity, SCORE } from '../results/parametric-map.ts';
import { withCaption } from '../results/pixel-font.ts';
import { segmentation, segmentationGroups } from '../results/segmentation.ts';
import { type ObjectReference, structuredReport } from '../results/structured-report.ts';
import { blobPath, putBytes, readBlob } from '../store/blobs.ts';
import { insertResultObjects, listResultObjects, type ResultObject } from '../store/result-objects.ts';
import { verifiedSource } from './images.ts';
import { renderOverlay } from './overlay.ts';
import { readFile } from './reading.ts';
import { openReport, reportPdf } from './reports.ts';
import { record, timestamp, type Workstation } from './workstation.ts';

/** `kos` comes by itself where there is something to take back. */
export const OBJECT_FORMATS = ['sr', 'seg', 'pmap', 'sc', 'epdf'] as const;
export type ObjectFormat = (typeof OBJECT_FORMATS)[number];

/** Where a format's series stands among those of the study. */
const SERIES_NUMBERS: Readonly<Record<ObjectFormat | 'kos', number>> = {
  sr: 9001,
  seg: 9002,
  pmap: 9003,
  sc: 9004,
  epdf: 9005,
  kos: 9006,
};

/** Documents change with every addendum; what is drawn changes only where findings are taken back. */
const DOCUMENTS: readonly string[] = ['sr', 'epdf', 'kos'];

/** An object and where its file lies in the store. */
export interface KeptObject extends ResultObject {
  readonly path: string;
}

/**
 * Objects of the report's present version in these formats, made where they are missing, with the rejection note on
 * earlier ones.
 * @throws Fault as resultContent, `cancelled`, `disk-full`
 */
export async function resultObjects(
  station: Workstation,
  content: ResultContent,
  formats: readonly ObjectFormat[],
  signal?: AbortSignal,
): Promise<readonly KeptObject[]> {
  const study = content.context.header.study.uid;
  const { addenda } = openReport(station, study);
  const version = content.report.version;
  const drawnVersion = addenda.findLast(({ withdrawn }) => withdrawn.length > 0)?.version ?? 1;
  const kept = () => listResultObjects(station.store.db, study);
  const wanted: ResultObject[] = [];
  for (const format of formats) {
    throwIfCancelled(signal);
    const of = DOCUMENTS.includes(format) ? version : drawnVersion;
    const present = (object: ResultObject) => object.format === format && object.version === of;
    if (!kept().some(present)) await make(station, content, format, of, signal);
    wanted.push(...kept().filter(present));
  }
  wanted.push(...(await rejectionNotes(station, content)));
  return wanted.map((object) => ({ ...object, path: blobPath(station.store.folder, object.fileSha256) }));
}

/** For each addendum that took findings back: a note on what had been made before it. */
async function rejectionNotes(station: Workstation, content: ResultContent): Promise<readonly ResultObject[]> {
  const { db } = station.store;
  const study = content.context.header.study.uid;
  const notes: ResultObject[] = [];
  for (const { version, reason, text, signedAt } of openReport(station, study).addenda) {
    if (reason === null) continue;
    const isNote = (object: ResultObject) => object.format === 'kos' && object.version === version;
    const before = listResultObjects(db, study).filter((object) => object.version < version && object.format !== 'kos');
    if (before.length > 0 && !listResultObjects(db, study).some(isNote)) {
      const identity = identityOf(content, 'kos', version, 0, signedAt);
      await keep(station, content, 'kos', version, [rejectionNote(content.context, reason, text, before, identity)]);
    }
    notes.push(...listResultObjects(db, study).filter(isNote));
  }
  return notes;
}

async function make(
  station: Workstation,
  content: ResultContent,
  format: ObjectFormat,
  version: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const identity = (place: number) => identityOf(content, format, version, place, content.report.signedAt);
  const groups = segmentationGroups(content);
  const datasets: Dataset[] = [];
  if (format === 'sr') datasets.push(structuredReport(content, identity(0), predecessorOf(station, content, format)));
  else if (format === 'seg')
    datasets.push(...groups.map((group, place) => segmentation(content, group, identity(place))));
  else if (format === 'pmap') datasets.push(...(await maps(station, content, identity)));
  else if (format === 'epdf') {
    const pdf = await reportPdf(station, content.context.header.study.uid, signal);
    datasets.push(encapsulatedPdf(content, pdf, identity(0), predecessorOf(station, content, format)));
  } else
    for (const [place, image] of content.images.entries())
      datasets.push(secondaryCapture(image, await capturedPicture(station, content, image, signal), identity(place)));
  await keep(station, content, format, version, datasets);
}

/** Deterministic: the same version of the same report has the same UIDs. */
function identityOf(
  { context, device }: ResultContent,
  format: ObjectFormat | 'kos',
  version: number,
  place: number,
  madeAt: string,
): Identity {
  const series = `results/${device.uid}/${context.header.study.uid}/${format}/${version}`;
  return {
    sopInstanceUid: derivedUid('instance', `${series}/${place}`),
    seriesInstanceUid: derivedUid('series', series),
    seriesNumber: SERIES_NUMBERS[format] + (version - 1) * 10,
    instanceNumber: place + 1,
    madeAt,
    device,
  };
}

/** The newest earlier document of the format, if one was made. */
function predecessorOf(station: Workstation, content: ResultContent, format: string): ObjectReference | null {
  const objects = listResultObjects(station.store.db, content.context.header.study.uid);
  return objects.findLast((object) => object.format === format && object.version < content.report.version) ?? null;
}

async function maps(
  station: Workstation,
  content: ResultContent,
  identity: (place: number) => Identity,
): Promise<readonly Dataset[]> {
  const profile = decodeProfile(await readBlob(station.store.folder, content.analysis?.profileSha256 ?? ''));
  const peaks = normalPeaks(profile);
  const quantities = [SCORE, ...(peaks.length > 0 ? [pValueQuantity((score) => conformalPValue(score, peaks))] : [])];
  return segmentationGroups(content).flatMap((group, groupPlace) =>
    quantities.map((quantity, place) =>
      parametricMap(content, group, quantity, identity(groupPlace * quantities.length + place)),
    ),
  );
}

/** The picture with map and outlines of its accepted findings, and below it what they are and what they are not for. */
export async function capturedPicture(
  station: Workstation,
  { analysis }: ResultContent,
  { source, frame, map, findings }: ResultImage,
  signal?: AbortSignal,
): Promise<RgbPicture> {
  const ref = { sopInstanceUid: source.header.instance.uid, frame };
  const image = await readFile(station, 'modelImage', await verifiedSource(station.store, ref), signal);
  const outlines = findings.map(({ outline }) => outline);
  const threshold = analysis?.calibration.threshold ?? 1;
  const png = await renderOverlay({ image, map, threshold, outlines, onlyInside: true });
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  const lines = findings.map((finding) => `${findingLabel(finding)}, score ${finding.peakScore.toFixed(3)}`);
  return withCaption({ width: info.width, height: info.height, data }, [`AI, ${NOT_FOR_DIAGNOSTIC_USE}`, ...lines]);
}

async function keep(
  station: Workstation,
  content: ResultContent,
  format: string,
  version: number,
  datasets: readonly Dataset[],
): Promise<void> {
  const rows: ResultObject[] = [];
  for (const dataset of datasets) {
    const { sha256 } = await putBytes(station.store.folder, encodeDataset(dataset));
    rows.push({
      sopInstanceUid: textOf(dataset, 'SOPInstanceUID'),
      studyInstanceUid: content.context.header.study.uid,
      version,
      format,
      sopClassUid: textOf(dataset, 'SOPClassUID'),
      seriesInstanceUid: textOf(dataset, 'SeriesInstanceUID'),
      fileSha256: sha256,
      madeAt: timestamp(station),
      madeBy: station.user,
    });
  }
  insertResultObjects(station.store.db, rows);
  record(station, 'results.make', content.context.header.study.uid, {
    format,
    version,
    objects: rows.map(({ sopInstanceUid }) => sopInstanceUid),
  });
}

function textOf(dataset: Dataset, keyword: string): string {
  const value = dataset[keyword];
  if (typeof value !== 'string') throw new Fault('internal', `An object was made without ${keyword}.`);
  return value;
}
