import { refuseCapture } from '../capture.ts';
import { deviceOf, hostOf, onDevice } from '../device-array.ts';
import type { Device } from '../device.ts';
import type { ArrayOf, DType } from '../dtype.ts';
import type { Tensor } from '../tensor.ts';
import { result } from './op.ts';

function moved<D extends DType>(x: ArrayOf[D], dtype: D, device: Device): ArrayOf[D] {
  refuseCapture('a copy from one device to another');
  return device === 'cpu' ? hostOf(x) : onDevice(device, dtype, x);
}

/** What `Tensor.to` gives for a device that has been checked. */
export function toDevice<D extends DType>(x: Tensor<D>, device: Device): Tensor<D> {
  const from = deviceOf(x.data);
  if (from === device) return x;
  const backward = (dy: ArrayOf[D]): ArrayOf[D][] => [moved(dy, x.dtype, from)];
  return result('to', [x], moved(x.data, x.dtype, device), x.shape, backward, null, undefined, x.dtype);
}
