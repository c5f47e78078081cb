/** From a signed report to objects that outside tools read, over sources of every kind. */
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import FhirValidator from '@asymmetrik/fhir-json-schema-validator';
import sharp from 'sharp';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Finding } from '../../preload/contract/model.ts';
import { type AddendumRequest, exportFormats, type LinkedMeasurement } from '../../preload/contract/results.ts';
import { brightnessEngine } from '../../tests/support/brightness-engine.ts';
import {
  dcentvfyErrors,
  dciodvfyErrors,
  hasPixelMed,
  hasPydicom,
  srValidatorErrors,
  unreadable,
} from '../../tests/support/dicom-tools.ts';
import { writePhantomStudy } from '../../tests/support/phantom-studies.ts';
import { writePlainImages } from '../../tests/support/plain-images.ts';
import { REPORT_TEXT, type SignedStudy, signedStudy } from '../../tests/support/signed-study.ts';
import { freshFolder } from '../../tests/support/store.ts';
import { testJob, testWorkstation } from '../../tests/support/workstation.ts';
import { Fault } from '../fault.ts';
import { run } from '../runtime/command.ts';
import { isOnPath } from '../runtime/debian.ts';
import { listAudit } from '../store/audit.ts';
import { openStore } from '../store/store.ts';
import { openLatestAnalysis } from './analysis.ts';
import { putAnnotation } from './annotations.ts';
import { type ExportedFile, exportResults } from './exports.ts';
import { reportedFindings } from './finding-sentences.ts';
import { decide, linkFinding } from './findings.ts';
import { importPaths } from './import.ts';
import { addAddendum, openReport } from './reports.ts';
import { frameKey, frameTitles, openStudy } from './worklist.ts';
import type { PrintableDocument, Workstation } from './workstation.ts';

const realFiles = join(import.meta.dirname, '../../../shared/data/dicom');
/** Kind and path of a real file of it. */
const REAL: readonly (readonly [string, string])[] = [
  ['CT', 'pydicom/CT_small.dcm'],
  ['MR', 'pydicom/MR_small.dcm'],
  ['CR', 'dicomdirtests/77654033/CR3/6278'],
  ['US, colour', 'pydicom/examples_rgb_color.dcm'],
  ['US, multi-frame', 'pydicom/examples_ybr_color.dcm'],
  ['Secondary Capture', 'pydicom/SC_rgb_gdcm_KY.dcm'],
  ['NM, multi-frame, lossy', 'pydicom/JPEG-lossy.dcm'],
  ['Enhanced CT, multi-frame', 'cornerstone/CT0012.fragmented_no_bot_jpeg_baseline.51.dcm'],
];

const station = (): Workstation =>
  testWorkstation(brightnessEngine, { print: async () => Buffer.from('%PDF-1.7 of a test') });

/** Odd attributes of a source, and a line of what becomes of them. */
const ODDITIES: readonly (readonly [Record<string, unknown>, string])[] = [
  [{ PatientID: 'X'.repeat(70) }, `[${'X'.repeat(64)}]`],
  [{ PatientName: `${'N'.repeat(70)}^A` }, 'N'.repeat(64)],
  [{ PatientAge: '45 years', PatientWeight: '70,5' }, '(no value available)'],
  [{ StudyID: 'A-study-ID-beyond-16', AccessionNumber: 'ACC\\OTHER' }, '[ACC]'],
  [{ IssuerOfPatientID: 'I'.repeat(70), StudyDescription: 'Kopf\\nativ' }, '[Kopf]'],
  [{ PatientIdentityRemoved: 'YES', DeidentificationMethod: 'y'.repeat(80) }, 'YES'],
  [{ StudyDate: '2026.01.01', StudyTime: '25:00', PatientBirthDate: '1970' }, 'StudyDate'],
  [{ PatientSex: 'W', ReferringPhysicianName: 'Who^^^^^^' }, 'PatientSex'],
];

/** Tag and value representation as explicit little endian has them. */
const PIXEL_SPACING = Buffer.from('\x28\x00\x30\x00DS', 'latin1');

interface FhirMeasurement {
  readonly resource: { readonly valueQuantity: { readonly value: number } };
}

