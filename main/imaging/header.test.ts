import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readHeader } from './header.ts';
import { dicomFile, type FileForm, imageElements } from './samples.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mediclip-header-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function store(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

describe('readHeader of DICOM', () => {
  const described = imageElements([
    [0x00080005, 'CS', 'ISO_IR 100'],
    [0x00080008, 'CS', 'ORIGINAL\\PRIMARY\\AXIAL'],
    [0x00080020, 'DA', '20260102'],
    [0x00080030, 'TM', '101112.5'],
    [0x00080050, 'SH', 'A-77'],
    [0x00080070, 'LO', 'Fiction Works'],
    [0x00081030, 'LO', 'Sch\xe4del nativ'],
    [0x0008103e, 'LO', 'axial 5 mm'],
    [0x00100030, 'DA', '19700101'],
    [0x00100040, 'CS', 'O'],
    [0x00180015, 'CS', 'HEAD'],
    [0x00180050, 'DS', '5.0'],
    [0x00181030, 'LO', 'Head routine'],
    [0x00200011, 'IS', '3'],
    [0x00200032, 'DS', '-10.5\\20\\30.25'],
    [0x00200037, 'DS', '1\\0\\0\\0\\1\\0'],
    [0x00280030, 'DS', '0.5\\0.4'],
    [0x00280120, 'SS', -2000],
    [0x00281050, 'DS', '40\\400'],
    [0x00281051, 'DS', '80\\1800'],
    [0x00281052, 'DS', '-1024'],
    [0x00281053, 'DS', '2'],
    [0x00281055, 'LO', 'BRAIN\\BONE'],
  ]);

  const forms: [string, FileForm][] = [
    ['explicit little endian', {}],
    ['implicit little endian', { encoding: 'implicit-little' }],
    ['explicit big endian', { encoding: 'explicit-big' }],
    ['without preamble', { preamble: false }],
    ['without file meta information', { meta: false }],
    ['implicit without file meta information', { meta: false, encoding: 'implicit-little' }],
    ['explicit although it declares implicit', { transferSyntax: '1.2.840.10008.1.2' }],
  ];

  it.each(forms)('reads every field, %s', async (name, form) => {
    const header = await readHeader(store(`${name}.dcm`, dicomFile(described, form)));
    expect(header).toMatchObject({
      source: 'dicom',
      derivedUids: false,
      patient: { name: 'Phantom^Fictional', id: 'F-1', birthDate: '19700101', sex: 'O' },
      study: {
        uid: '2.25.1',
        date: '20260102',
        time: '101112.5',
        description: 'Schädel nativ',
        accessionNumber: 'A-77',
      },
      series: {
        uid: '2.25.2',
        number: 3,
        modality: 'CT',
        bodyPart: 'HEAD',
        description: 'axial 5 mm',
        manufacturer: 'Fiction Works',
        protocol: 'Head routine',
        technique: '',
      },
      instance: { uid: '2.25.3', number: 7, imageType: ['ORIGINAL', 'PRIMARY', 'AXIAL'] },
      image: {
        rows: 2,
        columns: 3,
        frames: 1,
        photometric: 'MONOCHROME2',
        bitsAllocated: 16,
        bitsStored: 16,
        signed: true,
        position: [-10.5, 20, 30.25],
        orientation: [1, 0, 0, 0, 1, 0],
        pixelSpacing: { row: 0.5, column: 0.4, plane: 'patient' },
        sliceThickness: 5,
        windows: [
          { center: 40, width: 80, explanation: 'BRAIN' },
          { center: 400, width: 1800, explanation: 'BONE' },
        ],
        rescale: { slope: 2, intercept: -1024 },
        padding: { from: -2000, to: -2000 },
        lossy: false,
      },
    });
  });

  it('does not read the pixels of a large file to know its header', async () => {
    const pixels = new Uint8Array(400_000);
    const elements = imageElements([
      [0x00280010, 'US', 400],
      [0x00280011, 'US', 500],
      [0x7fe00010, 'OW', pixels],
    ]);
    const header = await readHeader(store('large.dcm', dicomFile(elements)));
    expect(header.image).toMatchObject({ rows: 400, columns: 500 });
  });

  it('reads a header longer than the first part of the file', async () => {
    const elements = imageElements([[0x00290010, 'OB', new Uint8Array(300_000)]]);
    expect((await readHeader(store('private.dcm', dicomFile(elements)))).instance.uid).toBe('2.25.3');
  });

  it('takes the attributes of an enhanced image from its functional groups', async () => {
    const measures = [
      [
        [0x00180050, 'DS', '3'],
        [0x00280030, 'DS', '0.7\\0.7'],
      ],
    ] as const;
    const elements = imageElements([
      [0x00280008, 'IS', '2'],
      [0x7fe00010, 'OW', new Uint8Array(24)],
      [0x52009229, 'SQ', [[[0x00289110, 'SQ', measures]]]],
      [
        0x52009230,
        'SQ',
        [
          [[0x00209113, 'SQ', [[[0x00200032, 'DS', '1\\2\\3']]]]],
          [[0x00209113, 'SQ', [[[0x00200032, 'DS', '1\\2\\6']]]]],
        ],
      ],
    ]);
    const { image } = await readHeader(store('enhanced.dcm', dicomFile(elements)));
    expect(image).toMatchObject({ frames: 2, position: [1, 2, 3], sliceThickness: 3, pixelSpacing: { row: 0.7 } });
  });

  it('derives the UIDs that are absent, the same every time', async () => {
    const bytes = dicomFile(
      imageElements([
        [0x0020000d, 'UI', null],
        [0x00080018, 'UI', null],
      ]),
    );
    const first = await readHeader(store('anonymous-1.dcm', bytes));
    const second = await readHeader(store('anonymous-2.dcm', bytes));
    expect(first.derivedUids).toBe(true);
    expect(first.study.uid).toMatch(/^2\.25\.\d{30,39}$/);
    expect([second.study.uid, second.instance.uid]).toEqual([first.study.uid, first.instance.uid]);
    expect(first.series.uid).toBe('2.25.2');
  });

  it('reads a report as an instance without image', async () => {
    const report = dicomFile(
      imageElements([
        [0x7fe00010, 'OW', null],
        [0x00080060, 'CS', 'SR'],
      ]),
    );
    expect((await readHeader(store('report.dcm', report))).image).toBeNull();
  });
});

