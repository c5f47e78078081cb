/** The evaluation card of a calibration as HTML for A4: what the window shows of it, but no image. Pure, but for fonts. */
import { binned, rangeOf } from '../../preload/contract/histogram.ts';
import {
  type AnomalyKind,
  type AnomalySize,
  anomalyTasks,
  type CalibrationEvidence,
  type CalibrationFacts,
  type CalibrationRow,
  type ReferenceSet,
  type ReportLanguage,
  type ScoredFrame,
} from '../../preload/contract/model.ts';
import { patientsNeeded } from '../../preload/contract/promise.ts';
import { cardWords } from './card-words.ts';
import { definitions, documentFooter, documentPage, figuresIn, moment, text } from './document-page.ts';
import type { PrintableDocument } from './workstation.ts';

export interface CardContent {
  readonly calibration: CalibrationRow;
  readonly referenceSet: Pick<ReferenceSet, 'confirmedBy' | 'createdAt'>;
  readonly facts: CalibrationFacts;
  /** Null where none was kept. */
  readonly evidence: CalibrationEvidence | null;
  readonly language: ReportLanguage;
  readonly appVersion: string;
  readonly createdAt: string;
}

export async function cardDocument(content: CardContent): Promise<PrintableDocument> {
  const { calibration, appVersion, language } = content;
  const words = cardWords(language);
  const pages = words.page('<span class="pageNumber"></span>', '<span class="totalPages"></span>');
  const warning = words.notForDiagnosticUse;
  const footer = documentFooter({ left: calibration.name, warning, appVersion, pageNumber: ` · ${pages}` });
  const title = `${words.title}: ${calibration.name}`;
  const { html, fonts } = await documentPage({
    language,
    title,
    body: cardBody(content),
    elsewhere: footer,
    style: STYLE,
  });
  return { html, footer: `<style>${fonts}</style>${footer}` };
}

function cardBody(content: CardContent): string {
  const { calibration, evidence, language } = content;
  const words = cardWords(language);
  const { retiredAt, active } = calibration;
  const state = retiredAt !== null ? 'retired' : active ? 'active' : 'inactive';
  return `<header><div><p class="product">MediCLIP Workstation</p><h1>${words.title}</h1><p>${text(calibration.name)}</p></div>
<div class="right"><span class="state ${state}">${words.state[state]}</span><p class="warning">${words.notForDiagnosticUse}</p></div></header>
${origins(content)}
<section><h2>${words.worth}</h2>${evidence ? worth(evidence, content) : `<p>${words.none}</p>`}</section>
${details(content)}`;
}

function origins({ calibration: row, referenceSet, language }: CardContent): string {
  const words = cardWords(language);
  const { decimal, score } = figuresIn(language);
  const scope = [row.modality, row.bodyPart, row.view, row.scanner || words.anyScanner, row.protocol];
  const [first = 0, last = first] = [row.lossTrace[0], row.lossTrace.at(-1)];
  const held = row.heldOut > 0 ? words.imagesOf(row.heldOut, row.heldOutPatients) : '';
  const aside = row.setAside > 0 ? words.setAside(row.setAside) : '';
  return `<section class="origins">${definitions([
    [words.madeFor, scope.filter((part) => part !== '').join(' · ')],
    [words.referenceSet, words.referenceSetIs(row.referenceSetName, row.referenceSetVersion)],
    [words.confirmed, words.confirmedIs(referenceSet.confirmedBy, moment(referenceSet.createdAt))],
    [words.trainedOn, words.images(row.shots)],
    [words.heldOut, [held, aside].filter((part) => part !== '').join('; ')],
  ])}${definitions([
    [words.model, row.modelName],
    [words.preset, words.presets[row.preset]],
    [words.seed, String(row.seed)],
    [words.training, words.trainingIs(row.steps, decimal(row.seconds, 0), score(first), score(last))],
    [words.processor, row.provider],
    [words.made, words.madeIs(moment(row.createdAt), row.createdBy)],
  ])}</section>`;
}

