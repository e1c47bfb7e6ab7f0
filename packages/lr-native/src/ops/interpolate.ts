import { checkBoolean, checkNumber, checkRange, checkShape, checkType } from '@org/lr-core';
import type { RealDType } from '../dtype.ts';
import type { Tensor } from '../tensor.ts';
import { adaptiveAvgPool1d, adaptiveAvgPool2d } from './avg-pool.ts';
import { checkChoice, checkNdim, checkSpatial, checkTensor, layoutsOf, spatialSize } from './op.ts';
import type { Pair, Spatial } from './op.ts';
import { copies, resample } from './resample.ts';
import type { Taps } from './resample.ts';

export const INTERPOLATION_MODES = [
  'nearest',
  'nearest-exact',
  'linear',
  'bilinear',
  'bicubic',
  'area',
] as const;
export type InterpolationMode = (typeof INTERPOLATION_MODES)[number];

export interface InterpolateOptions {
  /** Height and width of the output, or its length: this or `scaleFactor`. */
  size?: Pair;
  /** What height and width are multiplied with, and rounded down. */
  scaleFactor?: Pair;
  /** `'nearest'` (default) and `'area'` for all, `'linear'` for signals, `'bilinear'` and `'bicubic'` for images. */
  mode?: InterpolationMode;
  /** Whether the corners of input and output lie on each other, with linear and cubic modes; default false. */
  alignCorners?: boolean;
}

/** @throws ArgumentError, ArgumentRangeError */
export function checkInterpolateOptions(op: string, options: InterpolateOptions): void {
  const { size, scaleFactor, mode = 'nearest', alignCorners = false } = options;
  checkChoice(op, 'mode', mode, INTERPOLATION_MODES);
  checkBoolean(op, 'alignCorners', alignCorners);
  const aligns = mode === 'linear' || mode === 'bilinear' || mode === 'bicubic';
  checkType(!alignCorners || aligns, op, 'alignCorners', `false with mode '${mode}'`, alignCorners);
  const isOne = (size == null) !== (scaleFactor == null);
  checkType(isOne, op, 'size', 'given where scaleFactor is not, and only there,', size);
}

/** A positive number along each dimension, 1 along the height of a signal. */
function checkScale(op: string, value: unknown, spatial: Spatial): [number, number] {
  const list: unknown[] = Array.isArray(value) ? value : spatial === 2 ? [value, value] : [value];
  const kind = spatial === 2 ? 'a number > 0 or a pair [height, width] of them' : 'a number > 0';
  checkType(list.length === spatial, op, 'scaleFactor', kind, value);
  for (const scale of list) {
    checkNumber(op, 'scaleFactor', scale);
    checkRange(scale > 0 && scale < Infinity, op, 'scaleFactor', 'a number > 0', scale);
  }
  return spatial === 2 ? (list as [number, number]) : [1, list[0] as number];
}

/** Weights of the four neighbours of a point `t` of the way from the second to the third: cubic convolution, a = -0.75. */
function cubic(t: number): number[] {
  const a = -0.75;
  const near = (x: number): number => ((a + 2) * x - (a + 3)) * x * x + 1;
  const far = (x: number): number => ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return [far(t + 1), near(t), near(1 - t), far(2 - t)];
}

/** How many neighbours a mode takes along a dimension. */
const TAPS: { readonly [M in InterpolationMode]: number } = {
  nearest: 1,
  'nearest-exact': 1,
  linear: 2,
  bilinear: 2,
  bicubic: 4,
  area: 0,
};

/** Neighbours of each of `count` outputs over `length` inputs; `scale` is that factor, where one was given. */
function neighbours(
  length: number,
  count: number,
  scale: number | null,
  mode: InterpolationMode,
  alignCorners: boolean,
): Taps {
  const taps = TAPS[mode];
  const outputs = Array.from({ length: count }, (_, i) => i);
  if (taps === 1) {
    // PyTorch computes these positions in float32, whatever the element type is.
    const { fround, floor, min } = Math;
    const step = scale === null ? fround(length / count) : fround(1 / scale);
    const offset = mode === 'nearest' ? 0 : 0.5;
    return copies(outputs.map((i) => min(floor(fround((i + offset) * step)), length - 1)));
  }
  const step = alignCorners
    ? count > 1
      ? (length - 1) / (count - 1)
      : 0
    : scale === null
      ? length / count
      : 1 / scale;
  const positions = new Int32Array(count * taps);
  const weights = new Float64Array(count * taps);
  for (const i of outputs) {
    const at = alignCorners ? i * step : (i + 0.5) * step - 0.5;
    const source = taps === 2 ? Math.max(at, 0) : at;
    const first = taps === 2 ? Math.min(Math.floor(source), length - 1) : Math.floor(source);
    const t = source - first;
    const parts = taps === 2 ? [1 - t, t] : cubic(t);
    parts.forEach((weight, k) => {
      const position = first + k - (taps === 2 ? 0 : 1);
      positions[i * taps + k] = Math.max(0, Math.min(position, length - 1));
      weights[i * taps + k] = weight;
    });
  }
  return { positions, weights };
}

/** The one row of a signal. */
function oneRow(taps: number): Taps {
  const weights = new Float64Array(taps);
  weights[0] = 1;
  return { positions: new Int32Array(taps), weights };
}

/**
 * `x` resized to a size or by a factor. As `torch.nn.functional.interpolate`, without antialiasing.
 *
 * @param x (N, C, H, W) or (N, C, L)
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function interpolate<D extends RealDType>(x: Tensor<D>, options: InterpolateOptions): Tensor<D> {
  const op = 'interpolate';
  checkTensor(op, 'x', x);
  checkNdim(op, 'x', x, [layoutsOf(2)[0], layoutsOf(1)[0]]);
  checkInterpolateOptions(op, options ?? {});
  const { mode = 'nearest', alignCorners = false } = options;
  const spatial = x.ndim === 4 ? 2 : 1;
  const modes = INTERPOLATION_MODES.filter((m) =>
    spatial === 2 ? m !== 'linear' : m !== 'bilinear' && m !== 'bicubic',
  );
  checkChoice(op, 'mode', mode, modes);
  const inSize = spatialSize(x, spatial);
  const scale = options.scaleFactor == null ? null : checkScale(op, options.scaleFactor, spatial);
  const size =
    scale === null
      ? checkSpatial(op, 'size', options.size, 1, spatial, 1)
      : ([Math.floor(inSize[0] * scale[0]), Math.floor(inSize[1] * scale[1])] as const);
  checkShape(size[0] > 0 && size[1] > 0, op, 'x', 'large enough for an output', x.shape);
  if (mode === 'area') {
    return spatial === 2
      ? adaptiveAvgPool2d(x, { outputSize: size })
      : adaptiveAvgPool1d(x, { outputSize: size[1] });
  }
  const [rows, columns] = [0, 1].map((axis) =>
    axis === 0 && spatial === 1
      ? oneRow(TAPS[mode])
      : neighbours(inSize[axis]!, size[axis]!, scale === null ? null : scale[axis]!, mode, alignCorners),
  );
  return resample(op, x, spatial, TAPS[mode], rows!, columns!, { mode, alignCorners, scale });
}
