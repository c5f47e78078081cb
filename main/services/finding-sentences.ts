/**
 * Accepted findings as sentences of the report. They are made here alone, for the window, the PDF and every object that
 * leaves, and stand still from the signature on.
 */
import { lengthsOf, measuredSize } from '../../preload/contract/measured-size.ts';
import type {
  Annotation,
  Finding,
  FrameRef,
  FrameRow,
  ReportLanguage,
  SeriesDetail,
} from '../../preload/contract/model.ts';
import type { LinkedMeasurement, ReportedFinding } from '../../preload/contract/results.ts';
import { listAnnotations } from '../store/annotations.ts';
import { getReport, listSentences } from '../store/reports.ts';
import { openLatestAnalysis } from './analysis.ts';
import { reportWords } from './report-words.ts';
import { frameKey, openStudy } from './worklist.ts';
import type { Workstation } from './workstation.ts';

/**
 * The findings that a report holds, in the order of the pictures: as they were signed, without what an addendum took
 * back; before the signature as they would be signed now.
 * @throws Fault `not-found`
 */
export function reportedFindings(
  { store }: Workstation,
  studyInstanceUid: string,
  language: ReportLanguage,
): readonly ReportedFinding[] {
  const { db } = store;
  const findings = openLatestAnalysis(store, studyInstanceUid)?.findings ?? [];
  const signed = listSentences(db, studyInstanceUid);
  if (signed.length > 0) {
    const accepted = new Set(findings.filter(({ decision }) => decision === 'accepted').map(({ id }) => id));
    return signed.filter(({ findingId }) => accepted.has(findingId));
  }
  const { series } = openStudy(db, studyInstanceUid, []);
  // A report that was signed before sentences were kept is English: nobody chose a language for it.
  const own = getReport(db, studyInstanceUid)?.state === 'signed' ? 'en' : language;
  return findingSentences(series, findings, listAnnotations(db, studyInstanceUid), own);
}

/** One for each accepted finding, in the order of the pictures; within a picture as the findings come. */
export function findingSentences(
  series: readonly SeriesDetail[],
  findings: readonly Finding[],
  measurements: readonly Annotation[],
  language: ReportLanguage,
): readonly ReportedFinding[] {
  const accepted = findings.filter(({ decision }) => decision === 'accepted');
  const inOrder = series.flatMap((own, seriesIndex) =>
    own.frames.flatMap((frame, frameIndex) => {
      const where = wordsOf(language).image(frameIndex + 1, own.frames.length, seriesName(series, seriesIndex));
      return accepted
        .filter((finding) => frameKey(finding) === frameKey(frame))
        .map((finding) => ({ finding, frame, where }));
    }),
  );
  return inOrder.map(({ finding, frame, where }, place) => {
    const linked = measurements.find(({ id }) => id === finding.measurementId);
    const measured = linked ? measure(linked, frame) : null;
    const size = measured ? measurementWords(measured, language) : outlineWords(finding, frame, language);
    const sentence = `${[`${where}: ${wordsOf(language).region(size)}`, pValueWords(finding, language)].filter(Boolean).join(', ')}.`;
    return {
      findingId: finding.id,
      number: place + 1,
      sentence: [sentence, finding.comment.trim()].filter(Boolean).join(' '),
      measured,
    };
  });
}

/** A measurement that says something by itself. */
export interface FreeMeasurement extends FrameRef {
  readonly id: string;
  /** 1, 2, 3, ... over the whole report. */
  readonly number: number;
  readonly measured: LinkedMeasurement;
}

/**
 * What the reader measured without linking it to a finding, in the order of the pictures. A signature closes it too. What is
 * linked goes with its finding, and leaves or stays with it; a probe measures no size.
 * @throws Fault `not-found`
 */
export function freeMeasurements({ store }: Workstation, studyInstanceUid: string): readonly FreeMeasurement[] {
  const { db } = store;
  const findings = openLatestAnalysis(store, studyInstanceUid)?.findings ?? [];
  const linked = new Set(findings.map(({ measurementId }) => measurementId));
  const free = listAnnotations(db, studyInstanceUid).filter(({ id }) => !linked.has(id));
  const frames = openStudy(db, studyInstanceUid, []).series.flatMap((series) => series.frames);
  return frames
    .flatMap((frame) =>
      free
        .filter((annotation) => frameKey(annotation) === frameKey(frame))
        .flatMap((annotation) => {
          const measured = measure(annotation, frame);
          return measured ? [{ annotation, measured }] : [];
        }),
    )
    .map(({ annotation: { id, sopInstanceUid, frame }, measured }, place) => ({
      ...{ id, sopInstanceUid, frame },
      number: place + 1,
      measured,
    }));
}

