import { deflateRawSync } from 'node:zlib';
import { zipSync } from 'fflate';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { identify } from './identify.ts';
import { dicomFile, imageElements } from './samples.ts';

const picture = sharp({ create: { width: 4, height: 3, channels: 3, background: '#336699' } });

describe('identify', () => {
  it.each([
    ['a Part 10 file', dicomFile(imageElements())],
    ['file meta information without preamble', dicomFile(imageElements(), { preamble: false })],
    ['a bare explicit data set', dicomFile(imageElements(), { meta: false })],
    ['a bare implicit data set', dicomFile(imageElements(), { meta: false, encoding: 'implicit-little' })],
    ['a bare big-endian data set', dicomFile(imageElements(), { meta: false, encoding: 'explicit-big' })],
  ])('knows %s as DICOM', (_, bytes) => {
    expect(identify(bytes)).toBe('dicom');
  });

  it('knows photographs by their content', async () => {
    expect(identify(await picture.clone().png().toBuffer())).toBe('png');
    expect(identify(await picture.clone().jpeg().toBuffer())).toBe('jpeg');
    expect(identify(await picture.clone().tiff().toBuffer())).toBe('tiff');
  });

  it('knows a zip archive', () => {
    expect(identify(zipSync({ 'a.txt': new Uint8Array([1]) }))).toBe('zip');
  });

  it.each([
    ['text', Buffer.from('BMW drivers and other people wrote this text, which no image starts with.')],
    ['text that begins like a tag', Buffer.from('\x08\0\x05\0CS? no, this is prose that goes on and on and on.')],
    ['nothing', new Uint8Array()],
    ['zeros', new Uint8Array(300)],
    ['a bare deflate stream', deflateRawSync(Buffer.alloc(400, 7))],
  ])('does not take %s for an image', (_, bytes) => {
    expect(identify(bytes)).toBe('unknown');
  });

  it('names a path that is not there', () => {
    expect(() => identify('/nowhere/at/all.dcm')).toThrow(expect.objectContaining({ code: 'not-found' }));
  });
});
