/**
 * The DICOM objects of a signed report. Each is made once and kept as a blob, so that every later export gives the same
 * bytes under the same UID. A report's new version brings new documents; new regions, maps and pictures only where it
 * takes findings back, with a rejection note on what left before.
 */
import type { Report } from '../../preload/contract/model.ts';
import { decodeProfile, normalPeaks } from '../engine/profile.ts';
import { Fault, throwIfCancelled } from '../fault.ts';
import { derivedUid } from '../imaging/header.ts';
import { sharp } from '../imaging/sharp.ts';
import type { SourceAttributes } from '../imaging/source-attributes.ts';
import { conformalPValue } from '../method/conformal.ts';
import { encapsulatedPdf, lettersOf, photograph, type RgbPicture, secondaryCapture } from '../results/capture.ts';
import { findingLabel, type ResultContent, type ResultImage, sourcesOf } from '../results/content.ts';
import { type Dataset, encodeDataset, type Identity, NOT_FOR_DIAGNOSTIC_USE } from '../results/dataset.ts';
import { rejectionNote } from '../results/key-object.ts';
import { parametricMap, pValueQuantity, SCORE } from '../results/parametric-map.ts';
import { withCaption } from '../results/pixel-font.ts';
import { segmentation, segmentationGroups } from '../results/segmentation.ts';
import { type ObjectReference, structuredReport } from '../results/structured-report.ts';
import { putBytes, readBlob } from '../store/blobs.ts';
import { insertResultObjects, listDelivered, listResultObjects, type ResultObject } from '../store/result-objects.ts';
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

/** The format of photographs as DICOM images; they come by themselves. */
const PHOTOGRAPH = 'photo';

/** Whether a new version takes objects of this format back: notes say that of others, and photographs stay what they are. */
const isTakenBack = (format: string) => format !== 'kos' && format !== PHOTOGRAPH;

/** Documents change with every addendum; what is drawn changes only where findings are taken back. */
const DOCUMENTS: readonly string[] = ['sr', 'epdf', 'kos'];

/**
 * Objects of the report's present version in these formats, made where they are missing, with the rejection notes on
 * earlier ones that the destination has (store/result-objects.ts).
 * @throws Fault as resultContent, `cancelled`, `disk-full`
 */
export async function resultObjects(
  station: Workstation,
  content: ResultContent,
  formats: readonly ObjectFormat[],
  destination: string,
  signal?: AbortSignal,
): Promise<readonly ResultObject[]> {
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
  if (formats.length > 0) wanted.push(...(await photographs(station, content, signal)));
  wanted.push(...(await rejectionNotes(station, content, destination)));
  return wanted;
}

/** The photographs that objects refer to: as DICOM images they are nowhere else. */
async function photographs(
  station: Workstation,
  content: ResultContent,
  signal: AbortSignal | undefined,
): Promise<readonly ResultObject[]> {
  const study = content.context.header.study.uid;
  const signedAt = signedAtOf(openReport(station, study), 1);
  const sources = [content.context, ...sourcesOf(content)];
  const photos = new Map(sources.filter(isPhotograph).map((source) => [source.header.instance.uid, source] as const));
  const kept = () => listResultObjects(station.store.db, study).filter(({ format }) => format === PHOTOGRAPH);
  for (const [sopInstanceUid, source] of photos) {
    throwIfCancelled(signal);
    if (kept().some((object) => object.sopInstanceUid === sopInstanceUid)) continue;
    const file = await verifiedSource(station.store, { sopInstanceUid, frame: 0 });
    const pixels = await readFile(station, 'pixels', file, signal);
    const identity = identityOf(content, { format: 'sc', version: 1, signedAt, place: 0, series: 0 });
    await keep(station, content, PHOTOGRAPH, 1, [photograph(source, pixels, identity)]);
  }
  return kept().filter(({ sopInstanceUid }) => photos.has(sopInstanceUid));
}

/** One picture in one file; a stack of pictures in one file has no place in the object that its UID names. */
const isPhotograph = ({ header }: SourceAttributes) => header.source === 'photo' && header.image?.frames === 1;

