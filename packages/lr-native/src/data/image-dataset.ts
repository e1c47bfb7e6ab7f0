/**
 * Images that are kept as bytes and become float32 when a batch is built: scaled to [0, 1], then normalised by mean and
 * standard deviation, with the bits of torchvision's ToTensor and Normalize.
 */
import { checkRange, checkShape, checkType } from '@org/lr-core';
import { sizeOf } from '../dtype.ts';
import { Tensor } from '../tensor.ts';
import { checkIndex } from './dataset.ts';
import type { Batch, Dataset } from './dataset.ts';

export interface NormalizeOptions {
  /** Subtracted from the scaled values: one number, or one a channel. Default 0. */
  mean?: number | readonly number[];
  /** Divided by: one number, or one a channel. Default 1. */
  std?: number | readonly number[];
}

export interface ImageDatasetOptions extends NormalizeOptions {
  /** The pixels of all images, (N, channels, height, width). */
  images: Uint8Array;
  /** [channels, height, width] */
  shape: readonly [number, number, number];
  /** The class of each image. */
  labels: Int32Array;
}

/** What the loaders of known datasets return. */
export interface ImageSplits {
  train: ImageDataset;
  test: ImageDataset;
}

/** A sample is (image (channels, height, width) float32, class () int32). */
export class ImageDataset implements Dataset<[Tensor, Tensor<'int32'>]> {
  readonly images: Uint8Array;
  readonly shape: readonly [number, number, number];
  readonly labels: Int32Array;
  readonly length: number;
  /** What each byte becomes, for each channel. */
  readonly #values: readonly Float32Array[];

  /** @throws ArgumentError, ArgumentRangeError, ShapeError */
  constructor(options: ImageDatasetOptions) {
    const { images, shape, labels, mean = 0, std = 1 } = options;
    const op = 'ImageDataset';
    checkType(images instanceof Uint8Array, op, 'images', 'a Uint8Array', images);
    checkType(labels instanceof Int32Array, op, 'labels', 'an Int32Array', labels);
    const isShape =
      Array.isArray(shape) && shape.length === 3 && shape.every((n) => Number.isInteger(n) && n >= 1);
    checkShape(isShape, op, 'shape', '[channels, height, width]', shape);
    const expected = labels.length * sizeOf(shape);
    checkShape(
      images.length === expected,
      op,
      'images',
      `of ${labels.length} x ${shape.join(' x ')} bytes`,
      images,
    );
    this.images = images;
    this.shape = shape;
    this.labels = labels;
    this.length = labels.length;
    this.#values = byteValues(op, shape[0], mean, std);
  }

  get(index: number): [Tensor, Tensor<'int32'>] {
    const [images, labels] = this.getBatch(Int32Array.of(index));
    return [new Tensor(images.data, this.shape), new Tensor(labels.data, [])];
  }

  /** (images (N, channels, height, width), classes (N)) */
  getBatch(indices: Int32Array): Batch<[Tensor, Tensor<'int32'>]> {
    const [channels, height, width] = this.shape;
    const plane = height * width;
    const size = channels * plane;
    const x = new Float32Array(indices.length * size);
    const y = new Int32Array(indices.length);
    for (let i = 0; i < indices.length; i++) {
      const index = indices[i]!;
      checkIndex('ImageDataset', index, this.length);
      y[i] = this.labels[index]!;
      for (let channel = 0; channel < channels; channel++) {
        const offset = channel * plane;
        lookUp(x, i * size + offset, this.images, index * size + offset, plane, this.#values[channel]!);
      }
    }
    return [new Tensor(x, [indices.length, channels, height, width]), new Tensor(y)];
  }
}

/** out[to + i] = values[bytes[from + i]] for i < count. */
function lookUp(
  out: Float32Array,
  to: number,
  bytes: Uint8Array,
  from: number,
  count: number,
  values: Float32Array,
): void {
  for (let i = 0; i < count; i++) out[to + i] = values[bytes[from + i]!]!;
}

function byteValues(
  op: string,
  channels: number,
  mean: number | readonly number[],
  std: number | readonly number[],
): Float32Array[] {
  const means = perChannel(op, 'mean', channels, mean);
  const stds = perChannel(op, 'std', channels, std);
  const zero = stds.find((value) => value === 0);
  checkRange(zero === undefined, op, 'std', 'a number other than 0', zero);
  const { fround } = Math;
  return Array.from(means, (channelMean, channel) =>
    Float32Array.from(
      { length: 256 },
      (_, byte) => fround(fround(byte / 255) - channelMean) / stds[channel]!,
    ),
  );
}

/** `value` for each channel, in float32. */
export function perChannel(
  op: string,
  name: string,
  channels: number,
  value: number | readonly number[],
): Float32Array {
  const values = typeof value === 'number' ? new Array<number>(channels).fill(value) : value;
  const ok = Array.isArray(values) && values.length === channels && values.every(Number.isFinite);
  checkType(ok, op, name, `a finite number, or ${channels} of them`, value);
  return Float32Array.from(values);
}

/** (x − mean) / std of each channel in place, each step rounded to float32; x is (channels, …). */
export function normalizeChannels(x: Float32Array, mean: Float32Array, std: Float32Array): void {
  const plane = x.length / mean.length;
  for (let channel = 0; channel < mean.length; channel++) {
    const channelMean = mean[channel]!;
    const channelStd = std[channel]!;
    for (let i = channel * plane; i < (channel + 1) * plane; i++) {
      x[i] = Math.fround(x[i]! - channelMean) / channelStd;
    }
  }
}