function worth(evidence: CalibrationEvidence, content: CardContent): string {
  return `${keyFigures(evidence, content.language)}
${statements(evidence, content.language)}
<div class="plots">${histogram(evidence, content.language)}${roc(evidence, content.language)}</div>
${sensitivity(evidence, content.language)}
${extremes(evidence, content.language)}`;
}

const foundOf = (scores: readonly number[], { threshold }: CalibrationEvidence) =>
  scores.filter((score) => score >= threshold).length;
const scoresOf = (frames: readonly ScoredFrame[]) => frames.map(({ score }) => score);

function keyFigures(evidence: CalibrationEvidence, language: ReportLanguage): string {
  const words = cardWords(language);
  const { score, percent, decimal } = figuresIn(language);
  const { flaggedNormals, syntheticFound, abnormalFound, auroc, nullBaseline } = evidence;
  const shares = ({ low, high }: { readonly low: number; readonly high: number }) =>
    words.interval(percent(low), percent(high));
  const areas = ({ low, high }: { readonly low: number; readonly high: number }) =>
    words.interval(decimal(low, 2), decimal(high, 2));
  const found = (scores: readonly number[]) => words.ofAll(foundOf(scores, evidence), scores.length);
  const figures: [term: string, value: string, about: string][] = [
    [words.threshold, score(evidence.threshold), ''],
    [words.tolerated, words.atMost(percent(evidence.toleratedShare)), ''],
    [
      words.flagged,
      words.expected(percent(flaggedNormals.value)),
      words.range(percent(flaggedNormals.low), percent(flaggedNormals.high)),
    ],
  ];
  if (syntheticFound) figures.push([words.syntheticFound, found(evidence.syntheticScores), shares(syntheticFound)]);
  if (abnormalFound) figures.push([words.casesFound, found(scoresOf(evidence.abnormals)), shares(abnormalFound)]);
  figures.push([words.auroc, auroc ? score(auroc.value) : words.noCasesYet, auroc ? areas(auroc) : '']);
  const withoutNull = auroc ? words.notMeasured : words.noCasesYet;
  figures.push([
    words.nullBaseline,
    nullBaseline ? score(nullBaseline.value) : withoutNull,
    nullBaseline ? areas(nullBaseline) : '',
  ]);
  const cell = ([term, value, about]: (typeof figures)[number]) =>
    `<div><dt>${term}</dt><dd><b>${value}</b>${about === '' ? '' : `<br><span>${about}</span>`}</dd></div>`;
  return `<dl class="figures">${figures.map(cell).join('')}</dl>`;
}

function statements(evidence: CalibrationEvidence, language: ReportLanguage): string {
  const words = cardWords(language);
  const { percent } = figuresIn(language);
  const { patients, smallestPromise, toleratedShare, source, auroc, nullBaseline, casesLeftOut } = evidence;
  const cannot =
    toleratedShare < smallestPromise
      ? `<p class="cannot">${words.cannot(patients, percent(smallestPromise), percent(toleratedShare), patientsNeeded(toleratedShare))}</p>`
      : '';
  const sentences = [
    words.sources[source](words.imagesOf(evidence.normalScores.length, patients)),
    source === 'held-out' ? words.certain(percent(evidence.flaggedAtMost)) : '',
    words.asThese,
    casesLeftOut > 0 ? words.casesLeftOut(casesLeftOut) : '',
    auroc ? (nullBaseline ? words.nullBaselineText : words.notMeasuredText) : '',
    words.fewImages,
  ];
  return `${cannot}<p>${sentences.filter((sentence) => sentence !== '').join(' ')}</p>`;
}

const BINS = 32;
/** Of the drawing, in its own units. */
const [WIDTH, HEIGHT] = [560, 60];