/** All objects of the files' report, then its next version's documents with the note on the first. */
async function exported(paths: readonly string[], change: Partial<Workstation> = {}): Promise<readonly ExportedFile[]> {
  const from = { ...station(), ...change };
  const { studyInstanceUid, findings } = await signedStudy(from, paths);
  const formats = ['sr', 'seg', 'pmap', 'sc', 'epdf'] as const;
  const first = await exportResults(from, studyInstanceUid, freshFolder(), formats, testJob());
  const withdrawn = [findings[0]?.id ?? ''];
  addAddendum(from, { studyInstanceUid, text: 'Artefact.', withdrawn, reason: 'quality' });
  const second = await exportResults(from, studyInstanceUid, freshFolder(), ['sr', 'epdf'], testJob());
  expect(new Set(first.map(({ format }) => format))).toEqual(new Set(formats));
  expect(second.map(({ format }) => format)).toEqual(['sr', 'epdf', 'kos']);
  return [...first, ...second];
}

/** A path below realFiles, wherever the folder has it. */
const real = (path: string) =>
  [join(realFiles, path), join(realFiles, 'pydicom', path)].find((file) => existsSync(file));

describe.runIf(isOnPath('dciodvfy'))('objects over a source of', () => {
  it.each([
    ['CT', 'ct-head'],
    ['MR', 'mr-brain'],
    ['DX', 'radiograph-chest'],
  ] as const)('phantom %s have no errors for dciodvfy, and every reader reads them', async (_, kind) => {
    const { paths } = writePhantomStudy(freshFolder(), { number: 1, kind, slices: 2 });
    await expectValid(await exported(paths));
  });

  it('several images at one position, as of a dynamic series, tell their frames apart', async () => {
    const samePlace = { ImagePositionPatient: ['0', '0', '0'] };
    await expectValid(await exported(writePlainImages(freshFolder(), [samePlace, samePlace, samePlace])));
  });

  it('an image with odd attributes of every kind are valid all the same', async () => {
    const odd = Object.assign({}, ...ODDITIES.map(([change]) => change));
    const files = await exported(writePlainImages(freshFolder(), [odd]), { user: 'WARD\\müller' });
    await expectValid(files);
    const text = await dump(files.find(({ format }) => format === 'sr')?.path ?? '');
    for (const [, says] of ODDITIES) expect(text).toContain(says);
    expect(text).toContain('WARD/müller');
  });

  it('two series in frames of reference of their own give each its own series of results', async () => {
    const other = { SeriesInstanceUID: '1.2.3.4.2', FrameOfReferenceUID: '1.2.3.4.10' };
    await expectValid(await exported(writePlainImages(freshFolder(), [{}, other])));
  });

  it.for(REAL)(
    'real %s have no errors for dciodvfy, and every reader reads them',
    { timeout: 300_000 },
    async ([, path], { skip }) => {
      const file = real(path);
      if (!file) return skip('../shared/data is not there');
      await expectValid(await exported([file]));
    },
  );
});

async function expectValid(files: readonly ExportedFile[]): Promise<void> {
  expect(await unreadable(files)).toEqual([]);
  const errors = await Promise.all(files.map(async ({ path, format }) => [format, await dciodvfyErrors(path)]));
  expect(errors).toEqual(files.map(({ format }) => [format, []]));
  expect(await dcentvfyErrors(files.map(({ path }) => path))).toEqual([]);
}

/** What dcmdump prints of a file. */
const dump = async (path: string) => (await run('dcmdump', ['+L', path])).output;

/** A CT phantom of three slices, with the brightest finding accepted and all others rejected. */
async function signedPhantom(from: Workstation) {
  const { paths } = writePhantomStudy(freshFolder(), { number: 1, slices: 3 });
  return await signedStudy(from, paths, (_, place) => place === 0 || place === 1);
}

