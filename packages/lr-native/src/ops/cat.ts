/** Tensors put together along a dimension: cat, stack. */
import { checkShape, checkType } from '@org/lr-core';
import { sizeOf } from '../dtype.ts';
import { acquire } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { checkDim, checkTensor, result } from './op.ts';
import { unsqueeze } from './reshape.ts';

export interface CatOptions {
  /** Default 0. */
  dim?: number;
}

/** The dimension, given alone as PyTorch's positional argument or as an option. */
function dimOf(options: number | CatOptions): number {
  return typeof options === 'number' ? options : (options.dim ?? 0);
}

function checkTensors(op: string, tensors: readonly Tensor[]): void {
  checkType(
    Array.isArray(tensors) && tensors.length > 0,
    op,
    'tensors',
    'an array of at least one Tensor',
    tensors,
  );
  tensors.forEach((x, i) => checkTensor(op, `tensors[${i}]`, x));
}

/**
 * The tensors one after another along `dim`; their other lengths are equal. As `torch.cat`.
 *
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function cat(tensors: readonly Tensor[], options: number | CatOptions = {}): Tensor {
  checkTensors('cat', tensors);
  const first = tensors[0]!.shape;
  checkShape(first.length > 0, 'cat', 'tensors[0]', 'of at least one dimension', first);
  const dim = checkDim('cat', 'dim', dimOf(options), first.length);
  tensors.forEach(({ shape }, i) => {
    const fits =
      shape.length === first.length && shape.every((length, d) => d === dim || length === first[d]);
    checkShape(
      fits,
      'cat',
      `tensors[${i}]`,
      `of shape [${first.join(', ')}] except in dimension ${dim}`,
      shape,
    );
  });

  // Each tensor is (outer, its length · inner): its rows lie side by side in the rows of y.
  const outer = sizeOf(first.slice(0, dim));
  const inner = sizeOf(first.slice(dim + 1));
  const widths = tensors.map((x) => x.shape[dim]! * inner);
  const row = widths.reduce((a, b) => a + b);
  const y = new Float32Array(outer * row);
  let at = 0;
  tensors.forEach((x, t) => {
    const width = widths[t]!;
    for (let r = 0; r < outer; r++) y.set(x.data.subarray(r * width, (r + 1) * width), r * row + at);
    at += width;
  });
  return result('cat', tensors, y, first.with(dim, row / inner), (dy, needs) => {
    let from = 0;
    return widths.map((width, t) => {
      const start = from;
      from += width;
      if (!needs[t]) return null;
      const dx = acquire(outer * width);
      for (let r = 0; r < outer; r++)
        dx.set(dy.subarray(r * row + start, r * row + start + width), r * width);
      return dx;
    });
  });
}

/** The tensors, all of one shape, along a new dimension `dim`. As `torch.stack`. @throws as cat */
export function stack(tensors: readonly Tensor[], options: number | CatOptions = {}): Tensor {
  checkTensors('stack', tensors);
  const dim = checkDim('stack', 'dim', dimOf(options), tensors[0]!.ndim + 1);
  const first = tensors[0]!.shape;
  tensors.forEach(({ shape }, i) => {
    const fits = shape.length === first.length && shape.every((length, d) => length === first[d]);
    checkShape(fits, 'stack', `tensors[${i}]`, `of shape [${first.join(', ')}]`, shape);
  });
  return cat(
    tensors.map((x) => unsqueeze(x, dim)),
    { dim },
  );
}
