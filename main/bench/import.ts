/** How fast a folder of CT slices is indexed, against pydicom reading the same headers, and how fast it is imported. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault, throwIfCancelled } from '../fault.ts';
import { listFiles } from '../imaging/sources.ts';
import { drawPhantom, HELD_OUT_SEEDS } from '../phantoms/phantom.ts';
import { phantomFile } from '../services/demo-dicom.ts';
import { importPaths } from '../services/import.ts';
import { type FoundFile, readInBatches } from '../services/import-reading.ts';
import { insertRows, type ReadyFile } from '../services/import-storing.ts';
import { openWorkstation, type Workstation } from '../services/workstation.ts';
import { type BenchContext, type BenchRow, figure, type Suite } from './suite.ts';

/** What the name says: slices of a real size, and enough of them that start-up counts for nothing. */
const COUNT = 10_000;
const SIDE = 512;
const RUNS = 3;

export const importSuite: Suite = {
  does: 'a folder of CT slices indexed, against pydicom on the same headers, and imported whole',
  async run({ tools, job, scratch, quick }: BenchContext) {
    const count = quick ? 300 : COUNT;
    const folder = join(scratch, 'slices');
    await writeSlices(folder, count, quick ? 64 : SIDE, job.signal);
    const ours: number[] = [];
    const theirs: number[] = [];
    const memory: number[] = [];
    for (let round = 0; round < (quick ? 1 : RUNS); round++) {
      // In turn, so that a busy minute of the machine falls on both.
      const station = openWorkstation(tools, join(scratch, `index-${round}`));
      try {
        const { seconds, residentMb } = await indexFolder(station, folder, job.signal);
        ours.push(seconds);
        memory.push(...residentMb);
      } finally {
        station.store.db.close();
      }
      const loop = await pydicomLoop(folder, job.signal);
      if (loop !== null) theirs.push(loop);
    }
    const note = `${count} slices of ${quick ? 64 : SIDE} x ${quick ? 64 : SIDE}, uncompressed; best of ${ours.length}`;
    const best = Math.min(...ours);
    return [
      figure('indexing a folder', best, 's', `${note}; headers read by the reader process, rows in the database`),
      ...(theirs.length > 0
        ? [
            figure('pydicom, the same headers', Math.min(...theirs), 's', `${note}; one process, nothing kept`),
            figure('indexing, times as fast as pydicom', Math.min(...theirs) / best, 'ratio', note),
          ]
        : [figure('pydicom, the same headers', 0, 's', 'not installed here: Debian has it as python3-pydicom')]),
      ...memoryRows(memory),
      ...(await wholeImport({ tools, job, scratch }, folder, count)),
    ];
  },
};

/** One phantom, written under other UIDs and positions: digits are replaced in place, so that 10,000 take seconds. */
async function writeSlices(folder: string, count: number, side: number, signal: AbortSignal): Promise<void> {
  const { bavail, bsize } = await statfs(join(folder, '..'));
  const needed = count * (side * side * 2 + 2048) * 2.5;
  if (bavail * bsize < needed)
    throw new Fault('disk-full', `This measurement needs ${Math.ceil(needed / 2 ** 30)} GB for temporary files.`);
  await mkdir(folder);
  const phantom = drawPhantom('ct-head', HELD_OUT_SEEDS, { size: side });
  const serial = '7000000000001';
  const template = Buffer.from(
    phantomFile(phantom, {
      studyInstanceUid: '2.25.71',
      seriesInstanceUid: '2.25.72',
      sopInstanceUid: `2.25.${serial}`,
      instanceNumber: 1,
      patientName: 'Bench^Fictional',
      patientId: 'BENCH',
      studyDescription: 'Bench',
      sliceSpacing: 1,
    }),
  );
  const places: number[] = [];
  for (let at = template.indexOf(serial); at >= 0; at = template.indexOf(serial, at + 1)) places.push(at);
  for (let index = 0; index < count; index++) {
    throwIfCancelled(signal);
    for (const place of places) template.write(String(7_000_000_000_000 + index), place, 'latin1');
    await writeFile(join(folder, `${index}.dcm`), template);
  }
}