describe('what leaves', () => {
  it.runIf(hasPixelMed)(
    'is a report, and a note on its first version, without errors for PixelMed',
    async () => {
      const from = station();
      const { studyInstanceUid, findings } = await signedPhantom(from);
      const to = freshFolder();
      await exportResults(from, studyInstanceUid, to, ['sr', 'seg'], testJob());
      const [, withdrawn] = findings;
      addAddendum(from, { studyInstanceUid, text: 'Artefact.', withdrawn: [withdrawn?.id ?? ''], reason: 'quality' });
      const files = await exportResults(from, studyInstanceUid, to, ['sr', 'seg'], testJob());
      const documents = files.filter(({ format }) => format !== 'seg');
      expect(documents.map(({ format }) => format)).toEqual(['sr', 'kos']);
      expect(await Promise.all(documents.map(({ path }) => srValidatorErrors(path)))).toEqual([[], []]);
    },
    240_000,
  );

  it.runIf(isOnPath('dcmdump'))('is what was accepted, under the warning, and nothing that was rejected', async () => {
    const from = station();
    const { studyInstanceUid, findings } = await signedPhantom(from);
    const files = await exportResults(from, studyInstanceUid, freshFolder(), exportFormats, testJob());
    const kinds = new Set(files.map(({ format }) => format));
    expect(kinds).toEqual(new Set(exportFormats));
    const texts = await Promise.all(
      files.map(async ({ path, sopInstanceUid, format }) => ({
        format,
        text: sopInstanceUid ? await dump(path) : readFileSync(path, 'latin1'),
      })),
    );
    const read = texts.filter(({ format }) => !['pdf', 'png'].includes(format));
    for (const { text, format } of read) expect([format, /not for diagnostic use/i.test(text)]).toEqual([format, true]);
    const computed = read.filter(({ text }) => text.includes('computed on cpu, none') || text.includes('"cpu, none"'));
    expect(new Set(computed.map(({ format }) => format))).toEqual(
      new Set(['sr', 'seg', 'pmap', 'fhir', 'csv', 'json']),
    );
    const [first, second, ...rejected] = findings;
    const report = texts.find(({ format }) => format === 'sr')?.text ?? '';
    for (const finding of [first, second]) expect(report).toContain(finding?.comment);
    const { indication, technique, findings: described } = REPORT_TEXT;
    for (const words of [indication, technique, described, 'Nothing else.']) expect(report).toContain(words);
    expect(rejected.length).toBeGreaterThan(0);
    for (const { text, format } of read)
      for (const finding of rejected)
        expect([format, text.includes(`${finding.comment}]`), text.includes(finding.id)]).toEqual([
          format,
          false,
          false,
        ]);
  });

  it('says how long the reader measured a finding, in the same words and figures everywhere', async () => {
    const printed: PrintableDocument[] = [];
    const from = testWorkstation(brightnessEngine, {
      print: async (document) => {
        printed.push(document);
        return Buffer.from('%PDF-1.7 of a test');
      },
    });
    const { paths } = writePhantomStudy(freshFolder(), { number: 1, slices: 3 });
    // 12 pixels to the right and 5 down.
    const points = [10, 10, 22, 15];
    const measureFirst = ({ studyInstanceUid, findings: [first] }: SignedStudy) => {
      const { sopInstanceUid, frame } = first!;
      putAnnotation(from, { studyInstanceUid, annotation: { id: 'm', tool: 'length', sopInstanceUid, frame, points } });
      linkFinding(from, { findingId: first!.id, measurementId: 'm' });
    };
    const { studyInstanceUid, findings } = await signedStudy(from, paths, (_, place) => place < 2, measureFirst);
    const frame = openStudy(from.store.db, studyInstanceUid, []).series[0]?.frames[0];
    const [rows, columns] = frame?.pixelSpacing ?? [Number.NaN, Number.NaN];
    const mm = Number(Math.hypot(12 * columns, 5 * rows).toFixed(3));
    const sentences = reportedFindings(from, studyInstanceUid, 'de'); // signed in English: it stays so
    const { sentence, number } = sentences.find(({ findingId }) => findingId === findings[0]?.id)!;
    expect(sentence).toContain(`region of ${Number(mm.toFixed(1))} mm long, p = `);
    expect(sentence).toContain('Comment 1');

    const to = freshFolder();
    const files = await exportResults(from, studyInstanceUid, to, ['sr', 'fhir', 'json', 'csv', 'pdf'], testJob());
    const pathOf = (format: string) => files.find((file) => file.format === format)?.path ?? '';
    expect(printed[0]?.html).toContain(`<li value="${number}" dir="auto">${sentence}</li>`);
    expect(printed[0]?.html).toContain(`<td>${Number(mm.toFixed(1))} mm long</td>`);
    for (const format of ['json', 'csv']) expect(readFileSync(pathOf(format), 'utf8')).toContain(sentence);
    const { entry } = JSON.parse(readFileSync(pathOf('fhir'), 'utf8'));
    expect(entry[0].resource.conclusion).toContain(sentence);
    const observation = entry.find(
      ({ resource }: { resource: { code?: { text: string } } }) => resource.code?.text === `Finding ${number}`,
    ).resource;
    expect(observation.note).toContainEqual({ text: sentence });
    const length = observation.component.find(
      ({ code }: { code: { coding: { code: string }[] } }) => code.coding[0]?.code === '410668003',
    );
    expect(length.valueQuantity).toMatchObject({ value: mm, code: 'mm', system: 'http://unitsofmeasure.org' });
    if (isOnPath('dsrdump')) {
      const { output } = await run('dsrdump', ['+Pl', '+Pc', pathOf('sr')]);
      const group = output.split('Measurement Group').find((part) => part.includes(sentence)) ?? '';
      expect(group).toContain(`NUM:(410668003,SCT,"Length")="${mm}" (mm,UCUM,"millimeter")`);
      expect(group).toContain('inferred from SCOORD:(121055,DCM,"Path")=(POLYLINE,10/10,22/15)');
    }
    if (isOnPath('dciodvfy')) expect(await dciodvfyErrors(pathOf('sr'))).toEqual([]);
    if (hasPixelMed) expect(await srValidatorErrors(pathOf('sr'))).toEqual([]);
  }, 240_000);

  it('says everywhere that sizes hold on the detector where the file gives its spacing alone', async () => {
    const printed: PrintableDocument[] = [];
    const from = testWorkstation(brightnessEngine, {
      print: async (document) => {
        printed.push(document);
        return Buffer.from('%PDF-1.7 of a test');
      },
    });
    const paths = writePlainImages(freshFolder(), [{ PixelSpacing: [], ImagerPixelSpacing: ['0.5', '0.5'] }]);
    const measureBeside = ({ studyInstanceUid, findings: [first] }: SignedStudy) => {
      const { sopInstanceUid, frame } = first!;
      const annotation = { id: 'm', tool: 'length', sopInstanceUid, frame, points: [10, 10, 22, 10] } as const;
      putAnnotation(from, { studyInstanceUid, annotation });
    };
    const { studyInstanceUid } = await signedStudy(from, paths, () => true, measureBeside);
    expect(openStudy(from.store.db, studyInstanceUid, []).series[0]?.frames[0]).toMatchObject({
      pixelSpacing: [0.5, 0.5],
      spacingAtDetector: true,
    });
    const formats = ['sr', 'seg', 'pmap', 'fhir', 'json', 'csv', 'pdf'] as const;
    const files = await exportResults(from, studyInstanceUid, freshFolder(), formats, testJob());
    const read = (format: string) => readFileSync(files.find((file) => file.format === format)?.path ?? '');
    const { findings, measurements } = JSON.parse(read('json').toString());
    expect([...findings, ...measurements].map(({ lengths }) => lengths)).toEqual(['detector', 'detector']);
    expect(findings[0].sentence).toMatch(/region of [\d.]+ mm, [\d,]+ mm² \(detector\)/);
    expect(measurements[0].measured).toMatchObject({ value: 6, unit: 'mm', atDetector: true });
    expect(
      read('csv')
        .toString()
        .match(/,detector(?=[,\r])/g),
    ).toHaveLength(2);
    expect(printed[0]?.html).toMatch(/<td>[\d.]+ mm \(detector\)<\/td>\s*<td>\d+ mm² \(detector\)<\/td>/);
    expect(printed[0]?.html).toContain('<td>6 mm (detector) long</td>');
    const said = /hold on the detector/g;
    expect(read('fhir').toString().match(said)).toHaveLength(2);
    expect(read('sr').toString('latin1').match(said)).toHaveLength(2);

    // Pixel Spacing is a distance in the patient: objects on the image's pixels have none, and a map says why.
    const objects = files.filter(({ format }) => ['seg', 'pmap'].includes(format));
    expect(objects).toHaveLength(3);
    for (const { format, path } of objects) {
      const bytes = readFileSync(path);
      expect(bytes.includes(PIXEL_SPACING), path).toBe(false);
      expect(bytes.includes('detector alone (Imager Pixel Spacing)'), path).toBe(format === 'pmap');
    }
    if (isOnPath('dciodvfy')) await expectValid(objects);
  });

  it('places a map by the spacing in the patient where the file gives that', async () => {
    const from = testWorkstation(brightnessEngine);
    const spacing = { PixelSpacing: ['0.4', '0.4'], ImagerPixelSpacing: ['0.5', '0.5'] };
    const { studyInstanceUid } = await signedStudy(from, writePlainImages(freshFolder(), [spacing]));
    const files = await exportResults(from, studyInstanceUid, freshFolder(), ['seg', 'pmap'], testJob());
    for (const { path } of files) {
      const bytes = readFileSync(path);
      expect(bytes.includes(Buffer.concat([PIXEL_SPACING, Buffer.from('\x08\x000.4\\0.4 ', 'latin1')])), path).toBe(
        true,
      );
      expect(bytes.includes('detector alone'), path).toBe(false);
    }
  });

  it('tells what the reader measured beside the findings, in every form, and shows no image with an undecided one', async () => {
    const printed: PrintableDocument[] = [];
    const from = testWorkstation(brightnessEngine, {
      print: async (document) => {
        printed.push(document);
        return Buffer.from('%PDF-1.7 of a test');
      },
    });
    const { paths } = writePhantomStudy(freshFolder(), { number: 1, slices: 3 });
    let undecided: Finding | undefined;
    const prepare = ({ studyInstanceUid, findings }: SignedStudy) => {
      const [accepted] = findings;
      undecided = findings.find((finding) => finding.sopInstanceUid !== accepted?.sopInstanceUid);
      for (const { id, sopInstanceUid } of findings)
        if (sopInstanceUid === undecided?.sopInstanceUid)
          decide(from, { findingId: id, decision: 'open', comment: '' });
      const { sopInstanceUid, frame } = accepted!;
      const on = { sopInstanceUid, frame };
      const measurements = [
        { id: 'length', tool: 'length', points: [10, 10, 22, 15] },
        { id: 'angle', tool: 'angle', points: [10, 10, 20, 10, 20, 30] },
        { id: 'ellipse', tool: 'ellipse', points: [20, 30, 20, 10, 15, 20, 25, 20] },
        { id: 'rectangle', tool: 'rectangle', points: [10, 10, 20, 10, 10, 30, 20, 30] },
        { id: 'probe', tool: 'probe', points: [12, 12] },
      ] as const;
      for (const one of measurements) putAnnotation(from, { studyInstanceUid, annotation: { ...one, ...on } });
    };
    const { studyInstanceUid } = await signedStudy(from, paths, (_, place) => place === 0, prepare);
    const to = freshFolder();
    const files = await exportResults(from, studyInstanceUid, to, ['sr', 'fhir', 'json', 'csv', 'pdf'], testJob());
    const read = (format: string) => readFileSync(files.find((file) => file.format === format)?.path ?? '', 'utf8');

    const { measurements, images } = JSON.parse(read('json'));
    const said = measurements.map(({ measured }: { measured: LinkedMeasurement }) => [
      measured.quantity,
      measured.value,
    ]);
    expect(new Map(said).get('angle')).toBe(90);
    expect(measurements).toHaveLength(4);
    expect(read('csv').match(/,measurement,/g)).toHaveLength(4);
    const { entry } = JSON.parse(read('fhir'));
    expect(new FhirValidator().validate(JSON.parse(read('fhir')))).toEqual([]);
    const observed = entry.filter(({ resource }: { resource: { valueQuantity?: object } }) => resource.valueQuantity);
    expect(observed.map(({ resource }: FhirMeasurement) => resource.valueQuantity.value)).toEqual(
      measurements.map(({ measured }: { measured: LinkedMeasurement }) => measured.value),
    );
    const [section = ''] = /<section class="measurements">.*?<\/section>/s.exec(printed[0]?.html ?? '') ?? [];
    expect(section.match(/<tr><td>\d/g)).toHaveLength(4);
    expect(section).toContain('an angle of 90°');

    const title = frameTitles(from.store.db, studyInstanceUid).get(frameKey(undecided!)) ?? '';
    expect(title).not.toBe('');
    expect(printed[0]?.html).not.toContain(title);
    expect(images.map(frameKey)).not.toContain(frameKey({ ...undecided!, frame: undecided!.frame + 1 }));

    const report = files.find(({ format }) => format === 'sr')?.path ?? '';
    if (isOnPath('dsrdump')) {
      const { output } = await run('dsrdump', ['+Pl', '+Pc', report]);
      expect(output).toContain('NUM:(1483009,SCT,"Angle")="90" (deg,UCUM,"degree")');
      expect(output).toContain('(ELLIPSE,20/30,20/10,15/20,25/20)');
      for (const { label, trackingUid } of measurements) {
        expect(output).toContain(`"${label}"`);
        expect(output).toContain(trackingUid);
      }
    }
    if (isOnPath('dciodvfy')) expect(await dciodvfyErrors(report)).toEqual([]);
    if (hasPixelMed) expect(await srValidatorErrors(report)).toEqual([]);
  }, 240_000);

  it('is not there before the signature, save a draft without findings', async () => {
    const from = station();
    const { paths } = writePhantomStudy(freshFolder(), { number: 1 });
    const { studies } = await importPaths(from, paths, testJob());
    const to = freshFolder();
    for (const format of exportFormats.filter((name) => name !== 'pdf'))
      await expect(exportResults(from, studies[0] ?? '', to, [format], testJob())).rejects.toMatchObject({
        code: 'not-allowed',
      });
    expect(readdirSync(to)).toEqual([]);
    expect(listAudit(from.store.db).at(-1)).toMatchObject({ action: 'results.export', outcome: 'failure' });
  });

  it('is a FHIR bundle by the R4 schema, with a finding for each accepted one', async () => {
    const from = station();
    const { studyInstanceUid } = await signedPhantom(from);
    const bundle = async () => {
      const [file] = await exportResults(from, studyInstanceUid, freshFolder(), ['fhir'], testJob());
      return JSON.parse(readFileSync(file?.path ?? '', 'utf8'));
    };
    const first = await bundle();
    addAddendum(from, { studyInstanceUid, text: 'More <words> & "signs".', withdrawn: [], reason: null });
    const validator = new FhirValidator();
    for (const one of [first, await bundle()]) {
      expect(validator.validate(one)).toEqual([]);
      const types = one.entry.map(({ resource }: { resource: { resourceType: string } }) => resource.resourceType);
      expect(types).toEqual(['DiagnosticReport', 'Patient', 'ImagingStudy', 'Device', 'Observation', 'Observation']);
      const urls = new Set(one.entry.map(({ fullUrl }: { fullUrl: string }) => fullUrl));
      for (const { reference } of one.entry[0].resource.result) expect(urls).toContain(reference);
      const { data } = one.entry[0].resource.presentedForm[0];
      const issued = Buffer.from(data, 'base64').toString();
      for (const words of Object.values(REPORT_TEXT)) expect(issued).toContain(words);
      expect(one.entry[0].resource.conclusion).toContain(REPORT_TEXT.impression);
    }
    expect(validator.validate({ ...first, type: 5 })).not.toEqual([]);
  });

  it.runIf(isOnPath('dcmdump'))(
    'has its own times in the time zone of the images, and claims none that they do not name',
    async () => {
      const moment = new Date('2026-01-01T23:30:00.000Z');
      const times = async (zone: Record<string, unknown>) => {
        const paths = writePlainImages(freshFolder(), [{ StudyTime: '120000', ...zone }]);
        const from = { ...station(), now: () => moment };
        const { studyInstanceUid } = await signedStudy(from, paths);
        const [report] = await exportResults(from, studyInstanceUid, freshFolder(), ['sr'], testJob());
        return await dump(report?.path ?? '');
      };
      const east = await times({ TimezoneOffsetFromUTC: '+0130' });
      expect(east).toMatch(/\[20260102\].*ContentDate/);
      expect(east).toMatch(/\[010000.*\].*ContentTime/);
      expect(east).toMatch(/\[120000\].*StudyTime/);
      expect(east).toMatch(/\[\+0130\].*TimezoneOffsetFromUTC/);
      expect(east).toMatch(/\[20260102010000.*\+0130\].*VerificationDateTime/);
      expect(await times({})).not.toContain('TimezoneOffsetFromUTC');
    },
  );

  it('is made once, though two exports run at once', async () => {
    const from = station();
    const { studyInstanceUid } = await signedPhantom(from);
    const export_ = () => exportResults(from, studyInstanceUid, freshFolder(), ['sr', 'seg', 'sc'], testJob());
    const [one, other] = await Promise.all([export_(), export_()]);
    const bytes = (files: readonly ExportedFile[]) =>
      files.map(({ path, sopInstanceUid }) => [sopInstanceUid, readFileSync(path, 'base64')]);
    expect(bytes(other)).toEqual(bytes(one));
    expect(listAudit(from.store.db).filter(({ action }) => action === 'results.make')).toHaveLength(3);
  });

  it('has another UID where a restored copy of the store was worked on differently', async () => {
    const original = station();
    const { studyInstanceUid, findings } = await signedPhantom(original);
    original.store.db.close();
    const copy = freshFolder();
    cpSync(original.store.folder.root, copy, { recursive: true });
    const reports = [original.store.folder.root, copy].map(async (root, index) => {
      const store = openStore(root);
      onTestFinished(() => store.db.close());
      const from = { ...original, store, now: () => new Date(Date.UTC(2030, 0, 1 + index)) };
      const withdrawn = [findings[index]?.id ?? ''];
      addAddendum(from, { studyInstanceUid, text: 'Artefact.', withdrawn, reason: 'quality' });
      return await exportResults(from, studyInstanceUid, freshFolder(), ['sr', 'seg'], testJob());
    });
    const uids = (await Promise.all(reports)).flat().map(({ sopInstanceUid }) => sopInstanceUid);
    expect(new Set(uids).size).toBe(4);
  });

  it('is the same in every byte when it is exported again', async () => {
    const from = station();
    const { studyInstanceUid } = await signedPhantom(from);
    const bytes = async () => {
      const files = await exportResults(from, studyInstanceUid, freshFolder(), ['sr', 'seg', 'pmap', 'sc'], testJob());
      return files.map(({ path, sopInstanceUid }) => [sopInstanceUid, readFileSync(path, 'base64')]);
    };
    const first = await bytes();
    expect(await bytes()).toEqual(first);
  });
});

