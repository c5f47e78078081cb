/**
 * `npm run kit -- [--pack FILE.mclip ...] [--profile FILE ...] [--key PRIVATE.pem] [--out FOLDER]`: one folder for a USB
 * stick, with the installers that `npm run dist` left in release/, chosen models and calibrations, guides, licences, the
 * software bill of materials, and the means to verify it all.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { npmCommand, projectRoot, runOrFail, runScript, SetupError, say } from './command.ts';
import { printGuide } from './guide-pdf.ts';
import { sealKit } from './kit-seal.ts';
import { licenceTexts } from './licences.ts';
import { linuxFolder, megabytes, releaseFolder } from './package-folder.ts';

const INSTALLERS = /\.(deb|tar\.gz|AppImage|exe|dmg)$/;
const GUIDES = ['user-guide', 'administration', 'intended-use'];

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

  if (values.key === undefined) say('Not signed: name an Ed25519 private key with --key.');
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
  const [guides, licences] = [join(out, 'guides'), join(out, 'licences')];
  for (const folder of [guides, licences]) mkdirSync(folder, { recursive: true });
  for (const name of GUIDES) await printGuide(join(projectRoot, 'docs', `${name}.md`), join(guides, `${name}.pdf`));
  writeFileSync(join(licences, 'packages.txt'), licenceTexts());
  copyInto(licences, [
    join(projectRoot, 'LICENSE'),
    ...['LICENSE.electron.txt', 'LICENSES.chromium.html']
      .map((name) => join(linuxFolder, name))
      .filter((path) => existsSync(path)),
  ]);
  const [npm, leading] = npmCommand();
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only'];
  const bill = await runOrFail('npm could not write the bill of materials.', npm, [...leading, ...args]);
  writeFileSync(join(out, 'sbom.cdx.json'), bill);
}
