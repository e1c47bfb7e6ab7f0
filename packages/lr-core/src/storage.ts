/** What optimizers ask of parameters and their memory. */
import { ArgumentError, message, ShapeError, StateError } from './check.ts';
import type { DeviceBuffer, Parameter, SparseGrad, Storage, WritableBuffer } from './param.ts';

/** The number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

export function isParameter(value: unknown): value is Parameter {
  return (
    typeof value === 'object' && value !== null && 'shape' in value && 'data' in value && 'grad' in value
  );
}

export function isSparse(grad: Storage | SparseGrad): grad is SparseGrad {
  return 'indices' in grad;
}

/** @throws StateError unless `storage` is CPU memory */
export function onCpu(op: string, storage: Storage): Float32Array {
  if (storage instanceof Float32Array) return storage;
  throw new StateError(message(op, 'storage', 'on the CPU', storage?.device ?? storage));
}

/** Of a device. */
export function isBuffer(value: unknown): value is DeviceBuffer {
  return typeof (value as Partial<DeviceBuffer> | null)?.toFloat32Array === 'function';
}

/** @throws StateError unless `storage` is memory that can be written, of the CPU or of a device */
export function writable(op: string, storage: Storage): Float32Array | WritableBuffer {
  if (isBuffer(storage) && typeof (storage as Partial<WritableBuffer>).zeros === 'function') {
    return storage as WritableBuffer;
  }
  return onCpu(op, storage);
}

/** The elements on the host: the storage itself, of a device a copy. */
export function hostOf(storage: Storage): Float32Array {
  return storage instanceof Float32Array ? storage : storage.toFloat32Array();
}

/** Has `change` change elements on the host, and those of a device with them. @throws StateError as writable */
export function onHost(
  op: string,
  storages: readonly Storage[],
  change: (arrays: readonly Float32Array[]) => void,
): void {
  const places = storages.map((storage) => writable(op, storage));
  const arrays = places.map(hostOf);
  change(arrays);
  places.forEach((place, i) => place !== arrays[i] && place.set(arrays[i]!));
}

/** Row `indices[i]` of the gradient is `values[i * rowLength …]`: the elements of one row of dimension 0. */
export function rowLengthOf(param: Parameter): number {
  return sizeOf(param.shape.slice(1));
}

/** @throws ArgumentError, ShapeError unless the gradient of `param` fits its data */
export function checkGrad(op: string, param: Parameter): void {
  const { grad, data } = param;
  if (grad === null) return;
  if (typeof grad !== 'object') {
    throw new ArgumentError(message(op, 'grad', 'a Float32Array, a sparse gradient or null', grad));
  }
  if (isSparse(grad)) {
    checkSparseGrad(op, param, grad);
    return;
  }
  if (!(grad instanceof Float32Array) && typeof grad.device !== 'string') {
    throw new ArgumentError(message(op, 'grad', 'a Float32Array, a sparse gradient or null', grad));
  }
  if (grad.length !== data.length) {
    throw new ShapeError(message(op, 'grad', `${data.length} values, as many as data,`, grad.length));
  }
}

function checkSparseGrad(op: string, param: Parameter, grad: SparseGrad): void {
  const { indices, values } = grad;
  if (!(indices instanceof Int32Array)) {
    throw new ArgumentError(message(op, 'grad.indices', 'an Int32Array', indices));
  }
  if (!(values instanceof Float32Array)) {
    throw new ArgumentError(message(op, 'grad.values', 'a Float32Array', values));
  }
  const count = indices.length * rowLengthOf(param);
  if (values.length !== count) {
    throw new ShapeError(
      message(op, 'grad.values', `${count} values for ${indices.length} rows`, values.length),
    );
  }
  const rows = param.shape[0] ?? 0;
  for (const row of indices) {
    if (!(row >= 0 && row < rows)) {
      throw new ShapeError(message(op, 'grad.indices', `row numbers in [0, ${rows})`, row));
    }
  }
}
