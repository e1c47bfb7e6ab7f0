import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataLoader, imageFolder } from '../../src/data/index.ts';

let dir = '';
const write = async (file: string, width: number, height: number, colour: object): Promise<void> => {
  mkdirSync(join(dir, file, '..'), { recursive: true });
  await sharp({ create: { width, height, channels: 3, background: colour } }).toFile(join(dir, file));
};
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'lr-images-'));
  await write('cat/b.png', 2, 3, { r: 255, g: 0, b: 51 });
  await write('cat/a.png', 2, 3, { r: 0, g: 102, b: 0 });
  await write('ant/deep/c.png', 2, 3, { r: 204, g: 204, b: 204 });
  writeFileSync(join(dir, 'cat', 'notes.txt'), 'no image');
});
afterEach(() => rmSync(dir, { recursive: true }));

const value = (byte: number): number => Math.fround(byte / 255);

describe('imageFolder', () => {
  it('lists classes and files by name, and decodes to planes', async () => {
    const dataset = await imageFolder(dir);
    expect(dataset.classes).toEqual(['ant', 'cat']);
    expect(dataset.files.map(({ path }) => path.slice(dir.length + 1))).toEqual([
      'ant/deep/c.png',
      'cat/a.png',
      'cat/b.png',
    ]);
    const [image, label] = await dataset.get(2);
    expect([image.shape, label.shape, label.dtype, label.item()]).toEqual([[3, 3, 2], [], 'int32', 1]);
    const plane = (byte: number): number[] => new Array<number>(6).fill(value(byte));
    expect(Array.from(image.data)).toEqual([...plane(255), ...plane(0), ...plane(51)]);
  });

  it('loads batches, scaled to a size, grey and normalised', async () => {
    const dataset = await imageFolder(dir, { size: [4, 5], channels: 1, mean: 0.8, std: 0.5 });
    const batches = [];
    for await (const batch of new DataLoader(dataset, { batchSize: 2, prefetch: 1 })) batches.push(batch);
    expect(batches.map(([x, y]) => [x.shape, Array.from(y.data)])).toEqual([
      [
        [2, 1, 4, 5],
        [0, 1],
      ],
      [[1, 1, 4, 5], [1]],
    ]);
    expect(batches[0]![0].data[0]).toBe(Math.fround(value(204) - Math.fround(0.8)) / 0.5);
  });

  it.each<[string, () => void, string]>([
    ['no folder', () => rmSync(dir, { recursive: true }), 'to be a readable folder but received'],
    [
      'no class',
      () => ['ant', 'cat'].forEach((name) => rmSync(join(dir, name), { recursive: true })),
      'to contain a folder of images for each class but received none',
    ],
    [
      'a class without images',
      () => rmSync(join(dir, 'ant', 'deep'), { recursive: true }),
      'ant to contain images (.jpg, .jpeg, .png',
    ],
  ])('refuses %s', async (_, damage, text) => {
    damage();
    await expect(imageFolder(dir)).rejects.toThrow(text);
    mkdirSync(dir, { recursive: true });
  });

  it('names a file that is no image', async () => {
    writeFileSync(join(dir, 'ant', 'broken.jpg'), 'GIF89a no more');
    const dataset = await imageFolder(dir);
    await expect(dataset.get(0)).rejects.toThrow(
      `[ImageFolder] expected ${join(dir, 'ant', 'broken.jpg')} to be an image`,
    );
    await expect(dataset.get(9)).rejects.toThrow('[ImageFolder] expected index to be an integer of 0 to 3');
  });

  it.each([
    ['channels', { channels: 2 }, 'channels to be 1 or 3 but received 2'],
    ['size', { size: [0, 3] }, 'size[0] to be an integer >= 1 but received 0'],
    ['mean', { mean: [1] }, 'mean to be a finite number, or 3 of them but received [1]'],
    ['std', { std: 0 }, 'std to be a number other than 0 but received 0'],
  ])('refuses wrong %s', async (_, options, text) => {
    await expect(imageFolder(dir, options as never)).rejects.toThrow(`[imageFolder] expected ${text}`);
  });
});
