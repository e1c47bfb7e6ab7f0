/** What every op uses: how its result joins the tape, and the checks of its arguments. */
import {
  ArgumentError,
  ShapeError,
  checkInteger,
  checkRange,
  checkShape,
  checkType,
  message,
  show,
} from '@org/lr-core';
import { REDUCTION } from '../addon-types.ts';
import type { Reduction } from '../addon-types.ts';
import { checkForward, isAnomalyEnabled } from '../anomaly.ts';
import { Node, isGradEnabled } from '../autograd.ts';
import type { Attributes, Backward } from '../autograd.ts';
import { DeviceArray, deviceOf } from '../device-array.ts';
import { DeviceError } from '../device.ts';
import type { Device } from '../device.ts';
import { DTYPES } from '../dtype.ts';
import type { ArrayOf, DType } from '../dtype.ts';
import { Tensor } from '../tensor.ts';
import { saveValues } from './saved-values.ts';

const NO_ATTRIBUTES: Attributes = Object.freeze({});

/**
 * The output of an op. Where gradients are recorded and an input wants one, `backward` runs once its own is known, and
 * `onRelease` when the graph is freed: it gives back (pool.ts) what `backward` kept. `attributes` are for exports;
 * `dtype` says that an array of bytes is one of booleans.
 */
export function result<D extends DType = 'float32'>(
  op: string,
  inputs: readonly Tensor<DType>[],
  data: ArrayOf[D],
  shape: readonly number[],
  backward: Backward<D>,
  onRelease: (() => void) | null = null,
  attributes: Attributes = NO_ATTRIBUTES,
  dtype?: D,
): Tensor<D> {
  if (DeviceArray.inUse) checkOneDevice(op, inputs);
  if (isAnomalyEnabled()) checkForward(op, inputs, data);
  const y = new Tensor<D>(data, shape, dtype);
  if (records(inputs)) {
    y.requiresGrad = true;
    y.gradFn = new Node(op, inputs, backward as unknown as Backward, onRelease, attributes);
    saveValues(y.gradFn, y);
  } else {
    onRelease?.();
  }
  return y;
}

/** @throws DeviceError unless all tensors are on one device; scalars of the CPU may be beside others */
export function checkOneDevice(op: string, tensors: readonly Tensor<DType>[]): void {
  if (!DeviceArray.inUse) return;
  let device: Device | null = null;
  for (const { data, shape } of tensors) {
    const own = deviceOf(data);
    if (own === 'cpu' && shape.length === 0) continue;
    device ??= own;
    if (own === device) continue;
    throw new DeviceError(`[${op}] expected all tensors on one device but received ${device} and ${own}`);
  }
}

/** Whether the result of an op on these inputs will require a gradient. */
export function records(inputs: readonly Tensor<DType>[]): boolean {
  if (!isGradEnabled()) return false;
  for (const input of inputs) if (input.requiresGrad) return true;
  return false;
}

/** What arithmetic takes. Messages name float32 alone, which everybody but a gradient check uses. */
const REAL: readonly DType[] = ['float32', 'float64'];

/**
 * @param dtypes element types that the op takes; default float32 and float64
 * @throws ArgumentError unless `value` is a tensor of one of `dtypes`, ShapeError where it is empty
 */
export function checkTensor(op: string, name: string, value: unknown, dtypes: readonly DType[] = REAL): void {
  const types = dtypes === REAL ? 'float32 ' : dtypes === DTYPES ? '' : `${dtypes.join(' or ')} `;
  const expected = `a ${types}Tensor`;
  if (!(value instanceof Tensor)) throw new ArgumentError(message(op, name, expected, value));
  const tensor = value as Tensor<DType>;
  if (!dtypes.includes(tensor.dtype)) {
    throw new ArgumentError(
      `[${op}] expected ${name} to be ${expected} but received a Tensor of ${tensor.dtype}`,
    );
  }
  if (tensor.data.length === 0) {
    throw new ShapeError(
      message(op, name, 'a Tensor with elements', tensor.shape).replace('received', 'received shape'),
    );
  }
}

