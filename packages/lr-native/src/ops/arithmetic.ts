/** Element-wise arithmetic of two tensors that broadcast, or of a tensor and a number: add, sub, mul, div. */
import { checkType } from '@org/lr-core';
import { arrayLike, sizeOf } from '../dtype.ts';
import type { RealArray, RealDType } from '../dtype.ts';
import { acquire, acquireLike } from '../pool.ts';
import { Tensor } from '../tensor.ts';
import { broadcastShape, broadcastStrides, sumTo } from './broadcast.ts';
import { checkTensor, checkTensorLike, result } from './op.ts';
import { forEachRow, mergeDims } from './strides.ts';

type Kind = 'add' | 'sub' | 'mul' | 'div';

type Operand<D extends RealDType> = Tensor<D> | number;

/** A number has the type of the other operand. */
function operand<D extends RealDType>(
  op: Kind,
  name: string,
  value: Operand<D>,
  other: Operand<D>,
): Tensor<D> {
  if (typeof value === 'number') {
    const data = other instanceof Tensor ? arrayLike(other.data, 1) : Float32Array.of(0);
    data[0] = value;
    return new Tensor(data as Tensor<D>['data'], []);
  }
  checkType(value instanceof Tensor, op, name, 'a float32 Tensor or a number', value);
  checkTensor(op, name, value);
  if (other instanceof Tensor && name === 'b') checkTensorLike(op, name, value, other);
  return value;
}

/** y[i] = a[i·as] kind b[i·bs] for `length` elements, from the given offsets. */
function row(
  kind: Kind,
  length: number,
  a: RealArray,
  ai: number,
  as: number,
  b: RealArray,
  bi: number,
  bs: number,
  y: RealArray,
  yi: number,
): void {
  if (kind === 'add') for (let i = 0; i < length; i++) y[yi + i] = a[ai + i * as]! + b[bi + i * bs]!;
  else if (kind === 'sub') for (let i = 0; i < length; i++) y[yi + i] = a[ai + i * as]! - b[bi + i * bs]!;
  else if (kind === 'mul') for (let i = 0; i < length; i++) y[yi + i] = a[ai + i * as]! * b[bi + i * bs]!;
  else for (let i = 0; i < length; i++) y[yi + i] = a[ai + i * as]! / b[bi + i * bs]!;
}

/** y (shape) = a kind b, both broadcast to `shape`. */
function compute<A extends RealArray>(
  kind: Kind,
  shape: readonly number[],
  a: RealArray,
  aShape: readonly number[],
  b: RealArray,
  bShape: readonly number[],
  y: A,
): A {
  const dims = mergeDims(shape, broadcastStrides(aShape, shape), broadcastStrides(bShape, shape));
  const length = dims.shape.at(-1)!;
  const as = dims.a.at(-1)!;
  const bs = dims.b.at(-1)!;
  let yi = 0;
  forEachRow(dims.shape, dims.a, dims.b, (ai, bi) => {
    row(kind, length, a, ai, as, b, bi, bs, y, yi);
    yi += length;
  });
  return y;
}

function negate(x: RealArray): RealArray {
  const y = acquireLike(x);
  for (let i = 0; i < x.length; i++) y[i] = -x[i]!;
  return y;
}

/** The gradients of a and b before they are summed to the shapes of a and b; `shape` is the output's. */
type Rule = (
  dy: RealArray,
  shape: readonly number[],
  a: Tensor<RealDType>,
  b: Tensor<RealDType>,
  needs: readonly boolean[],
) => [RealArray | null, RealArray | null];

const RULES: { readonly [K in Kind]: Rule } = {
  add: (dy) => [dy, dy],
  sub: (dy, _shape, _a, _b, needs) => [dy, needs[1] ? negate(dy) : null],
  mul: (dy, shape, a, b, needs) => [
    needs[0] ? compute('mul', shape, dy, shape, b.data, b.shape, acquire(dy.length, dy)) : null,
    needs[1] ? compute('mul', shape, dy, shape, a.data, a.shape, acquire(dy.length, dy)) : null,
  ],
  div: (dy, shape, a, b, needs) => {
    const da = compute('div', shape, dy, shape, b.data, b.shape, acquire(dy.length, dy));
    if (!needs[1]) return [da, null];
    // db = -dy · a / b / b
    const quotient = compute('div', shape, a.data, a.shape, b.data, b.shape, acquire(dy.length, dy));
    const db = negate(compute('mul', shape, da, shape, quotient, shape, quotient));
    return [da, db];
  },
};

function binary<D extends RealDType>(kind: Kind, left: Operand<D>, right: Operand<D>): Tensor<D> {
  const a = operand(kind, 'a', left, right);
  const b = operand(kind, 'b', right, left);
  const shape = broadcastShape(kind, a.shape, b.shape);
  const y = compute(kind, shape, a.data, a.shape, b.data, b.shape, arrayLike(a.data, sizeOf(shape)));
  return result(kind, [a, b], y, shape, (dy, needs) => {
    const [da, db] = RULES[kind](dy, shape, a, b, needs);
    return [
      needs[0] && da !== null ? sumTo(da, shape, a.shape) : null,
      needs[1] && db !== null ? sumTo(db, shape, b.shape) : null,
    ] as (Tensor<D>['data'] | null)[];
  });
}

/** a + b for each element, broadcasting. As `torch.add`. @throws ArgumentError, ShapeError */
export function add<D extends RealDType>(a: Operand<D>, b: Operand<D>): Tensor<D> {
  return binary('add', a, b);
}

/** a - b for each element, broadcasting. As `torch.sub`. @throws ArgumentError, ShapeError */
export function sub<D extends RealDType>(a: Operand<D>, b: Operand<D>): Tensor<D> {
  return binary('sub', a, b);
}

/** a · b for each element, broadcasting. As `torch.mul`. @throws ArgumentError, ShapeError */
export function mul<D extends RealDType>(a: Operand<D>, b: Operand<D>): Tensor<D> {
  return binary('mul', a, b);
}

/** a / b for each element, broadcasting; division by zero gives an infinity or NaN. As `torch.div`. @throws ArgumentError, ShapeError */
export function div<D extends RealDType>(a: Operand<D>, b: Operand<D>): Tensor<D> {
  return binary('div', a, b);
}
