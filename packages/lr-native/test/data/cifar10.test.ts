import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadCifar10 } from '../../src/data/index.ts';

/** Records with these labels; record i's pixels are all i + its channel. */
const records = (...labels: number[]): Buffer =>
  Buffer.concat(
    labels.map((label, i) =>
      Buffer.concat([Buffer.of(label), ...[0, 1, 2].map((c) => Buffer.alloc(1024, i + c))]),
    ),
  );

describe('loadCifar10', () => {
  let dir = '';
  let folder = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'lr-cifar-'));
    folder = join(dir, 'cifar-10-batches-bin');
    mkdirSync(folder);
    for (let i = 1; i <= 5; i++) writeFileSync(join(folder, `data_batch_${i}.bin`), records(i, 9));
    writeFileSync(join(folder, 'test_batch.bin'), records(7));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it.each(['the folder', 'the one above'])('reads %s', (which) => {
    const { train, test } = loadCifar10({
      dir: which === 'the folder' ? folder : dir,
      mean: [0, 0, 1 / 255],
    });
    expect([train.length, test.length, train.shape]).toEqual([10, 1, [3, 32, 32]]);
    expect(Array.from(train.labels)).toEqual([1, 9, 2, 9, 3, 9, 4, 9, 5, 9]);
    const [image] = train.get(3);
    expect([image.data[0], image.data[1024]]).toEqual([Math.fround(1 / 255), Math.fround(2 / 255)]);
    expect(image.data[2048]).toBe(Math.fround(Math.fround(3 / 255) - Math.fround(1 / 255)));
  });

  it.each<[string, () => void, string]>([
    [
      'a missing file',
      () => rmSync(join(folder, 'data_batch_3.bin')),
      'to contain data_batch_3.bin but received no such file',
    ],
    [
      'a cut file',
      () => writeFileSync(join(folder, 'test_batch.bin'), records(1).subarray(1)),
      'test_batch.bin to hold records of 3073 bytes but received 3072 bytes',
    ],
    [
      'an empty file',
      () => writeFileSync(join(folder, 'test_batch.bin'), ''),
      'hold records of 3073 bytes but received 0 bytes',
    ],
    [
      'a wrong label',
      () => writeFileSync(join(folder, 'test_batch.bin'), records(1, 10)),
      'hold labels 0 to 9 but received 10 at byte 3073',
    ],
  ])('names %s', (_, damage, text) => {
    damage();
    expect(() => loadCifar10({ dir })).toThrow(text);
  });

  it('needs a folder', () => {
    expect(() => loadCifar10({ dir: 5 as never })).toThrow(
      '[loadCifar10] expected dir to be the path of a folder',
    );
  });
});
