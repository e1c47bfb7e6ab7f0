/** Tensors put together along a dimension: cat, stack. */
import { checkShape, checkType } from '@org/lr-core';
import { addon } from '../addon.ts';
import { DTYPES, sizeOf, uninitializedLike } from '../dtype.ts';
import type { ArrayOf, DType, RealArray } from '../dtype.ts';
import { acquire } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { checkDim, checkTensor, checkTensorLike, result } from './op.ts';
import { unsqueeze } from './reshape.ts';
import { move, strided, wholeWalk } from './strided.ts';
import { stridesOf } from './strides.ts';

export interface CatOptions {
  /** Default 0. */
  dim?: number;
}

/** The dimension, given alone as PyTorch's positional argument or as an option. */
function dimOf(options: number | CatOptions): number {
  return typeof options === 'number' ? options : (options.dim ?? 0);
}

function checkTensors(op: string, tensors: readonly Tensor<DType>[]): void {
  checkType(
    Array.isArray(tensors) && tensors.length > 0,
    op,
    'tensors',
    'an array of at least one Tensor',
    tensors,
  );
  tensors.forEach((x, i) => {
    if (i === 0) checkTensor(op, 'tensors[0]', x, DTYPES);
    else checkTensorLike(op, `tensors[${i}]`, x, tensors[0]!);
  });
}

/**
 * The tensors one after another along `dim`; their other lengths are equal. As `torch.cat`.
 *
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function cat<D extends DType>(
  tensors: readonly Tensor<D>[],
  options: number | CatOptions = {},
): Tensor<D> {
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

  const lengths = tensors.map((x) => x.shape[dim]!);
  const shape = first.with(
    dim,
    lengths.reduce((a, b) => a + b),
  );
  const strides = stridesOf(shape);
  const y = uninitializedLike(tensors[0]!.data, sizeOf(shape));
  let start = 0;
  const parts = tensors.map((x, t) => {
    const part = { size: y.length, strides, offset: start * strides[dim]! };
    start += lengths[t]!;
    move(strided('cat', x.shape, [wholeWalk(x.shape), part]), x.data, y);
    return part;
  });
  const shapes = tensors.map((x) => x.shape);
  const backward = (dy: ArrayOf[D], needs: readonly boolean[]): (ArrayOf[D] | null)[] =>
    parts.map((part, t) => {
      if (!needs[t]) return null;
      const whole = wholeWalk(shapes[t]!);
      const dx = acquire(whole.size, dy as RealArray);
      addon.copy(strided('cat', shapes[t]!, [part, whole]), dy as RealArray, dx);
      return dx as ArrayOf[D];
    });
  return result('cat', tensors, y, shape, backward, null, { dim }, tensors[0]!.dtype);
}

/** The tensors, all of one shape, along a new dimension `dim`. As `torch.stack`. @throws as cat */
export function stack<D extends DType>(
  tensors: readonly Tensor<D>[],
  options: number | CatOptions = {},
): Tensor<D> {
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
