/**
 * Two operands made one element type, as PyTorch promotes: integers and booleans beside reals become reals, numbers take
 * the type of the tensor beside them. What PyTorch promotes between two widths is an error that names asType.
 */
import { ArgumentError, ArgumentRangeError, checkType, show } from '@org/lr-core';
import { DTYPES, convert, isReal } from '../dtype.ts';
import type { DType } from '../dtype.ts';
import { Tensor } from '../tensor.ts';
import { checkOneDevice, checkTensor } from './op.ts';
import { toDevice } from './to-device.ts';

/** A tensor, or a number that stands for one of no dimensions. */
export type AnyOperand = Tensor<DType> | number;

function checkOperand(op: string, name: string, value: unknown): asserts value is AnyOperand {
  if (typeof value === 'number') return;
  checkType(value instanceof Tensor, op, name, 'a Tensor or a number', value);
  checkTensor(op, name, value, DTYPES);
}

/** A scalar of the CPU, which may be beside tensors of any device. */
function scalar(op: string, name: string, value: number, dtype: DType): Tensor<DType> {
  const fits = isReal(dtype) || (dtype === 'bool' ? value === 0 || value === 1 : Number.isInteger(value));
  if (!fits) {
    throw new ArgumentRangeError(
      `[${op}] expected ${name} to be ${dtype === 'bool' ? '0 or 1' : 'an integer'}, beside a Tensor of ${dtype}, but received ${show(value)}; asType('float32') makes that one real`,
    );
  }
  return new Tensor(convert([value], dtype), [], dtype);
}

/** Both operands as tensors of one element type. @throws ArgumentError, ArgumentRangeError, ShapeError */
export function promote(
  op: string,
  names: readonly [string, string],
  left: unknown,
  right: unknown,
): [Tensor<DType>, Tensor<DType>] {
  checkOperand(op, names[0], left);
  checkOperand(op, names[1], right);
  if (typeof left === 'number') {
    const dtype = typeof right === 'number' ? 'float32' : right.dtype;
    const b = typeof right === 'number' ? scalar(op, names[1], right, dtype) : right;
    return [scalar(op, names[0], left, dtype), b];
  }
  if (typeof right === 'number') return [left, scalar(op, names[1], right, left.dtype)];
  checkOneDevice(op, [left, right]);
  if (left.device !== right.device) {
    const { device } = left.device === 'cpu' ? right : left;
    return promote(op, names, toDevice(left, device), toDevice(right, device));
  }
  if (left.dtype === right.dtype) return [left, right];
  if (isReal(left.dtype) && !isReal(right.dtype)) return [left, right.asType(left.dtype)];
  if (isReal(right.dtype) && !isReal(left.dtype)) return [left.asType(right.dtype), right];
  throw new ArgumentError(
    `[${op}] expected ${names[1]} to be a Tensor of ${left.dtype}, as ${names[0]} is, but received a Tensor of ${right.dtype}; asType('${left.dtype}') converts it`,
  );
}
