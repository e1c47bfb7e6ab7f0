/** The elements of a tensor: an array as it is, a copy of memory of a device (lr-core's DeviceBuffer). */
export function onHost<T>(data: T): T | Float32Array {
  const { toFloat32Array } = (data ?? {}) as { toFloat32Array?: unknown };
  return typeof toFloat32Array === 'function' ? (toFloat32Array.call(data) as Float32Array) : data;
}
