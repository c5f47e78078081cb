import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freshFolder } from '../../tests/support/store.ts';
import { fileOfUrl, serveWindowFile } from './window-files.ts';

describe('the window’s files', () => {
  const root = join('/opt', 'app', 'renderer');

  it('are found below their folder', () => {
    expect(fileOfUrl(root, 'workstation://app/')).toBe(join(root, 'index.html'));
    expect(fileOfUrl(root, 'workstation://app/assets/a%20b.js?v=1#x')).toBe(join(root, 'assets', 'a b.js'));
  });

  it.each([
    'workstation://app/..%2f..%2fsecret.json',
    'workstation://app/..\\..\\secret.json',
    'workstation://app/assets/..%5c..%5csecret.json',
    'workstation://app/a%00.js',
    'workstation://app/%E0%A4%A.js',
    'workstation://other/index.html',
    'file:///opt/app/renderer/index.html',
    'workstation://app/.built-from',
    'not a url',
  ])('refuse %s', (url) => {
    expect(fileOfUrl(root, url)).toBeNull();
  });

  it('stay below their folder where a URL climbs: URLs are resolved before they are joined', () => {
    for (const climbing of ['workstation://app/../a.js', 'workstation://app/%2e%2e/%2e%2e/a.js'])
      expect(fileOfUrl(root, climbing)).toBe(join(root, 'a.js'));
  });

  it('carry the policy and their type; what is absent is 404', async () => {
    const folder = join(freshFolder(), 'renderer');
    mkdirSync(folder);
    writeFileSync(join(folder, 'index.html'), '<p>');
    const page = await serveWindowFile(folder, 'workstation://app/');
    expect(page.status).toBe(200);
    expect(page.headers.get('Content-Security-Policy')).toContain("default-src 'none'");
    expect(page.headers.get('Content-Type')).toContain('text/html');
    expect(await page.text()).toBe('<p>');
    expect((await serveWindowFile(folder, 'workstation://app/none.js')).status).toBe(404);
  });
});