/** Named only where there are several. */
function seriesName(series: readonly SeriesDetail[], index: number): string {
  const own = series[index];
  return series.length > 1 && own ? own.description || String(own.seriesNumber ?? index + 1) : '';
}

/** What a measurement says: in mm where the spacing is known, else in pixels; null where it measures no size. */
export function measure(
  { tool, points }: Annotation,
  frame: Pick<FrameRow, 'pixelSpacing' | 'spacingAtDetector'>,
): LinkedMeasurement | null {
  const { pixelSpacing } = frame;
  const [rowSpacing, columnSpacing] = pixelSpacing ?? [1, 1];
  const places: (readonly [number, number])[] = [];
  for (let at = 0; at + 1 < points.length; at += 2)
    places.push([points[at]! * columnSpacing, points[at + 1]! * rowSpacing]);
  const size = measuredSize(tool, places);
  if (!size) return null;
  const { quantity, value } = size;
  const unit = quantity === 'angle' ? 'deg' : !pixelSpacing ? 'pixels' : quantity === 'area' ? 'mm2' : 'mm';
  const atDetector = quantity !== 'angle' && lengthsOf(frame) === 'detector' ? { atDetector: true } : {};
  return { quantity, value: Number(value.toFixed(3)), unit, ...atDetector, tool, points };
}

/** `10 mm long`, `16 mm² in area`. */
export function measurementWords(
  { quantity, value, unit, atDetector = false }: LinkedMeasurement,
  language: ReportLanguage,
): string {
  const symbol = { mm: ' mm', mm2: ' mm²', deg: '°', pixels: quantity === 'area' ? ' px²' : ' px' }[unit];
  return wordsOf(language)[quantity](
    `${formatNumber(value, 1, language)}${symbol}${atDetector ? ` ${reportWords(language).atDetector}` : ''}`,
  );
}

function outlineWords({ longestDiameterMm, areaMm2, box }: Finding, frame: FrameRow, language: ReportLanguage): string {
  if (longestDiameterMm === null || areaMm2 === null)
    return wordsOf(language).pixels(Math.round(box[2]), Math.round(box[3]));
  const size = `${formatNumber(longestDiameterMm, 1, language)} mm, ${formatNumber(areaMm2, 0, language)} mm²`;
  return lengthsOf(frame) === 'detector' ? `${size} ${reportWords(language).atDetector}` : size;
}

function pValueWords({ pValue }: Finding, language: ReportLanguage): string {
  if (pValue === null) return '';
  const digits = { minimumFractionDigits: 3, maximumFractionDigits: 3 };
  return `p ${pValue < 0.001 ? '<' : '='} ${Math.max(pValue, 0.001).toLocaleString(language, digits)}`;
}

const formatNumber = (value: number, maximumFractionDigits: number, language: ReportLanguage) =>
  value.toLocaleString(language, { maximumFractionDigits });

interface Words {
  readonly image: (index: number, all: number, series: string) => string;
  readonly region: (size: string) => string;
  readonly length: (value: string) => string;
  readonly angle: (value: string) => string;
  readonly area: (value: string) => string;
  readonly pixels: (width: number, height: number) => string;
}

const wordsOf = (language: ReportLanguage): Words => WORDS[language];

const WORDS: Readonly<Record<ReportLanguage, Words>> = {
  en: {
    image: (index, all, series) => `Image ${index} of ${all}${series === '' ? '' : `, ${series}`}`,
    region: (size) => `region of ${size}`,
    length: (value) => `${value} long`,
    angle: (value) => `an angle of ${value}`,
    area: (value) => `${value} in area`,
    pixels: (width, height) => `${width} × ${height} pixels, size in mm unknown`,
  },
  de: {
    image: (index, all, series) => `Bild ${index} von ${all}${series === '' ? '' : `, ${series}`}`,
    region: (size) => `Bereich von ${size}`,
    length: (value) => `${value} Länge`,
    angle: (value) => `einem Winkel von ${value}`,
    area: (value) => `${value} Fläche`,
    pixels: (width, height) => `${width} × ${height} Pixel, Größe in mm unbekannt`,
  },
};