/** @throws as checkTensor, unless `value` is a tensor of the element type of `like`, such as a weight of its input's */
export function checkTensorLike(op: string, name: string, value: unknown, like: Tensor<DType>): void {
  checkTensor(op, name, value, [like.dtype]);
  checkOneDevice(op, [like, value as Tensor<DType>]);
}

/** @throws ShapeError unless `tensor` has the number of dimensions of one of `layouts`, such as `(N, C, H, W)` */
export function checkNdim(op: string, name: string, tensor: Tensor<DType>, layouts: readonly string[]): void {
  const ok = layouts.some((layout) => layout.split(',').length === tensor.shape.length);
  if (!ok)
    throw new ShapeError(
      `[${op}] expected ${name} to be of shape ${layouts.join(' or ')} but received ${show(tensor.shape)}`,
    );
}

/** @throws ShapeError unless `tensor.shape` is `shape` */
export function checkShapeIs(
  op: string,
  name: string,
  tensor: Tensor<DType>,
  shape: readonly number[],
): void {
  const ok = tensor.shape.length === shape.length && shape.every((length, i) => length === tensor.shape[i]);
  checkShape(ok, op, `${name}.shape`, `[${shape.join(', ')}]`, tensor.shape);
}

/** A size in both directions: a number for both, or [height, width]. */
export type Pair = number | readonly [number, number];

/** @throws ArgumentError, ArgumentRangeError unless `value` is an integer >= `min` or a pair of them */
export function checkPair(op: string, name: string, value: unknown, min: number): [number, number] {
  if (typeof value === 'number') {
    checkInteger(op, name, value, min);
    return [value, value];
  }
  const isPair = Array.isArray(value) && value.length === 2;
  checkType(isPair, op, name, `an integer >= ${min} or a pair [height, width] of them`, value);
  const [height, width] = value as [unknown, unknown];
  checkInteger(op, `${name}[0]`, height, min);
  checkInteger(op, `${name}[1]`, width, min);
  return [height, width];
}

/** How many dimensions an image has beside batch and channels; a signal of one is an image of one row. */
export type Spatial = 1 | 2;

/**
 * A size along every spatial dimension as [height, width], where a signal's height has the size `single`.
 *
 * @throws ArgumentError, ArgumentRangeError unless `value` is an integer >= `min`, in a list of one too, or of two
 */
export function checkSpatial(
  op: string,
  name: string,
  value: unknown,
  min: number,
  spatial: Spatial,
  single: 0 | 1,
): [number, number] {
  if (spatial === 2) return checkPair(op, name, value, min);
  const size: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  checkInteger(op, name, size, min);
  return [single, size];
}

/** Height and width of the last dimensions of `x`: [1, length] of a signal. */
export function spatialSize(x: Tensor<DType>, spatial: Spatial): [number, number] {
  return [spatial === 2 ? x.shape.at(-2)! : 1, x.shape.at(-1)!];
}

/** Layouts of a batch and of one of its items. */
export function layoutsOf(spatial: Spatial): [string, string] {
  return spatial === 2 ? ['(N, C, H, W)', '(C, H, W)'] : ['(N, C, L)', '(C, L)'];
}

/** A dimension counted from the end where it is negative, as in PyTorch. @throws ArgumentRangeError */
export function checkDim(op: string, name: string, dim: unknown, ndim: number): number {
  checkInteger(op, name, dim);
  const last = Math.max(ndim, 1);
  checkRange(dim >= -last && dim < last, op, name, `an integer from ${-last} to ${last - 1}`, dim);
  return dim < 0 ? dim + last : dim;
}

/** @throws ArgumentError unless `value` is one of `choices` */
export function checkChoice<T extends string>(
  op: string,
  name: string,
  value: unknown,
  choices: readonly T[],
): asserts value is T {
  checkType(choices.includes(value as T), op, name, choices.map((c) => `'${c}'`).join(' or '), value);
}

/** @throws ArgumentError unless `value` is `'none'`, `'mean'` or `'sum'` */
export function checkReduction(op: string, value: unknown): asserts value is Reduction {
  checkChoice(op, 'reduction', value, Object.keys(REDUCTION) as Reduction[]);
}