describe.runIf(isOnPath('dciodvfy'))('results of a photograph', () => {
  it.each([
    ['colour', 3],
    ['grey', 1],
  ] as const)('in %s leave with the image that they refer to, on a medium too', async (_, channels) => {
    const from = station();
    const path = join(freshFolder(), 'photo.png');
    const pixels = Buffer.alloc(96 * 64 * channels, 30);
    for (let y = 16; y < 40; y++) pixels.fill(230, (y * 96 + 24) * channels, (y * 96 + 56) * channels);
    await sharp(pixels, { raw: { width: 96, height: 64, channels } })
      .png()
      .toFile(path);
    const { studyInstanceUid } = await signedStudy(from, [path]);
    const formats = ['sr', 'seg', 'pmap', 'sc', 'epdf'] as const;
    const files = await exportResults(from, studyInstanceUid, freshFolder(), formats, testJob());
    await expectValid(files);
    const photo = files.find(({ format }) => format === 'photo');
    const text = await dump(files.find(({ format }) => format === 'sr')?.path ?? '');
    expect(text).toContain(`[${photo?.sopInstanceUid}]`);
    const script =
      'import sys, pydicom; p = pydicom.dcmread(sys.argv[1]).pixel_array; print(p[20, 30].max(), p[0, 0].max())';
    const { output } = await run('/usr/bin/python3', ['-W', 'ignore', '-c', script, photo?.path ?? '']);
    expect(output.trim()).toBe('230 30');
    const medium = await exportResults(from, studyInstanceUid, join(freshFolder(), 'cd'), ['sr'], testJob(), 'media');
    expect(medium.map(({ format }) => format).sort()).toEqual(['dicomdir', 'photo', 'sr']);
  });
});

