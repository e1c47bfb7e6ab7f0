/**
 * Reuses arrays that no caller can hold: gradients of intermediate results and what an op keeps between its
 * passes. A fresh large array costs its page faults and its zeros; a reused one does not. The output of an op is not
 * released, since the caller may still hold it, but by who knows that nobody does (reusingOutputs).
 *
 * What the garbage collector frees the C library keeps for arrays to come, unless the environment says otherwise (MALLOC_*_).
 *
 * A device has a pool of its own in the addon. There arrays go back to it at once, but for those of withOwnPool, whose
 * memory stays theirs.
 */
import { addon } from './addon.ts';
import { DeviceArray } from './device-array.ts';
import { allocatingWith, fresh, movable } from './dtype.ts';
import type { RealArray } from './dtype.ts';

const MAX_FREE_BYTES = 256 * 1024 * 1024;
/** Below this V8's own allocation is as fast. */
const MIN_LENGTH = 1024;

addon.keepFreedMemory(1);

/** Runs `fn`, whose arrays are of sizes that are not needed again: the system has back what is freed meanwhile. */
export function withoutKeeping<T>(fn: () => T): T {
  addon.keepFreedMemory(0);
  try {
    return fn();
  } finally {
    addon.keepFreedMemory(1);
  }
}

let free = new Map<number, Float32Array[]>();
let freeBytes = 0;
/** Arrays of devices in a pool of withOwnPool. */
let freeOnDevice: DeviceArray[] | null = null;

/**
 * An array of `length` elements with any content, which the caller overwrites: float32, or of the type of `like`. Only
 * float32 is kept for reuse.
 */
export function acquire(length: number): Float32Array;
export function acquire<A extends RealArray>(length: number, like: A): A;
export function acquire(length: number, like?: RealArray): RealArray {
  if (like instanceof Float64Array) return new Float64Array(length);
  if (like !== undefined && !(like instanceof Float32Array))
    return acquireOnDevice(length, like as DeviceArray);
  if (length < MIN_LENGTH) return new Float32Array(length);
  const array = free.get(length)?.pop();
  if (array === undefined) return fresh(length);
  freeBytes -= array.byteLength;
  return array;
}

/** An array of the type and length of `like` with any content. */
export function acquireLike<A extends RealArray>(like: A): A {
  return acquire(like.length, like);
}

function acquireOnDevice(length: number, like: Pick<DeviceArray, 'dtype' | 'device'>): RealArray {
  const { dtype, device } = like;
  const at = (freeOnDevice ?? []).findIndex(
    (array) => array.length === length && array.dtype === dtype && array.device === device,
  );
  const array = at < 0 ? DeviceArray.empty(device, dtype, length) : freeOnDevice!.splice(at, 1)[0];
  return array as unknown as RealArray;
}

/** An array of int32 on the device of `like` with any content, for releaseInt32. */
export function acquireInt32(length: number, like: unknown): Int32Array {
  if (like instanceof DeviceArray) {
    return acquireOnDevice(length, { dtype: 'int32', device: like.device }) as unknown as Int32Array;
  }
  const { buffer, byteOffset } = acquire(length);
  return new Int32Array(buffer, byteOffset, length);
}

/** As release. */
export function releaseInt32(array: Int32Array): void {
  release((array instanceof Int32Array ? movable(array) : array) as RealArray);
}

/** Takes back an array that nothing refers to any more. */
export function release(array: RealArray): void {
  const given: unknown = array;
  if (given instanceof DeviceArray) {
    if (given.isView) return;
    if (freeOnDevice === null) given.free();
    else freeOnDevice.push(given);
    return;
  }
  if (array instanceof Float64Array || array.length < MIN_LENGTH) return;
  if (array.byteLength !== array.buffer.byteLength) return;
  if (freeBytes + array.byteLength > MAX_FREE_BYTES) {
    free.clear();
    freeBytes = 0;
  }
  const arrays = free.get(array.length);
  if (arrays === undefined) free.set(array.length, [array]);
  else arrays.push(array);
  freeBytes += array.byteLength;
}

/** Runs `fn`, whose ops write their outputs to arrays of the pool where there are any. */
export function reusingOutputs<T>(fn: () => T): T {
  return allocatingWith(acquire, fn);
}

/**
 * Runs `fn` with a pool of its own, which is dropped afterwards: what it acquires is used by nobody else, before and
 * after.
 */
export function withOwnPool<T>(fn: () => T): T {
  const shared = { free, freeBytes, freeOnDevice };
  free = new Map();
  freeBytes = 0;
  freeOnDevice = [];
  try {
    return fn();
  } finally {
    ({ free, freeBytes, freeOnDevice } = shared);
  }
}
