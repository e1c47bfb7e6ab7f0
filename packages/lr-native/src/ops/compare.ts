/** Comparisons and what they make of booleans: tensors of dtype `bool`, which take no gradient. */
import { checkAtLeast, checkBoolean } from '@org/lr-core';
import { addon } from '../addon.ts';
import { COMPARE } from '../addon-types.ts';
import type { CompareName } from '../addon-types.ts';
import { DTYPES, convert, isReal, sizeOf } from '../dtype.ts';
import type { DType, RealArray } from '../dtype.ts';
import { Tensor, sameShape } from '../tensor.ts';
import { broadcastShape } from './broadcast.ts';
import { checkTensor } from './op.ts';
import { promote } from './promote.ts';
import type { AnyOperand } from './promote.ts';
import { broadcastWalk, strided, stretched } from './strided.ts';

const BIGINTS: Readonly<Record<CompareName, (a: bigint, b: bigint) => boolean>> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
  gt: (a, b) => a > b,
  ge: (a, b) => a >= b,
};

/** An integer tensor in float64, which holds all of them but large ones of int64. */
function inFloat64(x: AnyOperand): AnyOperand {
  return typeof x === 'number' || isReal(x.dtype) ? x : x.asType('float64');
}

function isLong(x: AnyOperand): boolean {
  return typeof x === 'number' ? Number.isInteger(x) : x.dtype === 'int64';
}

function compare(kind: CompareName, left: AnyOperand, right: AnyOperand): Tensor<'bool'> {
  const hasReal = [left, right].some((x) => x instanceof Tensor && isReal(x.dtype));
  const isAnyLong = [left, right].some((x) => x instanceof Tensor && x.dtype === 'int64');
  const [a, b] =
    hasReal ||
    (isAnyLong && isLong(left) && isLong(right)) ||
    !(left instanceof Tensor || right instanceof Tensor)
      ? promote(kind, ['a', 'b'], left, right)
      : promote(kind, ['a', 'b'], checked(kind, 'a', left), checked(kind, 'b', right));
  const shape = broadcastShape(kind, a.shape, b.shape);
  const y = new Uint8Array(sizeOf(shape));
  if (a.dtype === 'int64') {
    const p = stretched(kind, a.data as BigInt64Array, a.shape, shape);
    const q = stretched(kind, b.data as BigInt64Array, b.shape, shape);
    const holds = BIGINTS[kind];
    for (let i = 0; i < y.length; i++) y[i] = holds(p[i]!, q[i]!) ? 1 : 0;
  } else {
    const geometry = strided(kind, shape, [broadcastWalk(a.shape, shape), broadcastWalk(b.shape, shape)]);
    addon.compare(COMPARE[kind], geometry, a.data as RealArray, b.data as RealArray, y);
  }
  return new Tensor(y, shape, 'bool');
}

function checked(op: string, name: string, x: AnyOperand): AnyOperand {
  if (x instanceof Tensor) checkTensor(op, name, x, DTYPES);
  return x instanceof Tensor ? inFloat64(x) : x;
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

function tested(op: string, x: Tensor<DType>, test: (value: number) => boolean): Tensor<'bool'> {
  checkTensor(op, 'x', x, DTYPES);
  const y = new Uint8Array(x.data.length);
  const { data } = x;
  for (let i = 0; i < y.length; i++) y[i] = test(Number(data[i])) ? 1 : 0;
  return new Tensor(y, x.shape, 'bool');
}

/** Whether each element is NaN. As `torch.isnan`. @throws ArgumentError, ShapeError */
export function isnan(x: Tensor<DType>): Tensor<'bool'> {
  return tested('isnan', x, Number.isNaN);
}

/** Whether each element is an infinity. As `torch.isinf`. @throws ArgumentError, ShapeError */
export function isinf(x: Tensor<DType>): Tensor<'bool'> {
  return tested('isinf', x, (value) => value === Infinity || value === -Infinity);
}

/** Whether each element is neither NaN nor an infinity. As `torch.isfinite`. @throws ArgumentError, ShapeError */
export function isfinite(x: Tensor<DType>): Tensor<'bool'> {
  return tested('isfinite', x, Number.isFinite);
}

/** Whether each element is 0. As `torch.logical_not`. @throws ArgumentError, ShapeError */
export function logicalNot(x: Tensor<DType>): Tensor<'bool'> {
  return tested('logicalNot', x, (value) => value === 0);
}

/** What is not 0, of both operands, by the rule `y(number of them that are not 0)`. */
function logical(
  op: string,
  a: Tensor<DType>,
  b: Tensor<DType>,
  rule: (p: number, q: number) => number,
): Tensor<'bool'> {
  checkTensor(op, 'a', a, DTYPES);
  checkTensor(op, 'b', b, DTYPES);
  const shape = broadcastShape(op, a.shape, b.shape);
  const p = stretched(op, convert(a.data, 'bool'), a.shape, shape);
  const q = stretched(op, convert(b.data, 'bool'), b.shape, shape);
  return new Tensor(
    p.map((value, i) => rule(value, q[i]!)),
    shape,
    'bool',
  );
}

/** Whether both elements are not 0, broadcasting. As `torch.logical_and`. @throws ArgumentError, ShapeError */
export function logicalAnd(a: Tensor<DType>, b: Tensor<DType>): Tensor<'bool'> {
  return logical('logicalAnd', a, b, (p, q) => p & q);
}

/** Whether one of the elements is not 0, broadcasting. As `torch.logical_or`. @throws ArgumentError, ShapeError */
export function logicalOr(a: Tensor<DType>, b: Tensor<DType>): Tensor<'bool'> {
  return logical('logicalOr', a, b, (p, q) => p | q);
}

/** Whether exactly one of the elements is not 0, broadcasting. As `torch.logical_xor`. @throws ArgumentError, ShapeError */
export function logicalXor(a: Tensor<DType>, b: Tensor<DType>): Tensor<'bool'> {
  return logical('logicalXor', a, b, (p, q) => p ^ q);
}

/** Whether shapes and all elements are equal. As `torch.equal`. @throws ArgumentError, ShapeError */
export function equal(a: Tensor<DType>, b: Tensor<DType>): boolean {
  checkTensor('equal', 'a', a, DTYPES);
  checkTensor('equal', 'b', b, DTYPES);
  return sameShape(a.shape, b.shape) && eq(a, b).data.every((value) => value === 1);
}

export interface AllcloseOptions {
  /** Of the magnitude of b; default 1e-5. */
  rtol?: number;
  /** Default 1e-8. */
  atol?: number;
  /** Whether NaN is close to NaN; default false. */
  equalNan?: boolean;
}

/** Whether |a - b| ≤ atol + rtol · |b| for all elements, broadcasting. As `torch.allclose`. @throws ArgumentError, ArgumentRangeError, ShapeError */
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
  const p = stretched('allclose', a.data, a.shape, shape);
  const q = stretched('allclose', b.data, b.shape, shape);
  for (let i = 0; i < p.length; i++) {
    const x = Number(p[i]);
    const y = Number(q[i]);
    const close = x === y || (Number.isFinite(y) && Math.abs(x - y) <= atol + rtol * Math.abs(y));
    if (!close && !(equalNan && Number.isNaN(x) && Number.isNaN(y))) return false;
  }
  return true;
}