describe('readHeader of photographs', () => {
  const png = sharp({ create: { width: 5, height: 4, channels: 3, background: '#808080' } }).png();

  it('derives identity from content and the study from the folder', async () => {
    const bytes = await png.clone().toBuffer();
    const one = await readHeader(store('one.png', bytes));
    const copy = await readHeader(store('copy.png', bytes), { name: 'shown.png', group: '/elsewhere/knees' });
    expect(one).toMatchObject({
      source: 'photo',
      derivedUids: true,
      series: { modality: 'OT' },
      instance: { label: 'one.png' },
    });
    expect(one.instance.uid).toMatch(/^2\.25\.\d{30,39}$/);
    expect(copy.instance.uid).toBe(one.instance.uid);
    expect(copy.study.uid).not.toBe(one.study.uid);
    expect(copy).toMatchObject({ patient: { name: 'knees' }, instance: { label: 'shown.png' } });
  });

  it('tells size and depth without decoding', async () => {
    const wide = await sharp(new Uint16Array(6), { raw: { width: 3, height: 2, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    expect((await readHeader(store('wide.png', wide))).image).toMatchObject({
      rows: 2,
      columns: 3,
      samplesPerPixel: 1,
      bitsStored: 16,
    });
    const upright = await sharp({ create: { width: 6, height: 2, channels: 3, background: '#000' } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    expect((await readHeader(store('turned.jpg', upright))).image).toMatchObject({ rows: 6, columns: 2, lossy: true });
  });
});