/** As an import does it, without copying the files. */
async function indexFolder(
  station: Workstation,
  folder: string,
  signal: AbortSignal,
): Promise<{ seconds: number; residentMb: number[] }> {
  await station.reader.run('about', null); // its process is started
  const residentMb: number[] = [];
  const started = performance.now();
  const files: FoundFile[] = [];
  for await (const file of listFiles([folder], signal))
    if (file.kind === 'file') files.push({ ...file, from: 'folder' });
  for await (const batch of readInBatches(station, files, signal)) {
    const ready = batch.flatMap((read): ReadyFile[] =>
      read.kind === 'image' ? [{ file: read.file, header: read.header, photo: null, place: 0 }] : [],
    );
    const rows = ready.map(({ file }) => ({ sha256: createHash('sha256').update(file.path).digest('hex'), bytes: 1 }));
    insertRows(station, ready, rows);
    residentMb.push(process.memoryUsage.rss() / 2 ** 20);
  }
  return { seconds: (performance.now() - started) / 1000, residentMb };
}

/** Flat: the second half of the work needs no more than the first. */
function memoryRows(residentMb: readonly number[]): BenchRow[] {
  const half = residentMb.length >> 1;
  const first = Math.max(...residentMb.slice(0, half));
  const second = Math.max(...residentMb.slice(half));
  return [
    figure('memory while indexing', second, 'MB', 'main process, at most'),
    figure('memory while indexing, growth', second - first, 'MB', 'of the second half over the first'),
  ];
}

async function wholeImport(
  { tools, job, scratch }: Pick<BenchContext, 'tools' | 'job' | 'scratch'>,
  folder: string,
  count: number,
): Promise<BenchRow[]> {
  const station = openWorkstation(tools, join(scratch, 'whole'));
  try {
    const { seconds } = await importPaths(station, [folder], job);
    const note = 'copied, brought to the disk, verified by hash';
    return [figure('importing, images a second', count / seconds, 'count', note)];
  } finally {
    station.store.db.close();
    await rm(join(scratch, 'whole'), { recursive: true, force: true });
  }
}

const LOOP = `
import os, sys, time
import pydicom
folder = sys.argv[1]
started = time.perf_counter()
for name in sorted(os.listdir(folder)):
    d = pydicom.dcmread(os.path.join(folder, name), stop_before_pixels=True)
    row = (d.PatientID, d.PatientName, d.PatientBirthDate, d.PatientSex, d.StudyInstanceUID, d.StudyDate, d.StudyTime,
        d.StudyDescription, d.AccessionNumber, d.SeriesInstanceUID, d.SeriesNumber, d.Modality, d.BodyPartExamined,
        d.SeriesDescription, d.Manufacturer, d.SOPInstanceUID, d.SOPClassUID, d.InstanceNumber, d.Rows, d.Columns,
        d.PixelSpacing, d.ImageOrientationPatient, d.ImagePositionPatient, d.file_meta.TransferSyntaxUID)
print(time.perf_counter() - started)
`;

/** Seconds of the loop alone, or null where no Python with pydicom is installed. */
async function pydicomLoop(folder: string, signal: AbortSignal): Promise<number | null> {
  for (const python of ['python3', '/usr/bin/python3']) {
    const printed = await new Promise<string>((resolve) => {
      const child = spawn(python, ['-c', LOOP, folder], { stdio: ['ignore', 'pipe', 'ignore'], signal });
      let output = '';
      child.stdout.on('data', (chunk) => (output += chunk));
      child.on('error', () => resolve(''));
      child.on('close', () => resolve(output));
    });
    throwIfCancelled(signal);
    if (Number(printed) > 0) return Number(printed);
  }
  return null;
}
