/** Arithmetic of integer tensors of one element type: results wrap around, as in PyTorch. */
import { ArgumentError, ArgumentRangeError, checkRange } from '@org/lr-core';
import type { BinaryName } from '../addon-types.ts';
import { arrayLike, sizeOf } from '../dtype.ts';
import type { DType } from '../dtype.ts';
import { Tensor } from '../tensor.ts';
import { broadcastShape } from './broadcast.ts';
import { stretched } from './strided.ts';

type Kind = Exclude<BinaryName, 'div' | 'atan2'>;

const NUMBERS: Readonly<Record<Exclude<Kind, 'pow'>, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: Math.imul,
  maximum: Math.max,
  minimum: Math.min,
  fmod: (a, b) => a % b,
  remainder: (a, b) => a - Math.floor(a / b) * b,
};

const BIGINTS: Readonly<Record<Kind, (a: bigint, b: bigint) => bigint>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  pow: power,
  maximum: (a, b) => (a > b ? a : b),
  minimum: (a, b) => (a < b ? a : b),
  fmod: (a, b) => a % b,
  remainder: (a, b) => ((a % b) + b) % b,
};

/** Modulo 2⁶⁴, by repeated squaring. */
function power(base: bigint, exponent: bigint): bigint {
  let y = 1n;
  let square = base;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) y = BigInt.asIntN(64, y * square);
    square = BigInt.asIntN(64, square * square);
  }
  return y;
}

/** @throws ArgumentError for booleans, ArgumentRangeError for a division by 0 or a negative power, ShapeError */
export function integerArithmetic(kind: Kind, a: Tensor<DType>, b: Tensor<DType>): Tensor<DType> {
  if (a.dtype === 'bool') {
    throw new ArgumentError(
      `[${kind}] expected a to be a Tensor of numbers but received a Tensor of bool; asType('int32') converts it`,
    );
  }
  const shape = broadcastShape(kind, a.shape, b.shape);
  const left = stretched(kind, a.data, a.shape, shape);
  const right = stretched(kind, b.data, b.shape, shape);
  if (kind === 'fmod' || kind === 'remainder') {
    const divides = right.every((value: number | bigint) => Number(value) !== 0);
    checkRange(divides, kind, 'b', 'integers other than 0', 0);
  }
  if (kind === 'pow' && right.some((value: number | bigint) => value < 0)) {
    throw new ArgumentRangeError(`[pow] expected b to be integers >= 0, as a is integers, but received less`);
  }
  const y = arrayLike(left, sizeOf(shape));
  if (kind !== 'pow' && !(left instanceof BigInt64Array)) {
    const apply = NUMBERS[kind];
    for (let i = 0; i < y.length; i++) y[i] = apply(left[i]! as number, right[i]! as number);
  } else {
    const apply = BIGINTS[kind];
    for (let i = 0; i < y.length; i++) {
      const value = apply(BigInt(left[i]!), BigInt(right[i]!));
      y[i] = y instanceof BigInt64Array ? value : Number(BigInt.asIntN(32, value));
    }
  }
  return new Tensor(y, shape, a.dtype);
}
