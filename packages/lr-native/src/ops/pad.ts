import { checkInteger, checkNumber, checkRange, checkShape, checkType } from '@org/lr-core';
import { addon } from '../addon.ts';
import { DTYPES, convert, newArray, sizeOf } from '../dtype.ts';
import type { ArrayOf, DType, RealArray } from '../dtype.ts';
import { acquire } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { along, takeRows } from './gather.ts';
import { checkChoice, checkTensor, result } from './op.ts';
import { fill, move, strided, wholeWalk } from './strided.ts';
import { stridesOf } from './strides.ts';

/** What stands outside of a padded tensor. */
export const PAD_MODES = ['constant', 'reflect', 'replicate', 'circular'] as const;
export type PadMode = (typeof PAD_MODES)[number];

export interface PadOptions {
  /** `'constant'` (default), `'reflect'`: the edge is the mirror, `'replicate'`: the edge goes on, `'circular'`. */
  mode?: PadMode;
  /** What a constant padding consists of; default 0. */
  value?: number;
}

/** The place of an element of the padded dimension in a dimension of `length`. */
const PLACES: Readonly<Record<Exclude<PadMode, 'constant'>, (i: number, length: number) => number>> = {
  reflect: (i, length) => (i < 0 ? -i : i >= length ? 2 * (length - 1) - i : i),
  replicate: (i, length) => Math.min(Math.max(i, 0), length - 1),
  circular: (i, length) => (i + length) % length,
};

/**
 * `x` with `padding` elements more before and after its last dimensions; fewer where negative, of a constant padding. As
 * `torch.nn.functional.pad`.
 *
 * @param padding before and after the last dimension, then the one before it, and so on
 * @throws ArgumentError, ArgumentRangeError, ShapeError where nothing is left or there is not enough to reflect
 */
export function pad<D extends DType>(
  x: Tensor<D>,
  padding: readonly number[],
  { mode = 'constant', value = 0 }: PadOptions = {},
): Tensor<D> {
  checkTensor('pad', 'x', x, DTYPES);
  checkType(Array.isArray(padding), 'pad', 'padding', 'an array of integers', padding);
  checkChoice('pad', 'mode', mode, PAD_MODES);
  checkNumber('pad', 'value', value);
  padding.forEach((count, i) =>
    checkInteger('pad', `padding[${i}]`, count, mode === 'constant' ? -Infinity : 0),
  );
  const isPaired = padding.length % 2 === 0 && padding.length <= 2 * x.ndim;
  checkShape(isPaired, 'pad', 'padding', `pairs of numbers for at most ${x.ndim} dimensions`, padding);
  const before = x.shape.map((_, d) => padding[2 * (x.ndim - 1 - d)] ?? 0);
  const after = x.shape.map((_, d) => padding[2 * (x.ndim - 1 - d) + 1] ?? 0);
  const shape = x.shape.map((length, d) => length + before[d]! + after[d]!);
  const kept = x.shape.map((length, d) => length + Math.min(before[d]!, 0) + Math.min(after[d]!, 0));
  checkShape(
    kept.every((length) => length > 0),
    'pad',
    'padding',
    'one that leaves elements',
    padding,
  );
  if (mode === 'constant') return padConstant(x, before, after, kept, shape, value);
  const zeros = x.shape.map(() => 0);
  return x.shape.reduce((y, length, d) => {
    const [first, last] = [before[d]!, after[d]!];
    if (first === 0 && last === 0) return y;
    const most = mode === 'reflect' ? length - 1 : mode === 'circular' ? length : Infinity;
    checkRange(Math.max(first, last) <= most, 'pad', 'padding', `at most ${most} in dimension ${d}`, padding);
    const at = Int32Array.from({ length: shape[d]! }, (_, i) => PLACES[mode](i - first, length));
    const pads = { mode, before: zeros.with(d, first), after: zeros.with(d, last) };
    return takeRows('pad', y, along(y.shape, d), at, y.shape.with(d, shape[d]!), -1, pads);
  }, x);
}

function padConstant<D extends DType>(
  x: Tensor<D>,
  before: readonly number[],
  after: readonly number[],
  kept: readonly number[],
  shape: readonly number[],
  value: number,
): Tensor<D> {
  const y = newArray(x.data, x.dtype as DType, sizeOf(shape));
  if (value !== 0) y.fill(convert([value], x.dtype)[0] as never);
  // Where what is left of x is in both
  const [from, to] = [stridesOf(x.shape), stridesOf(shape)];
  const offset = (strides: readonly number[], sign: number): number =>
    strides.reduce((sum, stride, d) => sum + stride * Math.max(sign * before[d]!, 0), 0);
  const inX = { ...wholeWalk(x.shape), offset: offset(from, -1) };
  const inY = { ...wholeWalk(shape), offset: offset(to, 1) };
  move(strided('pad', kept, [inX, inY]), x.data, y as ArrayOf[D]);
  const backward = (dy: ArrayOf[D]): ArrayOf[D][] => {
    const dx = acquire(x.size, dy as RealArray);
    if (sizeOf(kept) !== dx.length) fill(dx, 0);
    addon.copy(strided('pad', kept, [inY, inX]), dy as RealArray, dx);
    return [dx as ArrayOf[D]];
  };
  const attributes = { mode: 'constant', before, after, value };
  return result('pad', [x], y as ArrayOf[D], shape, backward, null, attributes, x.dtype);
}
