/**
 * A folder of images, one subfolder a class, as torchvision's ImageFolder: classes and files in the order of their names.
 * Images are decoded when they are read, by sharp, an optional peer dependency.
 */
import { readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { checkInteger, checkRange, checkType } from '@org/lr-core';
import { FileError, checkFile } from '../file.ts';
import { Tensor } from '../tensor.ts';
import { checkIndex } from './dataset.ts';
import type { Dataset } from './dataset.ts';
import { normalizeChannels, perChannel } from './image-dataset.ts';
import type { NormalizeOptions } from './image-dataset.ts';

export interface ImageFolderOptions extends NormalizeOptions {
  /** [height, width] that every image is scaled to, without keeping its proportions. Default: as it is. */
  size?: readonly [number, number];
  /** 3 (RGB, the default) or 1 (grey); others are converted. */
  channels?: 1 | 3;
}

const EXTENSIONS = ['.jpg', '.jpeg', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif'];
/** A larger image is taken for an attack. */
const MAX_PIXELS = 100_000_000;

/** What is used of sharp; its own types would be missing where it is not installed. */
interface SharpImage {
  removeAlpha(): SharpImage;
  toColourspace(name: string): SharpImage;
  resize(width: number, height: number, options: { fit: 'fill' }): SharpImage;
  raw(options: { depth: 'uchar' }): SharpImage;
  toBuffer(options: { resolveWithObject: true }): Promise<{
    data: Uint8Array;
    info: { width: number; height: number; channels: number };
  }>;
}
type Decode = (file: string, options: { limitInputPixels: number; failOn: 'error' }) => SharpImage;

/**
 * A sample is a promise of (image (channels, height, width) float32, class () int32): use `for await` on the loader.
 * `imageFolder` makes one.
 */
export class ImageFolder implements Dataset<[Tensor, Tensor<'int32'>]> {
  /** The names of the classes, which are the subfolders. */
  readonly classes: readonly string[];
  readonly files: readonly { readonly path: string; readonly label: number }[];
  readonly length: number;
  readonly #options: ImageFolderOptions;
  readonly #decode: Decode;

  /** For `imageFolder`. */
  constructor(
    classes: readonly string[],
    files: readonly { path: string; label: number }[],
    options: ImageFolderOptions,
    decode: Decode,
  ) {
    this.classes = classes;
    this.files = files;
    this.length = files.length;
    this.#options = options;
    this.#decode = decode;
  }

  async get(index: number): Promise<[Tensor, Tensor<'int32'>]> {
    checkIndex('ImageFolder', index, this.length);
    const { path, label } = this.files[index]!;
    const { size, channels = 3, mean = 0, std = 1 } = this.#options;
    let image = this.#decode(path, { limitInputPixels: MAX_PIXELS, failOn: 'error' }).removeAlpha();
    image = channels === 1 ? image.toColourspace('b-w') : image.toColourspace('srgb');
    if (size !== undefined) image = image.resize(size[1], size[0], { fit: 'fill' });
    const { data, info } = await image
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
      .catch((error: Error) => {
        throw new FileError('ImageFolder', path, 'be an image', error.message, { cause: error });
      });
    const received = `${info.channels} channels`;
    checkFile(info.channels === channels, 'ImageFolder', path, `decode to ${channels} channels`, received);
    const plane = info.width * info.height;
    const x = new Float32Array(channels * plane);
    for (let channel = 0; channel < channels; channel++) {
      for (let i = 0; i < plane; i++) x[channel * plane + i] = data[i * channels + channel]! / 255;
    }
    normalizeChannels(
      x,
      perChannel('ImageFolder', 'mean', channels, mean),
      perChannel('ImageFolder', 'std', channels, std),
    );
    return [new Tensor(x, [channels, info.height, info.width]), new Tensor(Int32Array.of(label), [])];
  }
}

/**
 * The images of `dir/<class>/…`, at any depth.
 *
 * @throws FileError where there is no such folder, no class or no image, or sharp is not installed
 */
export async function imageFolder(dir: string, options: ImageFolderOptions = {}): Promise<ImageFolder> {
  const op = 'imageFolder';
  const { size, channels = 3, mean = 0, std = 1 } = options;
  checkType(typeof dir === 'string', op, 'dir', 'the path of a folder', dir);
  checkRange(channels === 1 || channels === 3, op, 'channels', '1 or 3', channels);
  size?.forEach((length, i) => checkInteger(op, `size[${i}]`, length, 1));
  perChannel(op, 'mean', channels, mean);
  checkRange(!perChannel(op, 'std', channels, std).includes(0), op, 'std', 'a number other than 0', std);
  const classes = subfolders(op, dir);
  checkFile(classes.length > 0, op, dir, 'contain a folder of images for each class', 'none');
  const files = classes.flatMap((name, label) => {
    const images = readdirSync(join(dir, name), { recursive: true, encoding: 'utf8' })
      .filter((file) => EXTENSIONS.includes(extname(file).toLowerCase()))
      .sort();
    checkFile(images.length > 0, op, join(dir, name), `contain images (${EXTENSIONS.join(', ')})`, 'none');
    return images.map((file) => ({ path: join(dir, name, file), label }));
  });
  return new ImageFolder(classes, files, options, await loadSharp(op));
}

function subfolders(op: string, dir: string): string[] {
  try {
    const folders = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return folders.map(({ name }) => name).sort();
  } catch (error) {
    throw new FileError(op, dir, 'be a readable folder', (error as Error).message, { cause: error });
  }
}

async function loadSharp(op: string): Promise<Decode> {
  try {
    return (await import('sharp')).default;
  } catch (error) {
    throw new FileError(
      op,
      'the npm package sharp',
      'be installed (npm install sharp)',
      (error as Error).message,
      {
        cause: error,
      },
    );
  }
}
