/**
 * Reuses float32 arrays that no caller can hold: gradients of intermediate results and what an op keeps between its
 * passes. A fresh large array costs its page faults and its zeros; a reused one does not. The output of an op never
 * comes from here, since the caller may still hold it, and nothing that has been handed out may be released.
 */

const MAX_FREE_BYTES = 256 * 1024 * 1024;
/** Below this V8's own allocation is as fast. */
const MIN_LENGTH = 1024;

const free = new Map<number, Float32Array[]>();
let freeBytes = 0;

/** An array of `length` elements with any content; the caller overwrites all of it. */
export function acquire(length: number): Float32Array {
  if (length < MIN_LENGTH) return new Float32Array(length);
  const array = free.get(length)?.pop();
  if (array === undefined) return new Float32Array(length);
  freeBytes -= array.byteLength;
  return array;
}

/** Takes back an array that nothing refers to any more. */
export function release(array: Float32Array): void {
  if (array.length < MIN_LENGTH || array.byteLength !== array.buffer.byteLength) return;
  if (freeBytes + array.byteLength > MAX_FREE_BYTES) {
    free.clear();
    freeBytes = 0;
  }
  const arrays = free.get(array.length);
  if (arrays === undefined) free.set(array.length, [array]);
  else arrays.push(array);
  freeBytes += array.byteLength;
}
