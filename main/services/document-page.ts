/** What printed documents have in common: an A4 page of HTML with its fonts, its footer, and the style of both. */
import type { ReportLanguage } from '../../preload/contract/model.ts';
import { REPORT_FONT_FAMILIES, reportFonts } from './report-fonts.ts';

/**
 * A page that loads nothing and runs nothing, and the fonts that it needs.
 * @param elsewhere text outside of the body that needs its fonts
 * @param style what the document adds to the common style
 */
export async function documentPage({
  language,
  title,
  body,
  elsewhere,
  style,
}: {
  readonly language: ReportLanguage;
  readonly title: string;
  readonly body: string;
  readonly elsewhere: string;
  readonly style: string;
}): Promise<{ readonly html: string; readonly fonts: string }> {
  const fonts = await reportFonts(body + title + elsewhere);
  const html = `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><title>${text(title)}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'">
<style>${fonts}\n${STYLE}\n${style}</style></head><body>
${body}
</body></html>`;
  return { html, fonts };
}

/** Print footers know no style of the page, so they bring their own. */
export function documentFooter({
  left,
  warning,
  appVersion,
  pageNumber,
}: {
  readonly left: string;
  readonly warning: string;
  readonly appVersion: string;
  /** HTML */
  readonly pageNumber: string;
}): string {
  return `<div style="width:100%;margin:0 16mm;font:7pt ${REPORT_FONT_FAMILIES.replaceAll('"', "'")};color:#555;display:flex;justify-content:space-between">
<span>${text(left)}</span>
<span style="color:#a11;font-weight:600">${warning}</span>
<span>MediCLIP Workstation ${text(appVersion)}${pageNumber}</span></div>`;
}

export function definitions(rows: readonly (readonly [string, string])[]): string {
  return `<dl>${rows.map(([term, value]) => `<dt>${term}</dt><dd dir="auto">${text(value) || '–'}</dd>`).join('')}</dl>`;
}

/** Escapes what came from files and people. */
export function text(value: string): string {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

export const moment = (iso: string) => iso.replace(/^(.{10})T(.{5}).*$/, '$1 $2 UTC');

/** Figures as the language writes them. */
export function figuresIn(language: ReportLanguage) {
  const decimal = (value: number, digits?: number) =>
    value.toLocaleString(language, {
      minimumFractionDigits: digits ?? 0,
      maximumFractionDigits: digits ?? 1,
      useGrouping: false,
    });
  const score = (value: number) => decimal(value, 3);
  const pValue = (value: number | null) => (value === null ? '–' : score(value));
  const percent = (share: number) => share.toLocaleString(language, { style: 'percent', maximumFractionDigits: 1 });
  return { decimal, score, pValue, percent };
}

const STYLE = `
@page { size: A4; margin: 16mm 16mm 20mm }
* { box-sizing: border-box }
body { margin: 0; font: 9.5pt/1.45 ${REPORT_FONT_FAMILIES}; color: #16191d; -webkit-print-color-adjust: exact }
h1 { font-size: 17pt; font-weight: 600; letter-spacing: -0.01em; margin: 0 }
h2 { font-size: 11pt; font-weight: 600; margin: 7mm 0 2mm; break-after: avoid }
p { margin: 0 0 2mm }
header { display: flex; justify-content: space-between; border-bottom: 0.6mm solid #1d4e63; padding-bottom: 3mm }
.product { margin: 0; color: #1d4e63; font-weight: 600; letter-spacing: 0.02em }
.right { text-align: right }
.state { font-weight: 600; border: 0.3mm solid #2c6e49; color: #2c6e49; border-radius: 1mm; padding: 0.4mm 2mm }
.state.draft { border-color: #8a5a00; color: #8a5a00 }
.warning { color: #a11; font-weight: 600; margin: 2mm 0 0 }
dl { display: grid; grid-template-columns: max-content 1fr; align-content: start; gap: 0.8mm 4mm; margin: 0 }
dt { color: #5b6570 }
dd { text-align: left; margin: 0; overflow-wrap: anywhere }
.note { color: #5b6570; font-size: 8pt; margin: 2mm 0 0 }
figure { margin: 0; break-inside: avoid }
figcaption { font-size: 8.5pt; color: #333 }
table { width: 100%; border-collapse: collapse; margin-top: 2mm; font-variant-numeric: tabular-nums; font-size: 8.5pt }
th { text-align: left; font-weight: 600; color: #5b6570; border-bottom: 0.2mm solid #aab2bb; padding: 1mm 2mm 1mm 0 }
td { border-bottom: 0.1mm solid #dde1e6; padding: 1mm 2mm 1mm 0; vertical-align: top }`;
