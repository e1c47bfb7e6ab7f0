/**
 * Transforms of one image, (channels, height, width) float32, for TransformedDataset: torchvision's of the same names,
 * with its draws in its order, from the default generator or `options.generator`. One function a transform: it validates
 * its options once and returns what transforms an image into a new one.
 */
import { checkInteger, checkRange, checkShape, checkType } from '@org/lr-core';
import { hostOf } from '../device-array.ts';
import { defaultGenerator } from '../random.ts';
import type { Generator } from '../random.ts';
import { Tensor } from '../tensor.ts';
import { normalizeChannels, perChannel } from './image-dataset.ts';

export type ImageTransform = (image: Tensor) => Tensor;

/** One transform after another. */
export function compose(transforms: readonly ImageTransform[]): ImageTransform {
  const ok = Array.isArray(transforms) && transforms.every((transform) => typeof transform === 'function');
  checkType(ok, 'compose', 'transforms', 'an array of functions', transforms);
  return (image) => transforms.reduce((current, transform) => transform(current), image);
}

/** (x − mean) / std of each channel, in float32. */
export function normalize(options: {
  mean: number | readonly number[];
  std: number | readonly number[];
}): ImageTransform {
  return (image) => {
    checkImage('normalize', image);
    const channels = image.shape[0]!;
    const means = perChannel('normalize', 'mean', channels, options.mean);
    const stds = perChannel('normalize', 'std', channels, options.std);
    checkRange(!stds.includes(0), 'normalize', 'std', 'a number other than 0', options.std);
    const out = hostOf(image.data).slice();
    normalizeChannels(out, means, stds);
    return new Tensor(out, image.shape);
  };
}

export interface RandomCropOptions {
  /** Rows and columns of zeros on every side before the crop. Default 0. */
  padding?: number;
  generator?: Generator;
}

/** A part of `size` ([height, width], or one number for both) at a random place. */
export function randomCrop(
  size: number | readonly [number, number],
  options: RandomCropOptions = {},
): ImageTransform {
  const { padding = 0, generator = defaultGenerator } = options;
  const [height, width] = typeof size === 'number' ? [size, size] : size;
  checkInteger('randomCrop', 'size', height, 1);
  checkInteger('randomCrop', 'size', width, 1);
  checkInteger('randomCrop', 'padding', padding, 0);
  return (image) => {
    checkImage('randomCrop', image);
    const [channels, inHeight, inWidth] = image.shape as [number, number, number];
    const rows = inHeight + 2 * padding - height;
    const columns = inWidth + 2 * padding - width;
    checkShape(
      rows >= 0 && columns >= 0,
      'randomCrop',
      'the image',
      `of at least ${height} x ${width}`,
      image.shape,
    );
    // torchvision draws nothing where there is only one place.
    const draws = rows > 0 || columns > 0;
    const top = (draws ? generator.randint(0, rows + 1) : 0) - padding;
    const left = (draws ? generator.randint(0, columns + 1) : 0) - padding;
    const out = new Float32Array(channels * height * width);
    const pixels = hostOf(image.data);
    const from = Math.max(0, left);
    const to = Math.min(inWidth, left + width);
    for (let channel = 0; channel < channels && from < to; channel++) {
      for (let row = Math.max(0, -top); row < Math.min(height, inHeight - top); row++) {
        const start = (channel * inHeight + top + row) * inWidth;
        out.set(pixels.subarray(start + from, start + to), (channel * height + row) * width + from - left);
      }
    }
    return new Tensor(out, [channels, height, width]);
  };
}

/** Left and right exchanged with probability `p`, 0.5 by default. */
export function randomHorizontalFlip(options: { p?: number; generator?: Generator } = {}): ImageTransform {
  const { p = 0.5, generator = defaultGenerator } = options;
  checkRange(p >= 0 && p <= 1, 'randomHorizontalFlip', 'p', 'a probability from 0 to 1', p);
  const drawn = new Float32Array(1);
  return (image) => {
    checkImage('randomHorizontalFlip', image);
    if (generator.uniform_(drawn)[0]! >= p) return image;
    const out = hostOf(image.data).slice();
    const width = image.shape[2]!;
    for (let row = 0; row < out.length; row += width) out.subarray(row, row + width).reverse();
    return new Tensor(out, image.shape);
  };
}

function checkImage(op: string, image: Tensor): void {
  const ok = image instanceof Tensor && image.dtype === 'float32' && image.ndim === 3;
  checkType(ok, op, 'the image', 'a float32 Tensor (channels, height, width)', image);
}