function histogram(evidence: CalibrationEvidence, language: ReportLanguage): string {
  const words = cardWords(language);
  const { score } = figuresIn(language);
  const { threshold, normalScores, syntheticScores, abnormals } = evidence;
  const rows = (
    [
      [words.normals, normalScores],
      [words.synthetic, syntheticScores],
      [words.cases, scoresOf(abnormals)],
    ] as const
  ).filter(([, scores]) => scores.length > 0);
  const range = rangeOf(...rows.map(([, scores]) => scores), [threshold]);
  const x = (value: number) => ((value - range[0]) / (range[1] - range[0])) * WIDTH;
  const drawn = rows.map(([what, scores]) => {
    const bins = binned(scores, range, BINS);
    const highest = Math.max(...bins.map(({ count }) => count));
    const bars = bins
      .filter(({ count }) => count > 0)
      .map(({ from, to, count }) => {
        const height = (count / highest) * (HEIGHT - 4);
        const kind = from >= threshold ? 'above' : 'below';
        return `<rect class="${kind}" x="${place(x(from) + 0.5)}" y="${place(HEIGHT - height)}" width="${place(x(to) - x(from) - 1)}" height="${place(height)}"/>`;
      });
    return `<p>${what} (${scores.length})</p><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${what}">${bars.join('')}<line x1="${place(x(threshold))}" x2="${place(x(threshold))}" y1="0" y2="${HEIGHT}"/></svg>`;
  });
  return `<figure class="histogram"><figcaption>${words.scores}</figcaption>${drawn.join('\n')}
<p class="ends">${score(range[0])}<span>${words.threshold} ${score(threshold)}</span>${score(range[1])}</p></figure>`;
}

const place = (value: number) => value.toFixed(2);

function roc({ roc: points, abnormals }: CalibrationEvidence, language: ReportLanguage): string {
  if (points.length === 0) return '';
  const words = cardWords(language);
  const side = 200;
  const line = points.map(([across, up]) => `${place(across * side)},${place(side - up * side)}`).join(' ');
  const of = abnormals.length > 0 ? words.rocOf.cases : words.rocOf.synthetic;
  return `<figure class="roc"><figcaption>${words.roc}</figcaption>
<svg viewBox="-4 -4 ${side + 8} ${side + 8}" role="img" aria-label="${words.roc}"><rect width="${side}" height="${side}"/>
<line x1="0" y1="${side}" x2="${side}" y2="0"/><polyline points="${line}"/></svg><p class="note">${of} ${words.rocAxes}</p></figure>`;
}

const KINDS = anomalyTasks.filter((task): task is AnomalyKind => task !== 'identity');
const SIZES: readonly AnomalySize[] = ['small', 'medium', 'large'];

function sensitivity(evidence: CalibrationEvidence, language: ReportLanguage): string {
  if (evidence.syntheticScores.length === 0) return '';
  const words = cardWords(language);
  const { percent } = figuresIn(language);
  const counted = (found: number, total: number, share: { readonly low: number; readonly high: number }) =>
    `${words.ofAll(found, total)} <span class="range">${percent(share.low)}–${percent(share.high)}</span>`;
  const cell = (kind: AnomalyKind, size: AnomalySize) => {
    const one = evidence.sensitivity.find((cell) => cell.kind === kind && cell.size === size);
    return `<td>${one?.share ? counted(one.found, one.total, one.share) : '–'}</td>`;
  };
  const rows = KINDS.map(
    (kind) => `<tr><td>${words.tasks[kind]}</td>${SIZES.map((size) => cell(kind, size)).join('')}</tr>`,
  );
  const { unchanged, unchangedFlagged } = evidence;
  const control = unchangedFlagged
    ? `<tr><td>${words.unchanged}</td><td colspan="3">${counted(foundOf(unchanged, evidence), unchanged.length, unchangedFlagged)} ${words.unchangedText}</td></tr>`
    : '';
  return `<table class="sensitivity"><caption>${words.sensitivity}</caption><thead><tr><th>${words.kind}</th>${SIZES.map((size) => `<th>${words.sizes[size]}</th>`).join('')}</tr></thead>
<tbody>${rows.join('')}${control}</tbody></table>`;
}

