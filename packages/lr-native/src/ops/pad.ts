import { checkInteger, checkNumber, checkRange, checkShape, checkType } from '@org/lr-core';
import type { RealDType } from '../dtype.ts';
import type { Tensor } from '../tensor.ts';
import { checkChoice, checkTensor, spatialSize } from './op.ts';
import { copies, resample } from './resample.ts';

/** What stands outside of a padded tensor. */
export const PAD_MODES = ['constant', 'reflect', 'replicate', 'circular'] as const;
export type PadMode = (typeof PAD_MODES)[number];

export interface PadOptions {
  /**
   * `'constant'` (default): `value`; `'reflect'`: the elements mirrored at the edge, without it; `'replicate'`: the
   * edge; `'circular'`: the other end.
   */
  mode?: PadMode;
  /** Default 0. */
  value?: number;
}

/** The position in a dimension of `length` of each padded element; -1 for a constant. */
function positions(length: number, before: number, after: number, mode: PadMode): number[] {
  return Array.from({ length: length + before + after }, (_, i) => {
    const at = i - before;
    if (at >= 0 && at < length) return at;
    if (mode === 'constant') return -1;
    if (mode === 'replicate') return at < 0 ? 0 : length - 1;
    if (mode === 'circular') return at < 0 ? at + length : at - length;
    return at < 0 ? -at : 2 * (length - 1) - at;
  });
}

/**
 * `x` with elements added around its last one or two dimensions. As `torch.nn.functional.pad`.
 *
 * @param x (*, W) or (*, H, W)
 * @param padding [left, right] or [left, right, top, bottom]; with `'constant'` negative numbers crop
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function pad<D extends RealDType>(
  x: Tensor<D>,
  padding: readonly number[],
  { mode = 'constant', value = 0 }: PadOptions = {},
): Tensor<D> {
  checkTensor('pad', 'x', x);
  checkChoice('pad', 'mode', mode, PAD_MODES);
  checkNumber('pad', 'value', value);
  const isList = Array.isArray(padding) && (padding.length === 2 || padding.length === 4);
  checkType(isList, 'pad', 'padding', '[left, right] or [left, right, top, bottom]', padding);
  padding.forEach((n, i) => checkInteger('pad', `padding[${i}]`, n, mode === 'constant' ? -Infinity : 0));
  const spatial = padding.length === 4 ? 2 : 1;
  checkShape(x.ndim >= spatial, 'pad', 'x', `of at least ${spatial} dimensions`, x.shape);
  const [left, right, top = 0, bottom = 0] = padding as [number, number, number?, number?];
  const [height, width] = spatialSize(x, spatial);
  const sides = [
    ['padding[0]', left, width],
    ['padding[1]', right, width],
    ['padding[2]', top, height],
    ['padding[3]', bottom, height],
  ] as const;
  for (const [name, size, length] of sides) {
    if (mode === 'reflect') checkRange(size < length, 'pad', name, `less than ${length}`, size);
    if (mode === 'circular') checkRange(size <= length, 'pad', name, `at most ${length}`, size);
  }
  const remains = left + right + width > 0 && top + bottom + height > 0;
  checkRange(remains, 'pad', 'padding', `numbers that leave elements of [${x.shape.join(', ')}]`, padding);
  const rows = copies(positions(height, top, bottom, mode));
  return resample('pad', x, spatial, 1, rows, copies(positions(width, left, right, mode)), value);
}
