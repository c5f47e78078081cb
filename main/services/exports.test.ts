/** From a signed report to objects that outside tools read, over sources of every kind. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import FhirValidator from '@asymmetrik/fhir-json-schema-validator';
import { describe, expect, it } from 'vitest';
import { type AddendumRequest, exportFormats } from '../../preload/contract/results.ts';
import { brightnessEngine } from '../../tests/support/brightness-engine.ts';
import { dciodvfyErrors, hasPixelMed, hasPydicom, srValidatorErrors } from '../../tests/support/dicom-tools.ts';
import { writePhantomStudy } from '../../tests/support/phantom-studies.ts';
import { signedStudy } from '../../tests/support/signed-study.ts';
import { freshFolder } from '../../tests/support/store.ts';
import { testJob, testWorkstation } from '../../tests/support/workstation.ts';
import { Fault } from '../fault.ts';
import { run } from '../runtime/command.ts';
import { isOnPath } from '../runtime/debian.ts';
import { listAudit } from '../store/audit.ts';
import { openLatestAnalysis } from './analysis.ts';
import { type ExportedFile, exportResults } from './exports.ts';
import { importPaths } from './import.ts';
import { addAddendum, openReport } from './reports.ts';
import type { Workstation } from './workstation.ts';

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

async function exported(from: Workstation, paths: readonly string[]): Promise<readonly ExportedFile[]> {
  const { studyInstanceUid } = await signedStudy(from, paths);
  const formats = ['sr', 'seg', 'pmap', 'sc', 'epdf'] as const;
  return await exportResults(from, studyInstanceUid, join(freshFolder(), 'out'), formats, testJob());
}

/** A path below realFiles, wherever the folder has it. */
const real = (path: string) =>
  [join(realFiles, path), join(realFiles, 'pydicom', path)].find((file) => existsSync(file));

describe.runIf(isOnPath('dciodvfy'))('objects over a source of', () => {
  it.each([
    ['CT', 'ct-head'],
    ['MR', 'mr-brain'],
    ['DX', 'radiograph-chest'],
  ] as const)('phantom %s have no errors for dciodvfy', async (_, kind) => {
    const { paths } = writePhantomStudy(freshFolder(), { number: 1, kind, slices: 2 });
    await expectValid(await exported(station(), paths));
  });

  it.for(REAL)('real %s have no errors for dciodvfy', async ([, path], { skip }) => {
    const file = real(path);
    if (!file) return skip('../shared/data is not there');
    await expectValid(await exported(station(), [file]));
  });
});

async function expectValid(files: readonly ExportedFile[]): Promise<void> {
  expect(new Set(files.map(({ format }) => format))).toEqual(new Set(['sr', 'seg', 'pmap', 'sc', 'epdf']));
  const errors = await Promise.all(files.map(async ({ path, format }) => [format, await dciodvfyErrors(path)]));
  expect(errors).toEqual(files.map(({ format }) => [format, []]));
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
    const [first, second, ...rejected] = findings;
    const report = texts.find(({ format }) => format === 'sr')?.text ?? '';
    for (const finding of [first, second]) expect(report).toContain(finding?.comment);
    expect(rejected.length).toBeGreaterThan(0);
    for (const { text, format } of read)
      for (const finding of rejected)
        expect([format, text.includes(`${finding.comment}]`), text.includes(finding.id)]).toEqual([
          format,
          false,
          false,
        ]);
  });

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
    }
    expect(validator.validate({ ...first, type: 5 })).not.toEqual([]);
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