describe('a medium', () => {
  it('has a DICOMDIR that leads to every image and result, here and for outside readers', async () => {
    const from = station();
    const { studyInstanceUid } = await signedPhantom(from);
    const folder = join(freshFolder(), 'cd');
    const files = await exportResults(from, studyInstanceUid, folder, ['sr', 'seg', 'sc', 'epdf'], testJob(), 'media');
    const uids = files.flatMap(({ sopInstanceUid }) => sopInstanceUid ?? []);
    expect(files.filter(({ format }) => format === 'image')).toHaveLength(3);
    const index = join(folder, 'DICOMDIR');
    const other = station();
    const imported = await importPaths(other, [index], testJob());
    // Pictures and documents that are no images of ours: the import says so for the PDF.
    expect(imported.instances + imported.skipped.length).toBe(uids.length);
    expect(imported.instances).toBeGreaterThanOrEqual(3 + 2);
    await expect(exportResults(from, studyInstanceUid, folder, ['sr'], testJob(), 'media')).rejects.toThrow(/empty/);
    if (isOnPath('dcmdump')) for (const uid of uids) expect(await dump(index)).toContain(uid);
    const script = 'import sys, pydicom.fileset as f; print(sorted(i.SOPInstanceUID for i in f.FileSet(sys.argv[1])))';
    if (hasPydicom) {
      const { output } = await run('/usr/bin/python3', ['-W', 'ignore', '-c', script, index]);
      expect(JSON.parse(output.trim().split('\n').at(-1)?.replaceAll("'", '"') ?? '')).toEqual([...uids].sort());
    }
  });
});

