/**
 * `npm run kit -- [--pack FILE.mclip ...] [--profile FILE ...] [--key PRIVATE.pem] [--out FOLDER]`: one folder for a USB
 * stick, with the installers that `npm run dist` left in release/, chosen models and calibrations, guides, licences, the
 * software bill of materials, and the means to verify it all.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot, runScript, SetupError, say } from './command.ts';
import { writeGuides } from './guide-html.ts';
import { printGuide } from './guide-pdf.ts';
import { sealKit } from './kit-seal.ts';
import { BILL, LICENCES, linuxFolder, megabytes, RUNTIME_NOTICE, releaseFolder } from './package-folder.ts';

const INSTALLERS = /\.(deb|tar\.gz|AppImage|exe|dmg)$/;
const PRINTED = ['user-guide', 'administration', 'intended-use', 'risk-notes'];

await runScript(async () => {
  const { values } = parseArgs({
    options: {
      pack: { type: 'string', multiple: true, default: [] },
      profile: { type: 'string', multiple: true, default: [] },
      key: { type: 'string' },
      out: { type: 'string', default: join(releaseFolder, 'kit') },
    },
  });
  const out = resolve(values.out);
  if (existsSync(out) && !existsSync(join(out, 'SHA256SUMS')))
    throw new SetupError(`${out} is there already and is no kit. Name another folder with --out.`);
  rmSync(out, { recursive: true, force: true });

  const installers = existsSync(releaseFolder)
    ? readdirSync(releaseFolder).filter((name) => INSTALLERS.test(name))
    : [];
  if (installers.length === 0) throw new SetupError('There are no installers in release/. Run first: npm run dist');
  copyInto(
    join(out, 'installers'),
    installers.map((name) => join(releaseFolder, name)),
  );
  copyInto(join(out, 'packs'), values.pack);
  copyInto(join(out, 'profiles'), values.profile);
  await writeDocuments(out);

  if (values.key === undefined) say('Not signed: name an RSA private key of 3072 bits with --key.');
  sealKit(out, values.key === undefined ? null : resolve(values.key));
  say(`${out}: ${megabytes(out)}. Verify it with: sh ${join(out, 'verify.sh')}`);
  return 0;
});

function copyInto(folder: string, files: readonly string[]): void {
  if (files.length === 0) return;
  mkdirSync(folder, { recursive: true });
  for (const file of files) {
    if (!existsSync(file)) throw new SetupError(`There is no file ${file}.`);
    copyFileSync(file, join(folder, basename(file)));
  }
}

async function writeDocuments(out: string): Promise<void> {
  const guides = join(out, 'guides');
  mkdirSync(guides, { recursive: true });
  for (const name of PRINTED) await printGuide(join(projectRoot, 'docs', `${name}.md`), join(guides, `${name}.pdf`));
  writeGuides(guides);

  const ofRuntime = ['LICENSE', 'LICENSE.electron.txt', 'LICENSES.chromium.html'].map((name) =>
    join(linuxFolder, name),
  );
  const ofPackages = [LICENCES, BILL, RUNTIME_NOTICE].map((name) => join(linuxFolder, 'resources', name));
  copyInto(
    join(out, 'licences'),
    [...ofRuntime, ...ofPackages].filter((path) => existsSync(path)),
  );
  const notice = ofPackages.find((path) => path.endsWith(RUNTIME_NOTICE) && existsSync(path));
  writeFileSync(join(out, 'START-HERE.txt'), startHere(notice === undefined ? null : readFileSync(notice, 'utf8')));
}

function startHere(notice: string | null): string {
  return `MediCLIP Workstation: the offline kit. NOT FOR DIAGNOSTIC USE.
${notice === null ? '' : `\n${notice}`}
1. Verify it, with the public key that you got on another way than this folder:
     Linux, macOS   sh verify.sh PUBLIC.pem
     Windows        powershell -ExecutionPolicy Bypass -File verify.ps1 PUBLIC.pem
2. Read guides/administration.pdf, then install what is in installers/.
3. Models in packs/ and calibrations in profiles/ are imported in the window, under Models and Calibration.

guides/    user guide, administration, intended use and risks as PDF; README.html leads to all documents
licences/  ours, Electron's, Chromium's, those of all packages inside, and the bill of materials (CycloneDX)
`;
}
