/** Large fixtures in few bytes: the first values, for a readable failure, and the SHA-256 of all, for every bit. */
import { createHash } from 'node:crypto';
import { expect } from 'vitest';

export interface Digest {
  length: number;
  head: number[];
  sha256: string;
}

export function expectBits(name: string, actual: Float32Array | Int32Array, expected: Digest): void {
  expect(actual.length, name).toBe(expected.length);
  expect(Array.from(actual.subarray(0, 8)), name).toEqual(expected.head);
  expect(sha256(actual), name).toBe(expected.sha256);
}

export function sha256({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): string {
  return createHash('sha256')
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('hex');
}
