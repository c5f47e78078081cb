/** The report as HTML for A4: what it holds and how it looks. Pure, apart from the fonts that are part of it. */
import { mapRange, mapStops } from '../../preload/contract/colour-map.ts';
import type { Lengths } from '../../preload/contract/measured-size.ts';
import type { CalibrationRow, Finding, Report, ReportLanguage, StudyRow } from '../../preload/contract/model.ts';
import { smallestPromise } from '../../preload/contract/promise.ts';
import type { ReportedFinding } from '../../preload/contract/results.ts';
import { definitions, documentFooter, documentPage, figuresIn, moment, text } from './document-page.ts';
import { type FreeMeasurement, measurementWords } from './finding-sentences.ts';
import { reportWords } from './report-words.ts';
import type { PrintableDocument } from './workstation.ts';

export interface ReportFigure {
  /** e.g. `Series 1, image 12` */
  readonly title: string;
  /** PNG, as the model saw it. */
  readonly picture: Uint8Array;
  /** PNG with the accepted findings; null where the image has none. */
  readonly overlay: Uint8Array | null;
  readonly score: number;
  readonly pValue: number | null;
  readonly flagged: boolean;
  /** Accepted ones on this image. */
  readonly findings: readonly (Finding & ReportedFinding)[];
  /** Where their sizes hold. */
  readonly lengths: Lengths;
}

export interface ReportContent {
  readonly study: StudyRow;
  readonly report: Report;
  readonly analysis: {
    readonly createdAt: string;
    readonly provider: string;
    readonly images: number;
    readonly flagged: number;
    /** Findings that nobody has decided on. */
    readonly undecided: number;
    readonly calibration: CalibrationRow;
    readonly profileSha256: string;
  } | null;
  /** Images with accepted findings. */
  readonly figures: readonly ReportFigure[];
  /** What the reader measured beside the findings. */
  readonly measurements: readonly (FreeMeasurement & { readonly title: string })[];
  /** The highest scores among images without rejected findings. */
  readonly highest: readonly ReportFigure[];
  readonly appVersion: string;
  readonly createdAt: string;
}

export async function reportDocument(content: ReportContent): Promise<PrintableDocument> {
  const pages = wordsOf(content).page('<span class="pageNumber"></span>', '<span class="totalPages"></span>');
  const foot = footer(content, ` · ${pages}`);
  const { html, fonts } = await page(content, reportBody(content), foot);
  return { html, footer: `<style>${fonts}</style>${foot}` };
}

/** The same for a printer: without Chromium's footers, so a table's own stands on each page. */
export async function paperDocument(content: ReportContent): Promise<string> {
  const body = `<table class="paper"><tbody><tr><td>${reportBody(content)}</td></tr></tbody>
<tfoot><tr><td>${footer(content, '')}</td></tr></tfoot></table>`;
  return (await page(content, body, '')).html;
}

const wordsOf = ({ report }: ReportContent) => reportWords(report.language);

/** @param elsewhere text outside of the body that needs its fonts */
async function page({ study, report }: ReportContent, body: string, elsewhere: string) {
  const { language } = report;
  const title = `${reportWords(language).title} ${study.patientId} ${study.studyDate}`.trim();
  return await documentPage({ language, title, body, elsewhere, style: STYLE });
}

function reportBody(content: ReportContent): string {
  const { report } = content;
  const words = wordsOf(content);
  return `${masthead(content)}
${identification(content)}
${prose(words.indication, report.indication)}
${report.technique === '' ? '' : prose(words.technique, report.technique)}
${report.findings === '' ? '' : prose(words.findings, report.findings)}
${prose(words.impression, report.impression)}
${report.addenda.map((addendum) => prose(`${words.addendum}, ${moment(addendum.signedAt)}, ${text(addendum.signedBy)}`, addendum.text)).join('\n')}
${findingsSection(content)}
${measurementsSection(content)}
${highestSection(content)}
${methodSection(content)}
${signature(report)}`;
}

function masthead(content: ReportContent): string {
  const words = wordsOf(content);
  const state =
    content.report.state === 'signed'
      ? `<span class="state">${words.signed}</span>`
      : `<span class="state draft">${words.draft}</span>`;
  return `<header><div><p class="product">MediCLIP Workstation</p><h1>${words.title}</h1></div>
<div class="right">${state}<p class="warning">${words.notForDiagnosticUse}</p></div></header>`;
}

function identification(content: ReportContent): string {
  const { study } = content;
  const words = wordsOf(content);
  return `<section class="identification">${definitions([
    [words.patient, personName(study.patientName)],
    [words.patientId, study.patientId],
    [words.born, date(study.patientBirthDate)],
    [words.sex, study.patientSex],
  ])}${definitions([
    [words.study, study.studyDescription],
    [words.date, [date(study.studyDate), time(study.studyTime)].filter((part) => part !== '').join(' ')],
    [words.modality, [...study.modalities, ...study.bodyParts].join(', ')],
    [words.accession, study.accessionNumber],
  ])}</section>
<p class="uid">Study Instance UID ${text(study.studyInstanceUid)}</p>`;
}

