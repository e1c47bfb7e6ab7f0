/** New tensors of a given shape: zeros, ones, full. */
import { checkNumber } from '@org/lr-core';
import { ARRAY_TYPES, sizeOf } from './dtype.ts';
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
  checkDevice(op, device);
  checkDimensions(op, shape);
  const data = new ARRAY_TYPES[dtype](sizeOf(shape)) as ArrayOf[DType];
  if (data instanceof BigInt64Array) data.fill(BigInt(value));
  else data.fill(dtype === 'bool' ? Number(value !== 0) : value);
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
