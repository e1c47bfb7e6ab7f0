/** CIFAR-10 in its binary version: six files of 10,000 records, a record a label byte and 3 x 32 x 32 pixels. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkType } from '@org/lr-core';
import { FileError, checkFile, readWholeFile } from '../file.ts';
import { ImageDataset } from './image-dataset.ts';
import type { ImageSplits, NormalizeOptions } from './image-dataset.ts';

export interface Cifar10Options extends NormalizeOptions {
  /** The folder with data_batch_1.bin … data_batch_5.bin and test_batch.bin, or the one above (cifar-10-batches-bin). */
  dir: string;
}

const CLASSES = 10;
const PIXELS = 3 * 32 * 32;
const RECORD = 1 + PIXELS;

/**
 * 50,000 training and 10,000 test images (3, 32, 32) of 10 classes. Files may hold fewer records, but whole ones.
 *
 * @throws FileError for a folder or a file that is missing or does not hold what it should
 */
export function loadCifar10(options: Cifar10Options): ImageSplits {
  const { dir, ...normalize } = options;
  checkType(typeof dir === 'string', 'loadCifar10', 'dir', 'the path of a folder', dir);
  const unpacked = join(dir, 'cifar-10-batches-bin');
  const folder = existsSync(unpacked) ? unpacked : dir;
  const train = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`);
  return {
    train: loadBatches(folder, train, normalize),
    test: loadBatches(folder, ['test_batch.bin'], normalize),
  };
}

function loadBatches(folder: string, names: readonly string[], normalize: NormalizeOptions): ImageDataset {
  const files = names.map((name) => readBatch(folder, name));
  const count = files.reduce((sum, { length }) => sum + length / RECORD, 0);
  const images = new Uint8Array(count * PIXELS);
  const labels = new Int32Array(count);
  let i = 0;
  for (const file of files) {
    for (let at = 0; at < file.length; at += RECORD) {
      labels[i] = file[at]!;
      images.set(file.subarray(at + 1, at + RECORD), i++ * PIXELS);
    }
  }
  return new ImageDataset({ images, labels, shape: [3, 32, 32], ...normalize });
}

function readBatch(folder: string, name: string): Uint8Array {
  const path = join(folder, name);
  if (!existsSync(path)) throw new FileError('loadCifar10', folder, `contain ${name}`, 'no such file');
  const file = readWholeFile('loadCifar10', path);
  const whole = file.length > 0 && file.length % RECORD === 0;
  checkFile(whole, 'loadCifar10', path, `hold records of ${RECORD} bytes`, `${file.length} bytes`);
  for (let at = 0; at < file.length; at += RECORD) {
    const label = file[at]!;
    checkFile(
      label < CLASSES,
      'loadCifar10',
      path,
      `hold labels 0 to ${CLASSES - 1}`,
      `${label} at byte ${at}`,
    );
  }
  return file;
}
