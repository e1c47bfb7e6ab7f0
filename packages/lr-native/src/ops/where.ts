/** Choosing by a condition: where, maskedFill, maskedSelect. */
import { checkShape } from '@org/lr-core';
import { addon } from '../addon.ts';
import { hostOf } from '../device-array.ts';
import { DTYPES, beside, convert, isBytes, movable, newUninitialized, sizeOf, zeroLike } from '../dtype.ts';
import type { DType, RealArray } from '../dtype.ts';
import { acquireLike } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { summed } from './arithmetic.ts';
import { broadcastShape } from './broadcast.ts';
import { takeRows } from './gather.ts';
import { checkTensor, result } from './op.ts';
import { promote } from './promote.ts';
import { broadcastWalk, strided, stretched } from './strided.ts';

const CONDITIONS: readonly DType[] = ['bool', 'uint8'];

/** y = a where the condition is not 0, else b, all broadcast to `shape`. */
function choose(
  op: string,
  shape: readonly number[],
  condition: Tensor<DType>,
  a: RealArray,
  aShape: readonly number[],
  b: RealArray,
  bShape: readonly number[],
  y: RealArray,
): void {
  const walks = [condition.shape, aShape, bShape].map((from) => broadcastWalk(from, shape));
  addon.where(strided(op, shape, walks), condition.data as Uint8Array, a, b, y);
}

function chosen(
  op: string,
  condition: Tensor<DType>,
  left: unknown,
  right: unknown,
  names: [string, string],
): Tensor<never> {
  checkTensor(op, 'condition', condition, CONDITIONS);
  const [a, b] = promote(op, names, left, right);
  const shape = broadcastShape(op, condition.shape, broadcastShape(op, a.shape, b.shape));
  if (isBytes(a.data)) {
    const y = chosen(op, condition, a.asType('int32'), b.asType('int32'), names) as Tensor<DType>;
    return y.asType(a.dtype) as unknown as Tensor<never>;
  }
  const y = newUninitialized(beside(condition.data, a.data, b.data), a.dtype, sizeOf(shape));
  choose(
    op,
    shape,
    condition,
    movable(a.data) as RealArray,
    a.shape,
    movable(b.data) as RealArray,
    b.shape,
    movable(y) as RealArray,
  );
  return result<DType>(op, [condition, a, b], y, shape, (given, needs) => {
    const dy = given as RealArray;
    const zero = zeroLike(dy);
    const da = needs[1] ? acquireLike(dy) : null;
    const db = needs[2] ? acquireLike(dy) : null;
    if (da !== null) choose(op, shape, condition, dy, shape, zero, [], da);
    if (db !== null) choose(op, shape, condition, zero, [], dy, shape, db);
    return [null, da && summed(da, shape, a.shape), db && summed(db, shape, b.shape)];
  }) as Tensor<never>;
}

/**
 * a where the condition is true, else b, broadcasting. As `torch.where`.
 *
 * @param condition of dtype bool
 * @param a a tensor or a number, as b: numbers take the element type of the tensor beside them
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function where<D extends DType = 'float32'>(
  condition: Tensor<'bool' | 'uint8'>,
  a: Tensor<D> | number,
  b: Tensor<D> | number,
): Tensor<D> {
  return chosen('where', condition, a, b, ['a', 'b']);
}

/** x with `value` where the mask is true, broadcasting. As `torch.masked_fill`. @throws as where */
export function maskedFill<D extends DType>(
  x: Tensor<D>,
  mask: Tensor<'bool' | 'uint8'>,
  value: Tensor<D> | number,
): Tensor<D> {
  checkTensor('maskedFill', 'mask', mask, CONDITIONS);
  return chosen('maskedFill', mask, value, x, ['value', 'x']);
}

/**
 * The elements of x where the mask is true, broadcasting, as a vector. As `torch.masked_select`. Their places are counted
 * in JavaScript, since the shape of the result depends on them.
 *
 * @throws ArgumentError, ShapeError where there are none
 */
export function maskedSelect<D extends DType>(x: Tensor<D>, mask: Tensor<'bool' | 'uint8'>): Tensor<D> {
  checkTensor('maskedSelect', 'x', x, DTYPES);
  checkTensor('maskedSelect', 'mask', mask, CONDITIONS);
  const shape = broadcastShape('maskedSelect', x.shape, mask.shape);
  const chosenOnes = stretched('maskedSelect', convert(hostOf(mask.data), 'bool'), mask.shape, shape);
  const places = stretched(
    'maskedSelect',
    Int32Array.from({ length: x.size }, (_, i) => i),
    x.shape,
    shape,
  );
  const at = places.filter((_, i) => chosenOnes[i] === 1);
  checkShape(at.length > 0, 'maskedSelect', 'mask', 'true somewhere', mask.shape);
  return takeRows('maskedSelect', x, { outer: 1, length: x.data.length, inner: 1 }, at, [at.length]);
}