function prose(title: string, content: string): string {
  if (content.trim() === '') return '';
  const paragraphs = content.trim().split(/\n\s*\n/);
  return `<section><h2>${title}</h2>${paragraphs.map((part) => `<p dir="auto">${text(part).replaceAll('\n', '<br>')}</p>`).join('')}</section>`;
}

function findingsSection(content: ReportContent): string {
  const { analysis, figures, report } = content;
  const words = wordsOf(content);
  const section = (inside: string) => `<section><h2>${words.findings}</h2>${inside}</section>`;
  if (report.state !== 'signed') return section(`<p>${words.findingsLater}</p>`);
  if (!analysis) return section(`<p>${words.notAnalysed}</p>`);
  const count = figures.reduce((sum, figure) => sum + figure.findings.length, 0);
  const sentences = [words.accepted(count), ...(analysis.undecided > 0 ? [words.undecided(analysis.undecided)] : [])];
  const reported = figures.flatMap(({ findings }) => findings).toSorted((one, other) => one.number - other.number);
  const listed = reported.map(({ number, sentence }) => `<li value="${number}" dir="auto">${text(sentence)}</li>`);
  return section(`<p>${sentences.join(' ')}</p>
${listed.length > 0 ? `<ol class="sentences">${listed.join('')}</ol>` : ''}
${figures.length > 0 ? colourScale(analysis.calibration.threshold, report.language) : ''}
${figures.map((figure) => findingFigure(figure, report.language)).join('\n')}`);
}

/** Like findings, they leave with the signature. */
function measurementsSection(content: ReportContent): string {
  const { measurements, report } = content;
  const words = wordsOf(content);
  if (measurements.length === 0 || report.state !== 'signed') return '';
  const rows = measurements.map(
    ({ number, title, measured }) =>
      `<tr><td>${number}</td><td>${text(title)}</td><td>${text(measurementWords(measured, report.language))}</td></tr>`,
  );
  return `<section class="measurements"><h2>${words.measurements}</h2>
<table><thead><tr><th>${words.number}</th><th>${words.imageColumn}</th><th>${words.measured}</th></tr></thead><tbody>${rows.join('')}</tbody></table></section>`;
}

function findingFigure(figure: ReportFigure, language: ReportLanguage): string {
  const words = reportWords(language);
  const { score, pValue, decimal } = figuresIn(language);
  const where = figure.lengths === 'detector' ? ` ${words.atDetector}` : '';
  const rows = figure.findings
    .map(
      (finding) => `<tr><td>${finding.number}</td><td>${score(finding.peakScore)}</td><td>${pValue(finding.pValue)}</td>
<td>${finding.longestDiameterMm === null ? '–' : `${decimal(finding.longestDiameterMm, 1)} mm${where}`}</td>
<td>${finding.areaMm2 === null ? '–' : `${Math.round(finding.areaMm2)} mm²${where}`}</td><td>${finding.measured ? text(measurementWords(finding.measured, language)) : '–'}</td></tr>`,
    )
    .join('');
  return `<figure class="finding"><figcaption>${text(figure.title)}</figcaption>
<div class="pair">${image(figure.picture, `${figure.title}, ${words.asTheModelSawIt}`)}${
    figure.overlay ? image(figure.overlay, `${figure.title} ${words.withFindings}`) : ''
  }</div>
<table><thead><tr><th>${words.number}</th><th>${words.peakScore}</th><th>${words.pValue}</th><th>${words.longestDiameter}</th><th>${words.area}</th><th>${words.measuredByReader}</th></tr></thead>
<tbody>${rows}</tbody></table></figure>`;
}

function colourScale(threshold: number, language: ReportLanguage): string {
  const words = reportWords(language);
  const { score, decimal } = figuresIn(language);
  const stops = mapStops()
    .map((stop) => `rgb(${stop.join(' ')})`)
    .join(', ');
  const place = (value: number) => (((value - mapRange.low) / (mapRange.high - mapRange.low)) * 100).toFixed(2);
  const ticks = [0.2, 0.4, 0.6, 0.8]
    .map((value) => `<span style="left:${place(value)}%">${decimal(value, 1)}</span>`)
    .join('');
  return `<div class="scale" role="img" aria-label="${words.colours}">
<p>${words.anomalyScore}</p><div class="bar" style="background:linear-gradient(to right, ${stops})">
<i style="left:${place(threshold)}%"></i></div><div class="ticks">${ticks}</div>
<p class="note">${words.colourNote(score(threshold))}</p></div>`;
}

function highestSection(content: ReportContent): string {
  const { highest, report } = content;
  const words = wordsOf(content);
  const { score, pValue } = figuresIn(report.language);
  if (highest.length === 0) return '';
  const items = highest.map(
    (figure) => `<figure>${image(figure.overlay ?? figure.picture, figure.title)}
<figcaption>${text(figure.title)}<br>${words.scoreOf(score(figure.score), pValue(figure.pValue), figure.flagged)}</figcaption></figure>`,
  );
  return `<section><h2>${words.highest}</h2><div class="grid">${items.join('')}</div></section>`;
}

