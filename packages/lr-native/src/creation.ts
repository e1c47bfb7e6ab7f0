/** New tensors without random numbers: zeros, ones, full, arange, linspace, eye. */
import { checkInteger, checkNumber, checkRange, checkType } from '@org/lr-core';
import { newArrayOn, onDevice } from './device-array.ts';
import { convert, sizeOf } from './dtype.ts';
import type { ArrayOf, DType } from './dtype.ts';
import { checkDevice, defaultDevice } from './device.ts';
import { Tensor, checkDimensions } from './tensor.ts';
import type { TensorOptions } from './tensor.ts';

export type CreationOptions<D extends DType> = Omit<TensorOptions<D>, 'shape'>;

function create<D extends DType>(
  op: string,
  shape: readonly number[],
  value: number,
  options: CreationOptions<D>,
): Tensor<D> {
  const { dtype = 'float32' as D, requiresGrad = false, device = defaultDevice() } = options;
  const place = checkDevice(op, device);
  checkDimensions(op, shape);
  const data = newArrayOn(place, dtype as DType, sizeOf(shape));
  const element = convert([value], dtype)[0];
  if (element !== 0) (data as Float32Array).fill(element as number);
  const result = new Tensor(data as ArrayOf[D], [...shape], dtype);
  if (requiresGrad) result.requiresGrad = true;
  return result;
}

/** As `torch.zeros`. @throws ShapeError, DeviceError */
export function zeros<D extends DType = 'float32'>(
  shape: readonly number[],
  options: CreationOptions<D> = {},
): Tensor<D> {
  return create('zeros', shape, 0, options);
}

/** As `torch.ones`. @throws ShapeError, DeviceError */
export function ones<D extends DType = 'float32'>(
  shape: readonly number[],
  options: CreationOptions<D> = {},
): Tensor<D> {
  return create('ones', shape, 1, options);
}

/** As `torch.full`. @throws ArgumentError, ShapeError, DeviceError */
export function full<D extends DType = 'float32'>(
  shape: readonly number[],
  value: number,
  options: CreationOptions<D> = {},
): Tensor<D> {
  checkNumber('full', 'value', value);
  return create('full', shape, value, options);
}

function checkLike(op: string, x: unknown): asserts x is Tensor<DType> {
  checkType(x instanceof Tensor, op, 'x', 'a Tensor', x);
}

/** Of the shape, element type and device of `x`, as `torch.zeros_like`. @throws ArgumentError, DeviceError */
export function zerosLike<D extends DType>(x: Tensor<D>, options: CreationOptions<D> = {}): Tensor<D> {
  checkLike('zerosLike', x);
  return create('zerosLike', x.shape, 0, { dtype: x.dtype, device: x.device, ...options });
}

/** Of the shape, element type and device of `x`, as `torch.ones_like`. @throws ArgumentError, DeviceError */
export function onesLike<D extends DType>(x: Tensor<D>, options: CreationOptions<D> = {}): Tensor<D> {
  checkLike('onesLike', x);
  return create('onesLike', x.shape, 1, { dtype: x.dtype, device: x.device, ...options });
}

/** Of the shape, element type and device of `x`, as `torch.full_like`. @throws ArgumentError, DeviceError */
export function fullLike<D extends DType>(
  x: Tensor<D>,
  value: number,
  options: CreationOptions<D> = {},
): Tensor<D> {
  checkLike('fullLike', x);
  checkNumber('fullLike', 'value', value);
  return create('fullLike', x.shape, value, { dtype: x.dtype, device: x.device, ...options });
}

function from<D extends DType>(
  values: number[],
  shape: readonly number[],
  dtype: D,
  { requiresGrad = false, device = defaultDevice() }: CreationOptions<D>,
  op: string,
): Tensor<D> {
  const place = checkDevice(op, device);
  const result = new Tensor(onDevice(place, dtype, convert(values, dtype)), shape, dtype);
  if (requiresGrad) result.requiresGrad = true;
  return result;
}

export interface ArangeOptions<D extends DType> extends CreationOptions<D> {
  /** Default 0. */
  start?: number;
  /** Default 1. */
  step?: number;
}

/**
 * start, start + step, … up to before `end`, as `torch.arange`: int32 where all three are integers, PyTorch's being int64,
 * else float32.
 *
 * @example arange(5), arange(10, { start: 4, step: 2 })
 * @throws ArgumentError, ArgumentRangeError where step is 0 or leads away from end, DeviceError
 */
export function arange<D extends DType = 'float32' | 'int32'>(
  end: number,
  options: ArangeOptions<D> = {},
): Tensor<D> {
  const { start = 0, step = 1 } = options;
  for (const [name, value] of Object.entries({ end, start, step })) {
    checkNumber('arange', name, value);
    checkRange(Number.isFinite(value), 'arange', name, 'a finite number', value);
  }
  const count = Math.ceil((end - start) / step);
  checkRange(step !== 0 && count >= 0, 'arange', 'step', `a number that leads from ${start} to ${end}`, step);
  const isInteger = [start, end, step].every(Number.isInteger);
  const dtype = options.dtype ?? ((isInteger ? 'int32' : 'float32') as D);
  const values = Array.from({ length: count }, (_, i) => start + i * step);
  return from(values, [count], dtype, options, 'arange');
}

/** `steps` numbers from `start` to `end`, both included, as `torch.linspace`. @throws ArgumentError, ArgumentRangeError, DeviceError */
export function linspace<D extends DType = 'float32'>(
  start: number,
  end: number,
  steps: number,
  options: CreationOptions<D> = {},
): Tensor<D> {
  checkNumber('linspace', 'start', start);
  checkNumber('linspace', 'end', end);
  checkInteger('linspace', 'steps', steps, 0);
  const step = (end - start) / Math.max(steps - 1, 1);
  const values = Array.from({ length: steps }, (_, i) =>
    i < steps / 2 ? start + i * step : end - (steps - 1 - i) * step,
  );
  if (steps === 1) values[0] = start;
  return from(values, [steps], options.dtype ?? ('float32' as D), options, 'linspace');
}

/** Ones on the diagonal of a matrix (n, m), m being n by default, else zeros, as `torch.eye`. @throws ArgumentError, ArgumentRangeError, DeviceError */
export function eye<D extends DType = 'float32'>(
  n: number,
  m: number = n,
  options: CreationOptions<D> = {},
): Tensor<D> {
  checkInteger('eye', 'n', n, 0);
  checkInteger('eye', 'm', m, 0);
  const values = new Array<number>(n * m).fill(0);
  for (let i = 0; i < Math.min(n, m); i++) values[i * m + i] = 1;
  return from(values, [n, m], options.dtype ?? ('float32' as D), options, 'eye');
}
