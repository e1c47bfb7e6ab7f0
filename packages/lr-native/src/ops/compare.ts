/** Comparisons and what they make of booleans: tensors of dtype `bool`, which take no gradient. */
import { checkAtLeast, checkBoolean } from '@org/lr-core';
import { addon } from '../addon.ts';
import { COMPARE, ELEMENT } from '../addon-types.ts';
import type { CompareName, IntegerName } from '../addon-types.ts';
import { hostOf } from '../device-array.ts';
import { DTYPES, beside, bytesOf, convert, isReal, newUninitialized, sizeOf } from '../dtype.ts';
import type { DType, RealArray } from '../dtype.ts';
import { Tensor, sameShape } from '../tensor.ts';
import { broadcastShape } from './broadcast.ts';
import { integers } from './integers.ts';
import { checkTensor } from './op.ts';
import { promote } from './promote.ts';
import type { AnyOperand } from './promote.ts';
import { broadcastWalk, strided, stretched } from './strided.ts';

/** An integer tensor in float64, which holds all of them but large ones of int64. */
function inFloat64(op: string, name: string, x: AnyOperand): AnyOperand {
  if (!(x instanceof Tensor)) return x;
  checkTensor(op, name, x, DTYPES);
  return isReal(x.dtype) ? x : x.asType('float64');
}

/** Whether all are integers of one type, or numbers that this type holds. */
function areIntegers(left: AnyOperand, right: AnyOperand): boolean {
  const dtype = left instanceof Tensor ? left.dtype : right instanceof Tensor ? right.dtype : 'float32';
  if (isReal(dtype)) return false;
  return [left, right].every((x) =>
    x instanceof Tensor ? x.dtype === dtype : Number.isInteger(x) && Number(convert([x], dtype)[0]) === x,
  );
}

function compare(kind: CompareName, left: AnyOperand, right: AnyOperand): Tensor<'bool'> {
  const tensors = [left, right].filter((x) => x instanceof Tensor);
  const direct =
    tensors.length === 0 || tensors.some(({ dtype }) => isReal(dtype)) || areIntegers(left, right);
  const [a, b] = direct
    ? promote(kind, ['a', 'b'], left, right)
    : promote(kind, ['a', 'b'], inFloat64(kind, 'a', left), inFloat64(kind, 'b', right));
  const shape = broadcastShape(kind, a.shape, b.shape);
  const y = newUninitialized(beside(a.data, b.data), 'bool', sizeOf(shape));
  const geometry = strided(kind, shape, [broadcastWalk(a.shape, shape), broadcastWalk(b.shape, shape)]);
  if (isReal(a.dtype)) {
    addon.compare(COMPARE[kind], geometry, a.data as RealArray, b.data as RealArray, y);
  } else {
    addon.integerCompare(COMPARE[kind], ELEMENT[a.dtype], geometry, bytesOf(a.data), bytesOf(b.data), y);
  }
  return new Tensor(y, shape, 'bool');
}

/** a = b for each element, broadcasting; nothing equals NaN. As `torch.eq`. @throws ArgumentError, ShapeError */
export function eq(a: AnyOperand, b: AnyOperand): Tensor<'bool'> {
  return compare('eq', a, b);
}

/** a ≠ b for each element, broadcasting. As `torch.ne`. @throws ArgumentError, ShapeError */
export function ne(a: AnyOperand, b: AnyOperand): Tensor<'bool'> {
  return compare('ne', a, b);
}

/** a < b for each element, broadcasting. As `torch.lt`. @throws ArgumentError, ShapeError */
export function lt(a: AnyOperand, b: AnyOperand): Tensor<'bool'> {
  return compare('lt', a, b);
}

/** a ≤ b for each element, broadcasting. As `torch.le`. @throws ArgumentError, ShapeError */
export function le(a: AnyOperand, b: AnyOperand): Tensor<'bool'> {
  return compare('le', a, b);
}

/** a > b for each element, broadcasting. As `torch.gt`. @throws ArgumentError, ShapeError */
export function gt(a: AnyOperand, b: AnyOperand): Tensor<'bool'> {
  return compare('gt', a, b);
}

/** a ≥ b for each element, broadcasting. As `torch.ge`. @throws ArgumentError, ShapeError */
export function ge(a: AnyOperand, b: AnyOperand): Tensor<'bool'> {
  return compare('ge', a, b);
}

