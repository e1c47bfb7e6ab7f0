/**
 * Arithmetic that changes a tensor in place, for what no gradient is recorded of: running averages, weights between two
 * steps. Broadcasts its operand to the shape of the tensor. The methods of the same names are what callers use.
 */
import { ShapeError, StateError, checkNumber, checkType, show } from '@org/lr-core';
import { isGradEnabled, noGrad } from '../autograd.ts';
import { convert } from '../dtype.ts';
import type { ArrayOf, DType } from '../dtype.ts';
import { Tensor, sameShape } from '../tensor.ts';
import type { Operand } from '../tensor.ts';
import { changed } from '../versions.ts';
import { add, div, mul, sub } from './arithmetic.ts';
import { broadcastShape } from './broadcast.ts';
import { broadcastWalk, move, strided, wholeWalk } from './strided.ts';
import { toDevice } from './to-device.ts';

/** @throws StateError where a gradient would be lost: outside of noGrad, with a tensor that requires one */
function checkWritable(op: string, x: Tensor<DType>, operand?: unknown): void {
  if (!isGradEnabled()) return;
  if (x.requiresGrad) {
    const what = x.gradFn === null ? 'a leaf that requires a gradient' : `the result of ${x.gradFn.op}`;
    throw new StateError(
      `[${op}] expected a tensor that no gradient flows through but received ${what}: change it in noGrad(…)`,
    );
  }
  if (operand instanceof Tensor && operand.requiresGrad) {
    throw new StateError(
      `[${op}] expected an operand that requires no gradient but this one does: detach() it, or use the op that is not in place`,
    );
  }
}

/** @throws ShapeError unless `operand` broadcasts to the shape of `x` */
function checkFits(op: string, x: Tensor<DType>, operand: Tensor<DType>): void {
  if (sameShape(broadcastShape(op, x.shape, operand.shape), x.shape)) return;
  throw new ShapeError(
    `[${op}] expected an operand that broadcasts to ${show(x.shape)} but received ${show(operand.shape)}`,
  );
}

function write<T extends Tensor<DType>>(x: T, values: ArrayOf[DType]): T {
  (x.data as Float32Array).set(values as Float32Array);
  changed(x.data);
  return x;
}

function arithmetic(op: string, compute: typeof add, x: Tensor, operand: Operand): Tensor {
  checkWritable(op, x, operand);
  const isOperand = typeof operand === 'number' || operand instanceof Tensor;
  checkType(isOperand, op, 'other', 'a Tensor or a number', operand);
  if (typeof operand !== 'number') checkFits(op, x, operand);
  return write(x, noGrad(() => compute(x, operand)).data);
}

/** x += other. As `torch.Tensor.add_`. @throws ArgumentError, ShapeError, StateError */
export function add_(x: Tensor, other: Operand): Tensor {
  return arithmetic('add_', add, x, other);
}

/** x -= other. As `torch.Tensor.sub_`. @throws ArgumentError, ShapeError, StateError */
export function sub_(x: Tensor, other: Operand): Tensor {
  return arithmetic('sub_', sub, x, other);
}

/** x *= other. As `torch.Tensor.mul_`. @throws ArgumentError, ShapeError, StateError */
export function mul_(x: Tensor, other: Operand): Tensor {
  return arithmetic('mul_', mul, x, other);
}

/** x /= other. As `torch.Tensor.div_`. @throws ArgumentError, ShapeError, StateError */
export function div_(x: Tensor, other: Operand): Tensor {
  return arithmetic('div_', div, x, other);
}

/** Every element becomes `value`. As `torch.Tensor.fill_`. @throws ArgumentError, StateError */
export function fill_<T extends Tensor<DType>>(x: T, value: number): T {
  checkNumber('fill_', 'value', value);
  checkWritable('fill_', x);
  const [element] = convert([value], x.dtype);
  (x.data as Float32Array).fill(element as number);
  changed(x.data);
  return x;
}

/** Every element becomes 0. As `torch.Tensor.zero_`. @throws StateError */
export function zero_<T extends Tensor<DType>>(x: T): T {
  checkWritable('zero_', x);
  return fill_(x, 0);
}

/**
 * The elements of `source`, converted to the type of `x` and broadcast to its shape. As `torch.Tensor.copy_`.
 *
 * @throws ArgumentError, ShapeError, StateError
 */
export function copy_<T extends Tensor<DType>>(x: T, source: Tensor<DType>): T {
  checkType(source instanceof Tensor, 'copy_', 'source', 'a Tensor', source);
  checkWritable('copy_', x, source);
  checkFits('copy_', x, source);
  const values = toDevice(source.detach().asType(x.dtype), x.device).data;
  const walks = [broadcastWalk(source.shape, x.shape), wholeWalk(x.shape)];
  move(strided('copy_', x.shape, walks), values as ArrayOf[DType], x.data);
  changed(x.data);
  return x;
}
