/** Element-wise arithmetic of two tensors that broadcast, or of a tensor and a number: add, sub, mul, div. */
import { checkType } from '@org/lr-core';
import { sizeOf } from '../dtype.ts';
import { acquire } from '../pool.ts';
import { Tensor } from '../tensor.ts';
import type { Operand } from '../tensor.ts';
import { broadcastShape, broadcastStrides, sumTo } from './broadcast.ts';
import { checkTensor, result } from './op.ts';
import { forEachRow, mergeDims } from './strides.ts';

type Kind = 'add' | 'sub' | 'mul' | 'div';

function operand(op: Kind, name: string, value: Operand): Tensor {
  if (typeof value === 'number') return new Tensor(Float32Array.of(value), []);
  checkType(value instanceof Tensor, op, name, 'a float32 Tensor or a number', value);
  checkTensor(op, name, value);
  return value;
}

/** y[i] = a[i·as] kind b[i·bs] for `length` elements, from the given offsets. */
function row(
  kind: Kind,
  length: number,
  a: Float32Array,
  ai: number,
  as: number,
  b: Float32Array,
  bi: number,
  bs: number,
  y: Float32Array,
  yi: number,
): void {
  if (kind === 'add') for (let i = 0; i < length; i++) y[yi + i] = a[ai + i * as]! + b[bi + i * bs]!;
  else if (kind === 'sub') for (let i = 0; i < length; i++) y[yi + i] = a[ai + i * as]! - b[bi + i * bs]!;
  else if (kind === 'mul') for (let i = 0; i < length; i++) y[yi + i] = a[ai + i * as]! * b[bi + i * bs]!;
  else for (let i = 0; i < length; i++) y[yi + i] = a[ai + i * as]! / b[bi + i * bs]!;
}

/** y (shape) = a kind b, both broadcast to `shape`. */
function compute(
  kind: Kind,
  shape: readonly number[],
  a: Float32Array,
  aShape: readonly number[],
  b: Float32Array,
  bShape: readonly number[],
  y: Float32Array,
): Float32Array {
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

function negate(x: Float32Array): Float32Array {
  const y = acquire(x.length);
  for (let i = 0; i < x.length; i++) y[i] = -x[i]!;
  return y;
}

/** The gradients of a and b before they are summed to the shapes of a and b; `shape` is the output's. */
type Rule = (
  dy: Float32Array,
  shape: readonly number[],
  a: Tensor,
  b: Tensor,
  needs: readonly boolean[],
) => [Float32Array | null, Float32Array | null];

const RULES: { readonly [K in Kind]: Rule } = {
  add: (dy) => [dy, dy],
  sub: (dy, _shape, _a, _b, needs) => [dy, needs[1] ? negate(dy) : null],
  mul: (dy, shape, a, b, needs) => [
    needs[0] ? compute('mul', shape, dy, shape, b.data, b.shape, acquire(dy.length)) : null,
    needs[1] ? compute('mul', shape, dy, shape, a.data, a.shape, acquire(dy.length)) : null,
  ],
  div: (dy, shape, a, b, needs) => {
    const da = compute('div', shape, dy, shape, b.data, b.shape, acquire(dy.length));
    if (!needs[1]) return [da, null];
    // db = -dy · a / b / b
    const quotient = compute('div', shape, a.data, a.shape, b.data, b.shape, acquire(dy.length));
    const db = negate(compute('mul', shape, da, shape, quotient, shape, quotient));
    return [da, db];
  },
};

function binary(kind: Kind, left: Operand, right: Operand): Tensor {
  const a = operand(kind, 'a', left);
  const b = operand(kind, 'b', right);
  const shape = broadcastShape(kind, a.shape, b.shape);
  const y = compute(kind, shape, a.data, a.shape, b.data, b.shape, new Float32Array(sizeOf(shape)));
  return result(kind, [a, b], y, shape, (dy, needs) => {
    const [da, db] = RULES[kind](dy, shape, a, b, needs);
    return [
      needs[0] && da !== null ? sumTo(da, shape, a.shape) : null,
      needs[1] && db !== null ? sumTo(db, shape, b.shape) : null,
    ];
  });
}

/** a + b for each element, broadcasting. As `torch.add`. @throws ArgumentError, ShapeError */
export function add(a: Operand, b: Operand): Tensor {
  return binary('add', a, b);
}

/** a - b for each element, broadcasting. As `torch.sub`. @throws ArgumentError, ShapeError */
export function sub(a: Operand, b: Operand): Tensor {
  return binary('sub', a, b);
}

/** a · b for each element, broadcasting. As `torch.mul`. @throws ArgumentError, ShapeError */
export function mul(a: Operand, b: Operand): Tensor {
  return binary('mul', a, b);
}

/** a / b for each element, broadcasting; division by zero gives an infinity or NaN. As `torch.div`. @throws ArgumentError, ShapeError */
export function div(a: Operand, b: Operand): Tensor {
  return binary('div', a, b);
}