describe.runIf(isOnPath('dcmdump'))('an addendum', () => {
  const replaced = async (request: Pick<AddendumRequest, 'withdrawn' | 'reason'> | null) => {
    const from = station();
    const { studyInstanceUid, findings } = await signedPhantom(from);
    const export_ = () => exportResults(from, studyInstanceUid, freshFolder(), ['sr', 'seg', 'sc'], testJob());
    const before = await export_();
    const change = request ?? { withdrawn: [findings[0]?.id ?? ''], reason: 'safety' as const };
    addAddendum(from, { studyInstanceUid, text: 'Looked again.', ...change });
    const after = await export_();
    const of = (files: readonly ExportedFile[], format: string) => files.filter((file) => file.format === format);
    return { before, after, of, from, studyInstanceUid };
  };

  it('that only adds words brings a new report that names its predecessor', async () => {
    const { before, after, of } = await replaced({ withdrawn: [], reason: null });
    const [[old], [new_]] = [of(before, 'sr'), of(after, 'sr')];
    expect(new_?.sopInstanceUid).not.toBe(old?.sopInstanceUid);
    const text = await dump(new_?.path ?? '');
    expect(text).toMatch(new RegExp(`PredecessorDocumentsSequence[^]*${old?.sopInstanceUid}`));
    expect(text).toContain('Looked again.');
    expect(of(after, 'seg').map(({ sopInstanceUid }) => sopInstanceUid)).toEqual(
      of(before, 'seg').map(({ sopInstanceUid }) => sopInstanceUid),
    );
    expect(of(after, 'kos')).toEqual([]);
  });

  it('that takes a finding back replaces regions and pictures, and notes what was rejected and why', async () => {
    const { before, after, of, from, studyInstanceUid } = await replaced(null);
    const [note] = of(after, 'kos');
    const text = await dump(note?.path ?? '');
    expect(text).toContain('Rejected for Patient Safety Reasons');
    expect(text).toMatch(/\[tester\].*PersonName/);
    for (const { sopInstanceUid } of before) expect(text).toContain(sopInstanceUid);
    for (const { sopInstanceUid } of of(after, 'seg')) expect(text).not.toContain(`${sopInstanceUid}]`);
    const segments = async (files: readonly ExportedFile[]) =>
      (await dump(of(files, 'seg')[0]?.path ?? '')).match(/SegmentNumber/g)?.length;
    expect([await segments(before), await segments(after)]).toEqual([4, 2]);
    if (isOnPath('dciodvfy')) for (const { path } of after) expect(await dciodvfyErrors(path)).toEqual([]);
    expect(openLatestAnalysis(from.store, studyInstanceUid)?.findings[0]?.decision).toBe('rejected');
  });

  it('needs a signed report, words, and a reason for what it takes back', async () => {
    const from = station();
    const { studyInstanceUid, findings } = await signedPhantom(from);
    const request = { studyInstanceUid, text: 'Words.', withdrawn: [], reason: null };
    const id = findings[0]?.id ?? '';
    const rejectedId = findings.find(({ decision }) => decision === 'rejected')?.id ?? '';
    for (const wrong of [
      { text: ' ' },
      { withdrawn: [id] },
      { reason: 'quality' as const },
      { withdrawn: [rejectedId], reason: 'quality' as const },
    ])
      expect(() => addAddendum(from, { ...request, ...wrong })).toThrowError(Fault);
    const { studies } = await importPaths(from, writePhantomStudy(freshFolder(), { number: 2 }).paths, testJob());
    expect(() => addAddendum(from, { ...request, studyInstanceUid: studies[0] ?? '' })).toThrowError(/not signed/);
    expect(openReport(from, studyInstanceUid).addenda).toEqual([]);
  });
});
