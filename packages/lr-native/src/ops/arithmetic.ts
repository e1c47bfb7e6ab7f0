/**
 * Functions of two elements, of tensors that broadcast or of a tensor and a number. To add one: its formula in
 * native/elem/binary.h, its number in addon-types.ts, its function here. Integers are computed in integers.ts.
 */
import { checkNumber } from '@org/lr-core';
import { addon } from '../addon.ts';
import { BINARY } from '../addon-types.ts';
import type { BinaryName } from '../addon-types.ts';
import { beside, isReal, sizeOf, uninitializedLike } from '../dtype.ts';
import type { DType, IntegerDType, RealArray, RealDType } from '../dtype.ts';
import { acquireLike, release } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { broadcastShape, sumTo } from './broadcast.ts';
import { integerArithmetic } from './integers.ts';
import { result } from './op.ts';
import { promote } from './promote.ts';
import type { AnyOperand } from './promote.ts';
import { broadcastWalk, strided } from './strided.ts';

/** `x` of shape `from` summed to the shape `to`; `x` is given back unless it is what is returned. */
export function summed<A extends RealArray>(x: A, from: readonly number[], to: readonly number[]): A {
  const y = sumTo(x, from, to);
  if (y !== x) release(x);
  return y;
}

function real<D extends RealDType>(kind: BinaryName, a: Tensor<D>, b: Tensor<D>): Tensor<D> {
  const number = BINARY[kind];
  const shape = broadcastShape(kind, a.shape, b.shape);
  const geometry = strided(kind, shape, [broadcastWalk(a.shape, shape), broadcastWalk(b.shape, shape)]);
  const aData = a.data;
  const bData = b.data;
  const y = uninitializedLike(beside(aData, bData), sizeOf(shape));
  addon.binaryForward(number, geometry, aData, bData, y);
  return result(kind, [a, b], y, shape, (dy, needs) => {
    if (kind === 'add') {
      return [needs[0] ? sumTo(dy, shape, a.shape) : null, needs[1] ? sumTo(dy, shape, b.shape) : null];
    }
    const da = needs[0] ? acquireLike(dy) : null;
    const db = needs[1] ? acquireLike(dy) : null;
    addon.binaryBackward(number, geometry, aData, bData, dy, da, db);
    return [da && summed(da, shape, a.shape), db && summed(db, shape, b.shape)];
  });
}

function binary(kind: BinaryName, left: AnyOperand, right: AnyOperand): Tensor<never> {
  const [a, b] = promote(kind, ['a', 'b'], left, right);
  if (isReal(a.dtype)) return real(kind, a as Tensor<RealDType>, b as Tensor<RealDType>) as Tensor<never>;
  if (kind === 'div' || kind === 'atan2') {
    return real(kind, a.asType('float32'), b.asType('float32')) as Tensor<never>;
  }
  return integerArithmetic(kind, a, b) as Tensor<never>;
}

/** What a function of two tensors takes and gives: integers beside reals become reals. */
export interface Arithmetic {
  <D extends RealDType = 'float32'>(a: Tensor<D> | number, b: Tensor<D> | number): Tensor<D>;
  <D extends IntegerDType>(a: Tensor<D> | number, b: Tensor<D> | number): Tensor<D>;
  <D extends RealDType>(a: Tensor<D>, b: Tensor<IntegerDType>): Tensor<D>;
  <D extends RealDType>(a: Tensor<IntegerDType>, b: Tensor<D>): Tensor<D>;
  <D extends DType>(a: Tensor<D> | number, b: Tensor<D> | number): Tensor<D>;
}

/** What a function whose result is always real takes and gives. */
export interface RealArithmetic {
  <D extends RealDType = 'float32'>(a: Tensor<D> | number, b: Tensor<D> | number): Tensor<D>;
  (a: Tensor<IntegerDType> | number, b: Tensor<IntegerDType> | number): Tensor;
  <D extends RealDType>(a: Tensor<D>, b: Tensor<IntegerDType>): Tensor<D>;
  <D extends RealDType>(a: Tensor<IntegerDType>, b: Tensor<D>): Tensor<D>;
}

