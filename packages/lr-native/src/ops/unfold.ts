/** Windows of an image as columns, and columns added up to an image: each the gradient of the other. */
import { checkShape } from '@org/lr-core';
import { addon } from '../addon.ts';
import type { Attributes } from '../autograd.ts';
import { uninitializedLike } from '../dtype.ts';
import type { RealDType } from '../dtype.ts';
import { acquireLike } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { checkNdim, checkPair, checkTensor, layoutsOf, result } from './op.ts';
import type { Pair } from './op.ts';

export interface UnfoldOptions {
  kernelSize: Pair;
  /** Default 1. */
  dilation?: Pair;
  /** Zeros on every side; default 0. */
  padding?: Pair;
  /** Default 1. */
  stride?: Pair;
}

export interface FoldOptions extends UnfoldOptions {
  /** Height and width of the image. */
  outputSize: Pair;
}

interface Windows {
  readonly geometry: Int32Array;
  readonly kernelArea: number;
  /** Number of windows. */
  readonly count: number;
  /** The options, checked. */
  readonly window: Attributes;
}

/** @throws ArgumentError, ArgumentRangeError, ShapeError */
function windowsOf(
  op: string,
  name: string,
  planes: (kernelArea: number) => number,
  [height, width]: readonly [number, number],
  options: UnfoldOptions,
): Windows {
  const kernel = checkPair(op, 'kernelSize', options?.kernelSize, 1);
  const dilation = checkPair(op, 'dilation', options.dilation ?? 1, 1);
  const padding = checkPair(op, 'padding', options.padding ?? 0, 0);
  const stride = checkPair(op, 'stride', options.stride ?? 1, 1);
  const [rows, columns] = [height, width].map((length, i) => {
    const span = length + 2 * padding[i]! - dilation[i]! * (kernel[i]! - 1) - 1;
    return Math.floor(span / stride[i]!) + 1;
  }) as [number, number];
  const size = [height, width];
  checkShape(rows > 0 && columns > 0, op, name, 'at least as large, with padding, as the kernel', size);
  const kernelArea = kernel[0] * kernel[1];
  const geometry = Int32Array.of(
    planes(kernelArea), height, width, rows, columns, ...kernel, ...stride, ...padding, ...dilation,
  ); // prettier-ignore
  return { geometry, kernelArea, count: rows * columns, window: { kernel, stride, padding, dilation } };
}

/**
 * The elements of every window as a column. As `torch.nn.functional.unfold`.
 *
 * @param x (N, C, H, W) or (C, H, W)
 * @returns (N, C · kernelHeight · kernelWidth, windows), without N where x has none
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function unfold<D extends RealDType>(x: Tensor<D>, options: UnfoldOptions): Tensor<D> {
  checkTensor('unfold', 'x', x);
  checkNdim('unfold', 'x', x, layoutsOf(2));
  const [channels, height, width] = x.shape.slice(-3) as [number, number, number];
  const xData = x.data;
  const planes = xData.length / (height * width);
  const { geometry, kernelArea, count } = windowsOf('unfold', 'x', () => planes, [height, width], options);
  const y = uninitializedLike(xData, planes * kernelArea * count);
  addon.unfold2d(geometry, xData, y);
  const shape = [...x.shape.slice(0, -3), channels * kernelArea, count];
  return result('unfold', [x], y, shape, (dy) => {
    const dx = acquireLike(xData);
    addon.fold2d(geometry, dy, dx);
    return [dx];
  });
}

/**
 * Columns added up where the windows of an image lie. As `torch.nn.functional.fold`.
 *
 * @param x (N, C · kernelHeight · kernelWidth, windows) or without N
 * @returns (N, C, H, W) or (C, H, W)
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function fold<D extends RealDType>(x: Tensor<D>, options: FoldOptions): Tensor<D> {
  checkTensor('fold', 'x', x);
  checkNdim('fold', 'x', x, ['(N, C · kernelArea, windows)', '(C · kernelArea, windows)']);
  const size = checkPair('fold', 'outputSize', options?.outputSize, 1);
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  const batch = x.ndim === 3 ? x.shape[0]! : 1;
  const { geometry, kernelArea, count, window } = windowsOf(
    'fold',
    'outputSize',
    (area) => (batch * rows) / area,
    size,
    options,
  );
  checkShape(rows % kernelArea === 0, 'fold', 'x', `of a multiple of ${kernelArea} rows`, x.shape);
  checkShape(columns === count, 'fold', 'x', `of ${count} windows`, x.shape);
  const xData = x.data;
  const channels = rows / kernelArea;
  const y = uninitializedLike(xData, batch * channels * size[0] * size[1]);
  addon.fold2d(geometry, xData, y);
  const backward = (dy: typeof y): (typeof y)[] => {
    const dx = acquireLike(xData);
    addon.unfold2d(geometry, dy, dx);
    return [dx];
  };
  const shape = [...x.shape.slice(0, -2), channels, ...size];
  return result('fold', [x], y, shape, backward, null, { size, ...window });
}