/** As many as the window shows. */
const MOST_SHOWN = 8;

function extremes(evidence: CalibrationEvidence, language: ReportLanguage): string {
  const words = cardWords(language);
  const { score } = figuresIn(language);
  const row = (title: string, frames: readonly ScoredFrame[]) =>
    frames.length === 0
      ? ''
      : `<tr><td>${title}</td><td>${scoresOf(frames.slice(0, MOST_SHOWN)).map(score).join(' · ')}</td></tr>`;
  const rows = row(words.highestNormals, evidence.normals) + row(words.lowestCases, evidence.abnormals);
  return rows === '' ? '' : `<table><tbody>${rows}</tbody></table><p class="note">${words.noPictures}</p>`;
}

function details({ calibration, facts, language, appVersion, createdAt }: CardContent): string {
  const words = cardWords(language);
  const { percent } = figuresIn(language);
  const { method } = facts;
  const mixture = method
    ? anomalyTasks.map((task) => `${words.tasks[task]} ${percent(method.mixture[task])}`).join(', ')
    : words.notKept;
  const prompts = method
    ? words.promptsAre(
        method.phrases.normal.length,
        method.phrases.abnormal.length,
        method.textAttention,
        method.phrasePosition,
        method.sharedContext,
      )
    : words.notKept;
  const rows: [string, string][] = [
    [words.model, `${calibration.modelName}, SHA-256 ${calibration.modelSha256}`],
    [words.mixture, mixture],
    [words.prompts, prompts],
    [words.preparation, facts.preprocessing],
    [words.precision, facts.precision],
    [words.pictures, facts.imagesSha256 || words.notKept],
    [words.profile, facts.profileSha256],
    [words.identity, calibration.id],
    [words.software, words.softwareIs(calibration.appVersion, appVersion, moment(createdAt))],
    ...(calibration.origin === '' ? [] : [[words.origin, calibration.origin] as [string, string]]),
  ];
  return `<section class="details"><h2>${words.howMade}</h2>${definitions(rows)}</section>`;
}

const STYLE = `
.origins { display: grid; grid-template-columns: 1fr 1fr; gap: 8mm; margin-top: 4mm }
.state.inactive, .state.retired { border-color: #5b6570; color: #5b6570 }
.figures { grid-template-columns: repeat(4, 1fr); gap: 3mm 4mm; margin-bottom: 3mm }
.figures dt, .figures span { font-size: 8pt; color: #5b6570 }
.figures b { font-weight: 600; font-size: 11pt }
.cannot { color: #a11; font-weight: 600 }
.plots { display: grid; grid-template-columns: 1fr 44mm; gap: 8mm; margin-top: 3mm; break-inside: avoid }
figcaption, caption { font-weight: 600; font-size: 9pt; text-align: left; margin-bottom: 1mm }
.histogram p { margin: 1mm 0 0.5mm; font-size: 8pt; color: #5b6570 }
.histogram svg { display: block; width: 100%; height: 11mm; background: #f3f5f7 }
.histogram line { stroke: #1d4e63; stroke-width: 2; vector-effect: non-scaling-stroke }
.histogram .ends { display: flex; justify-content: space-between }
.ends span { color: #1d4e63 }
.below { fill: #8a939c }
.above { fill: #b3431e }
.roc svg { display: block; width: 100% }
.roc rect { fill: #f3f5f7; stroke: #aab2bb }
.roc line { stroke: #aab2bb; stroke-dasharray: 3 4 }
.roc polyline { fill: none; stroke: #1d4e63; stroke-width: 2.5; stroke-linejoin: round }
table { break-inside: avoid }
.sensitivity { margin-top: 4mm }
.range { color: #5b6570; font-size: 8pt; margin-left: 1mm }
.details { break-inside: avoid }
.details dl { font-size: 8.5pt }`;