/** a + b for each element, broadcasting. As `torch.add`. @throws ArgumentError, ArgumentRangeError, ShapeError */
export const add: Arithmetic = (a: AnyOperand, b: AnyOperand) => binary('add', a, b);

/** a - b for each element, broadcasting. As `torch.sub`. @throws ArgumentError, ArgumentRangeError, ShapeError */
export const sub: Arithmetic = (a: AnyOperand, b: AnyOperand) => binary('sub', a, b);

/** a · b for each element, broadcasting. As `torch.mul`. @throws ArgumentError, ArgumentRangeError, ShapeError */
export const mul: Arithmetic = (a: AnyOperand, b: AnyOperand) => binary('mul', a, b);

/**
 * a / b for each element, broadcasting; of integers too a real number. Division by zero gives an infinity or NaN.
 * As `torch.div`. @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export const div: RealArithmetic = (a: AnyOperand, b: AnyOperand) => binary('div', a, b);

/**
 * a to the power of b for each element, broadcasting: 0⁰ is 1, a negative number to no integer NaN. As `torch.pow`.
 *
 * @throws ArgumentError, ArgumentRangeError for integers to a negative power, ShapeError
 */
export const pow: Arithmetic = (a: AnyOperand, b: AnyOperand) => binary('pow', a, b);

/** The larger of a and b, NaN where one is; of equals each has half of the gradient. As `torch.maximum`. @throws as add */
export const maximum: Arithmetic = (a: AnyOperand, b: AnyOperand) => binary('maximum', a, b);

/** The smaller of a and b, NaN where one is; of equals each has half of the gradient. As `torch.minimum`. @throws as add */
export const minimum: Arithmetic = (a: AnyOperand, b: AnyOperand) => binary('minimum', a, b);

/** The rest of a / b, with the sign of a. As `torch.fmod`. @throws as add; ArgumentRangeError for integers divided by 0 */
export const fmod: Arithmetic = (a: AnyOperand, b: AnyOperand) => binary('fmod', a, b);

/** The rest of a / b, with the sign of b. As `torch.remainder`. @throws as fmod */
export const remainder: Arithmetic = (a: AnyOperand, b: AnyOperand) => binary('remainder', a, b);

/** The angle of the point (b, a) in (-π, π]. As `torch.atan2`. @throws as add */
export const atan2: RealArithmetic = (a: AnyOperand, b: AnyOperand) => binary('atan2', a, b);

/**
 * start + weight · (end - start), from the nearer end. As `torch.lerp`.
 *
 * @param weight of a shape that broadcasts, or a number
 * @throws as add
 */
export function lerp<D extends RealDType>(
  start: Tensor<D>,
  end: Tensor<D>,
  weight: Tensor<D> | number,
): Tensor<D> {
  const [a, b] = promote('lerp', ['start', 'end'], start, end) as [Tensor<D>, Tensor<D>];
  const difference = sub(b, a);
  if (typeof weight === 'number' && weight >= 0.5) return sub(b, mul(difference, 1 - weight));
  return add(a, mul(difference, weight));
}

export interface ValueOptions {
  /** What the product or quotient is multiplied with; default 1. */
  value?: number;
}

/** x + value · a · b. As `torch.addcmul`. @throws as add */
export function addcmul<D extends RealDType>(
  x: Tensor<D>,
  a: Tensor<D>,
  b: Tensor<D>,
  { value = 1 }: ValueOptions = {},
): Tensor<D> {
  checkNumber('addcmul', 'value', value);
  return add(x, mul(mul(a, b), value));
}

/** x + value · a / b. As `torch.addcdiv`. @throws as add */
export function addcdiv<D extends RealDType>(
  x: Tensor<D>,
  a: Tensor<D>,
  b: Tensor<D>,
  { value = 1 }: ValueOptions = {},
): Tensor<D> {
  checkNumber('addcdiv', 'value', value);
  return add(x, mul(div(a, b), value));
}