/** Whether each element is NaN. As `torch.isnan`. @throws ArgumentError, ShapeError */
export function isnan(x: Tensor<DType>): Tensor<'bool'> {
  checkTensor('isnan', 'x', x, DTYPES);
  return ne(x, x);
}

/** Whether each element is an infinity. As `torch.isinf`. @throws ArgumentError, ShapeError */
export function isinf(x: Tensor<DType>): Tensor<'bool'> {
  checkTensor('isinf', 'x', x, DTYPES);
  return logicalOr(eq(x, Infinity), eq(x, -Infinity));
}

/** Whether each element is neither NaN nor an infinity. As `torch.isfinite`. @throws ArgumentError, ShapeError */
export function isfinite(x: Tensor<DType>): Tensor<'bool'> {
  checkTensor('isfinite', 'x', x, DTYPES);
  return logicalAnd(gt(x, -Infinity), lt(x, Infinity));
}

/** Whether each element is 0. As `torch.logical_not`. @throws ArgumentError, ShapeError */
export function logicalNot(x: Tensor<DType>): Tensor<'bool'> {
  checkTensor('logicalNot', 'x', x, DTYPES);
  return eq(x, 0);
}

/** Whether each element is not 0. */
export function truthOf(x: Tensor<DType>): Tensor<'bool'> {
  return x.dtype === 'bool' ? (x as Tensor<'bool'>) : ne(x, 0);
}

function logical(op: string, kind: IntegerName, a: Tensor<DType>, b: Tensor<DType>): Tensor<'bool'> {
  checkTensor(op, 'a', a, DTYPES);
  checkTensor(op, 'b', b, DTYPES);
  return integers(op, kind, truthOf(a), truthOf(b));
}

/** Whether both elements are not 0, broadcasting. As `torch.logical_and`. @throws ArgumentError, ShapeError */
export function logicalAnd(a: Tensor<DType>, b: Tensor<DType>): Tensor<'bool'> {
  return logical('logicalAnd', 'and', a, b);
}

/** Whether one of the elements is not 0, broadcasting. As `torch.logical_or`. @throws ArgumentError, ShapeError */
export function logicalOr(a: Tensor<DType>, b: Tensor<DType>): Tensor<'bool'> {
  return logical('logicalOr', 'or', a, b);
}

/** Whether exactly one of the elements is not 0, broadcasting. As `torch.logical_xor`. @throws ArgumentError, ShapeError */
export function logicalXor(a: Tensor<DType>, b: Tensor<DType>): Tensor<'bool'> {
  return logical('logicalXor', 'xor', a, b);
}

/** Whether shapes and all elements are equal. As `torch.equal`. @throws ArgumentError, ShapeError */
export function equal(a: Tensor<DType>, b: Tensor<DType>): boolean {
  checkTensor('equal', 'a', a, DTYPES);
  checkTensor('equal', 'b', b, DTYPES);
  return sameShape(a.shape, b.shape) && !hostOf(eq(a, b).data).includes(0);
}

export interface AllcloseOptions {
  /** Of the magnitude of b; default 1e-5. */
  rtol?: number;
  /** Default 1e-8. */
  atol?: number;
  /** Whether NaN is close to NaN; default false. */
  equalNan?: boolean;
}

/**
 * Whether |a - b| ≤ atol + rtol · |b| for all elements, broadcasting. As `torch.allclose`. Computed in JavaScript, in
 * double, up to the first element that is not.
 *
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function allclose(
  a: Tensor<DType>,
  b: Tensor<DType>,
  { rtol = 1e-5, atol = 1e-8, equalNan = false }: AllcloseOptions = {},
): boolean {
  checkTensor('allclose', 'a', a, DTYPES);
  checkTensor('allclose', 'b', b, DTYPES);
  checkAtLeast('allclose', 'rtol', rtol, 0);
  checkAtLeast('allclose', 'atol', atol, 0);
  checkBoolean('allclose', 'equalNan', equalNan);
  const shape = broadcastShape('allclose', a.shape, b.shape);
  const p = stretched('allclose', hostOf(a.data), a.shape, shape);
  const q = stretched('allclose', hostOf(b.data), b.shape, shape);
  for (let i = 0; i < p.length; i++) {
    const x = Number(p[i]);
    const y = Number(q[i]);
    const close = x === y || (Number.isFinite(y) && Math.abs(x - y) <= atol + rtol * Math.abs(y));
    if (!close && !(equalNan && Number.isNaN(x) && Number.isNaN(y))) return false;
  }
  return true;
}
