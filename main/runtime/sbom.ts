/** The bill of materials of a packed application: CycloneDX 1.6 as JSON (https://cyclonedx.org/docs/1.6/json/). */
import { createHash } from 'node:crypto';
import type { LockedPackage } from './licences.ts';
import { compiledLibraries, nativeFiles, type ShippedFile, shippedModels, shippedPackages } from './shipped.ts';

export interface Product {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
}

/** Versions inside Electron, as its process.versions names them. */
export type RuntimeVersions = Readonly<Record<'electron' | 'chrome' | 'node' | 'v8', string>>;

/** What is in `resources` of a packed application and in the runtime around it, and nothing that only built it. */
export function billOfMaterials(product: Product, resources: string, runtime: RuntimeVersions, made: Date): object {
  const packages = shippedPackages(resources);
  const components = [
    ...runtimeComponents(runtime),
    ...packages.map(npmComponent),
    ...compiledLibraries(packages).map(({ name, version, inside }) => ({
      ...library(name, version, `compiled:${inside}:${name}`),
      properties: [property('inside', inside)],
    })),
    ...nativeFiles(resources).map(fileComponent),
    ...shippedModels(resources).map(({ name, licence, files }) => ({
      type: 'machine-learning-model',
      'bom-ref': `model:${name}`,
      name,
      licenses: licences(licence),
      components: files.map(fileComponent),
    })),
  ];
  const root = {
    ...library(product.name, product.version, 'product'),
    type: 'application',
    licenses: licences(product.licence),
  };
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify([root, components]))}`,
    version: 1,
    metadata: { timestamp: made.toISOString(), component: root },
    components,
    dependencies: [{ ref: 'product', dependsOn: components.map((component) => component['bom-ref']) }],
  };
}

const library = (name: string, version: string, ref: string) => ({ type: 'library', 'bom-ref': ref, name, version });

const property = (name: string, value: string) => ({ name: `mediclip:${name}`, value });

function runtimeComponents({ electron, chrome, node, v8 }: RuntimeVersions) {
  const inside = (name: string, version: string) => ({
    ...library(name, version, `runtime:${name}`),
    properties: [property('inside', `electron@${electron}`)],
  });
  return [
    {
      ...library('electron', electron, 'runtime:electron'),
      type: 'framework',
      purl: `pkg:npm/electron@${electron}`,
      licenses: licences('MIT'),
    },
    inside('chromium', chrome),
    inside('node.js', node),
    inside('v8', v8),
  ];
}

function npmComponent({
  path,
  name,
  version,
  licence,
  integrity,
  packed,
}: LockedPackage & { readonly packed: boolean }) {
  return {
    ...library(name, version, path),
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    licenses: licences(licence),
    ...(integrity === null ? {} : { hashes: [hashOf(integrity)] }),
    properties: [property('shipped', packed ? 'as files' : 'bundled')],
  };
}

const fileComponent = ({ path, sha256 }: ShippedFile) => ({
  type: 'file',
  'bom-ref': `file:${path}`,
  name: path,
  hashes: [{ alg: 'SHA-256', content: sha256 }],
});

/** Of npm's `sha512-BASE64`. */
function hashOf(integrity: string) {
  const [algorithm = '', base64 = ''] = integrity.split('-', 2);
  return { alg: algorithm.replace('sha', 'SHA-'), content: Buffer.from(base64, 'base64').toString('hex') };
}

const licences = (spdx: string) => (/ (AND|OR) /.test(spdx) ? [{ expression: spdx }] : [{ license: { id: spdx } }]);

/** The same for the same contents: version 8 of RFC 9562. */
function uuidOf(contents: string): string {
  const hex = createHash('sha256').update(contents).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
