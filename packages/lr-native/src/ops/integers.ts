/** Arithmetic of integer tensors of one element type: results wrap around, as in PyTorch. */
import { ArgumentError, ArgumentRangeError, checkRange } from '@org/lr-core';
import { addon } from '../addon.ts';
import { ELEMENT, INTEGER } from '../addon-types.ts';
import type { IntegerName } from '../addon-types.ts';
import { beforeReplay } from '../capture.ts';
import { hostOf } from '../device-array.ts';
import { beside, bytesOf, sizeOf, uninitializedLike } from '../dtype.ts';
import type { ArrayOf, DType } from '../dtype.ts';
import { Tensor } from '../tensor.ts';
import { broadcastShape } from './broadcast.ts';
import { broadcastWalk, strided } from './strided.ts';

/** Which are not defined for all operands. */
const CHECKED: readonly IntegerName[] = ['fmod', 'remainder', 'pow'];

/** @throws ArgumentError for booleans, ArgumentRangeError for a division by 0 or a negative power, ShapeError */
export function integerArithmetic(
  kind: Exclude<IntegerName, 'and' | 'or' | 'xor'>,
  a: Tensor<DType>,
  b: Tensor<DType>,
): Tensor<DType> {
  if (a.dtype === 'bool') {
    throw new ArgumentError(
      `[${kind}] expected a to be a Tensor of numbers but received a Tensor of bool; asType('int32') converts it`,
    );
  }
  if (CHECKED.includes(kind)) beforeReplay(() => checkOperand(kind, hostOf(b.data)));
  return integers(kind, kind, a, b);
}

function checkOperand(kind: IntegerName, data: ArrayOf[DType]): void {
  if (kind === 'fmod' || kind === 'remainder') {
    const divides = data instanceof BigInt64Array ? !data.includes(0n) : !data.includes(0);
    checkRange(divides, kind, 'b', 'integers other than 0', 0);
  }
  if (kind !== 'pow') return;
  for (let i = 0; i < data.length; i++) {
    if (data[i]! >= 0) continue;
    throw new ArgumentRangeError(`[pow] expected b to be integers >= 0, as a is integers, but received less`);
  }
}

/** Of tensors of one type of integers or of booleans, broadcasting. @throws ShapeError */
export function integers<D extends DType>(
  op: string,
  kind: IntegerName,
  a: Tensor<D>,
  b: Tensor<D>,
): Tensor<D> {
  const shape = broadcastShape(op, a.shape, b.shape);
  const geometry = strided(op, shape, [broadcastWalk(a.shape, shape), broadcastWalk(b.shape, shape)]);
  const y = uninitializedLike(beside(a.data, b.data), sizeOf(shape));
  addon.integerForward(
    INTEGER[kind],
    ELEMENT[a.dtype],
    geometry,
    bytesOf(a.data),
    bytesOf(b.data),
    bytesOf(y),
  );
  return new Tensor(y, shape, a.dtype);
}