/** For each addendum that took findings back: a note on what the destination had been given of earlier versions. */
async function rejectionNotes(
  station: Workstation,
  content: ResultContent,
  destination: string,
): Promise<readonly ResultObject[]> {
  const { db } = station.store;
  const study = content.context.header.study.uid;
  const given = listDelivered(db, study, destination, { unsure: true });
  const notes: ResultObject[] = [];
  for (const { version, reason, text, signedBy, signedAt } of openReport(station, study).addenda) {
    if (reason === null) continue;
    const identity = identityOf(content, { format: 'kos', version, signedAt, place: 0, series: 0, destination });
    const isNote = ({ format, version: of, sopInstanceUid }: ResultObject) =>
      format === 'kos' && of === version && (sopInstanceUid === identity.sopInstanceUid || given.has(sopInstanceUid));
    const rejected = listResultObjects(db, study).filter(
      (object) => object.version < version && isTakenBack(object.format) && given.has(object.sopInstanceUid),
    );
    if (rejected.length > 0 && !listResultObjects(db, study).some(isNote))
      await keep(station, content, 'kos', version, [
        rejectionNote(content.context, reason, text, signedBy, rejected, identity),
      ]);
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
  const signedAt = signedAtOf(openReport(station, content.context.header.study.uid), version);
  const identity = (place: number, series = 0) => identityOf(content, { format, version, signedAt, place, series });
  const groups = segmentationGroups(content);
  const datasets: Dataset[] = [];
  if (format === 'sr') datasets.push(structuredReport(content, identity(0), predecessorOf(station, content, format)));
  else if (format === 'seg')
    datasets.push(...groups.map((group, place) => segmentation(content, group, identity(place, place))));
  else if (format === 'pmap') datasets.push(...(await maps(station, content, identity)));
  else if (format === 'epdf') {
    const pdf = await reportPdf(station, content.context.header.study.uid, signal);
    datasets.push(encapsulatedPdf(content, pdf, identity(0), predecessorOf(station, content, format)));
  } else
    for (const [place, image] of content.images.entries())
      datasets.push(secondaryCapture(image, await capturedPicture(station, content, image, signal), identity(place)));
  await keep(station, content, format, version, datasets);
}

/** When a version was signed: the first with the report, each other with its addendum. */
const signedAtOf = ({ signedAt, addenda }: Report, version: number): string =>
  addenda.find((addendum) => addendum.version === version)?.signedAt ?? signedAt ?? '';

interface PlaceOfObject {
  readonly format: ObjectFormat | 'kos';
  readonly version: number;
  /** Of the version. */
  readonly signedAt: string;
  /** Among the objects of the format and version. */
  readonly place: number;
  /** Among the series of the format and version: objects in several frames of reference need several. */
  readonly series: number;
  /** Of a rejection note, which speaks of what one destination has. */
  readonly destination?: string;
}

/**
 * Deterministic: the same version of the same report has the same UIDs. Analysis and signature are part of them, so that a
 * restored backup in which the work was done differently never gives one UID to two contents.
 */
function identityOf({ context, device, analysis }: ResultContent, object: PlaceOfObject): Identity {
  const { format, version, signedAt, place, series, destination = '' } = object;
  const report = `${context.header.study.uid}/${analysis?.id ?? ''}/${signedAt}`;
  const seed = `results/${device.uid}/${report}/${format}/${version}/${destination}`;
  return {
    sopInstanceUid: derivedUid('instance', `${seed}/${place}`),
    seriesInstanceUid: derivedUid('series', `${seed}/${series}`),
    seriesNumber: SERIES_NUMBERS[format] + (version - 1) * 10,
    instanceNumber: place + 1,
    madeAt: signedAt,
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
  identity: (place: number, series: number) => Identity,
): Promise<readonly Dataset[]> {
  const profile = decodeProfile(await readBlob(station.store.folder, content.analysis?.profileSha256 ?? ''));
  const peaks = normalPeaks(profile);
  const quantities = [
    SCORE,
    ...(peaks.scores.length > 0 ? [pValueQuantity((score) => conformalPValue(score, peaks))] : []),
  ];
  return segmentationGroups(content).flatMap((group, groupPlace) =>
    quantities.map((quantity, place) =>
      parametricMap(content, group, quantity, identity(groupPlace * quantities.length + place, groupPlace)),
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
  const letters = lettersOf(source, frame);
  const png = await renderOverlay({ image, map, threshold, outlines, onlyInside: true, letters });
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
  // Another export may have made the same objects meanwhile: the first to be kept are those that stay.
  if (!insertResultObjects(station.store.db, rows)) return;
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