function methodSection(content: ReportContent): string {
  const { analysis, report, appVersion, createdAt } = content;
  if (!analysis || report.state !== 'signed') return '';
  const { calibration } = analysis;
  const words = wordsOf(content);
  const { score, decimal } = figuresIn(report.language);
  const share = `${decimal(promisedShare(calibration) * 100)}%`;
  return `<section class="method"><h2>${words.howMade}</h2>${definitions([
    [words.method, words.methodIs],
    [
      words.analysis,
      words.analysisIs(moment(analysis.createdAt), analysis.images, analysis.flagged, analysis.provider),
    ],
    [words.calibration, words.calibrationIs(calibration.name, moment(calibration.createdAt), calibration.createdBy)],
    [words.normals, words.normalsAre(calibration)],
    [words.threshold, words.thresholdIs(score(calibration.threshold), share)],
    [words.model, `${calibration.modelName}, ${calibration.modelSha256}`],
    [words.profile, analysis.profileSha256],
    [words.software, words.softwareIs(appVersion, moment(createdAt))],
  ])}<p class="note">${words.scoreMeaning[calibration.preset]} ${words.pValueMeaning}</p></section>`;
}

/** What the threshold can promise: with few normals more than was asked for. */
function promisedShare({ heldOut, heldOutPatients, shots, toleratedShare }: CalibrationRow): number {
  return Math.max(toleratedShare, smallestPromise(heldOut > 0 ? heldOutPatients : shots));
}

function signature({ state, signedBy, signedAt, language }: Report): string {
  const words = reportWords(language);
  const sentence =
    state === 'signed' ? words.signedBy(`<b>${text(signedBy ?? '')}</b>`, moment(signedAt ?? '')) : words.notSigned;
  return `<section class="signature"><p>${sentence}</p></section>`;
}

function footer(content: ReportContent, pageNumber: string): string {
  const { study, report, appVersion } = content;
  const words = wordsOf(content);
  const left = [personName(study.patientName), study.patientId, report.state === 'signed' ? '' : words.draft];
  return documentFooter({
    left: left.filter((part) => part !== '').join(' · '),
    warning: words.notForDiagnosticUse,
    appVersion,
    pageNumber,
  });
}

function image(png: Uint8Array, description: string): string {
  return `<img alt="${text(description)}" src="data:image/png;base64,${Buffer.from(png).toString('base64')}">`;
}

/** `Family^Given=ideographic` as `Family, Given (ideographic)`. */
function personName(value: string): string {
  const [alphabetic = '', ...others] = value.split('=').map((group) => {
    const [family = '', ...given] = group.split('^').map((part) => part.trim());
    const rest = given.filter((part) => part !== '').join(' ');
    return rest === '' ? family : `${family}, ${rest}`;
  });
  const spelled = others.filter((group) => group !== '');
  return spelled.length > 0 ? `${alphabetic} (${spelled.join(', ')})` : alphabetic;
}

const date = (da: string) => da.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3');
const time = (tm: string) => tm.replace(/^(\d{2})(\d{2}).*$/, '$1:$2');

const STYLE = `
.identification { display: grid; grid-template-columns: 1fr 1fr; gap: 8mm; margin-top: 4mm }
.uid { color: #5b6570; font-size: 8pt; margin: 2mm 0 0 }
.sentences { margin: 0 0 2mm; padding-left: 6mm }
.finding { margin: 4mm 0 }
.finding > figcaption { font-weight: 600; margin-bottom: 1.5mm }
.pair { display: flex; gap: 3mm }
.pair img { width: auto; height: 60mm; max-width: calc(50% - 1.5mm) }
img { width: 100%; max-height: 82mm; object-fit: contain; background: #000; border-radius: 1mm; display: block }
.paper { margin: 0; font-size: inherit }
.paper > * > tr > td { border: 0; padding: 0 }
.paper > tfoot div { margin: 4mm 0 0 !important }
.grid { display: grid; grid-template-columns: repeat(3, 1fr); gap: 4mm }
.grid img { height: 52mm }
.grid figcaption { margin-top: 1mm; font-variant-numeric: tabular-nums }
.scale { width: 90mm; margin: 2mm 0 3mm; break-inside: avoid }
.scale p { margin: 0 0 1mm; font-size: 8pt }
.bar { height: 3mm; border-radius: 0.6mm; position: relative }
.bar i { position: absolute; top: -0.8mm; bottom: -0.8mm; width: 0.6mm; background: #fff; outline: 0.2mm solid #16191d }
.ticks { position: relative; height: 4mm; font-size: 7.5pt; color: #5b6570 }
.ticks span { position: absolute; transform: translateX(-50%) }
.method dl { font-size: 8.5pt }
.method { break-inside: avoid }
.signature { margin-top: 8mm; border-top: 0.2mm solid #aab2bb; padding-top: 3mm; break-inside: avoid }`;
