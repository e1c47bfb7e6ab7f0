/**
 * Optimizer state as plain data: numbers, strings, booleans, null, arrays and objects, which `structuredClone` and JSON
 * carry without loss. Arrays of floats become arrays of numbers; NaN, infinities and -0, which JSON would change, become
 * the strings 'NaN', 'Infinity', '-Infinity' and '-0'.
 */
import { checkType, ShapeError, message } from './check.ts';
import { isBuffer } from './storage.ts';

const SPECIAL = new Set(['NaN', 'Infinity', '-Infinity', '-0']);

function encodeNumber(value: number): number | string {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? value : String(value);
}

function encodeFloats(values: Float32Array): (number | string)[] {
  const encoded: (number | string)[] = Array.from(values);
  for (let i = 0; i < encoded.length; i++) {
    const value = values[i]!;
    if (value === 0 || value - value !== 0) encoded[i] = encodeNumber(value);
  }
  return encoded;
}

/** A plain copy of `value`, which shares nothing with it. */
export function encode(value: unknown): unknown {
  if (typeof value === 'number') return encodeNumber(value);
  if (value instanceof Float32Array) return encodeFloats(value);
  if (isBuffer(value)) return encodeFloats(value.toFloat32Array());
  if (Array.isArray(value)) return value.map(encode);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, encode(item)]));
}

/** The inverse of `encode`, but for float arrays, which stay arrays of numbers. */
export function decode(value: unknown): unknown {
  if (typeof value === 'string') return SPECIAL.has(value) ? Number(value) : value;
  if (ArrayBuffer.isView(value)) return (value as Float32Array).slice();
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decode(item)]));
}

/**
 * A float array out of a state dict: an array of numbers, or a typed array.
 *
 * @param zeros makes the array
 * @throws ArgumentError, ShapeError unless it has `length` numbers (any number where `length` is undefined)
 */
export function decodeFloats(
  op: string,
  name: string,
  value: unknown,
  length?: number,
  zeros = (count: number): Float32Array => new Float32Array(count),
): Float32Array {
  const isList = Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
  checkType(isList, op, name, 'an array of numbers', value);
  const values = value as ArrayLike<number | string>;
  if (length !== undefined && values.length !== length) {
    throw new ShapeError(message(op, name, `${length} values`, values.length));
  }
  const floats = zeros(values.length);
  for (let i = 0; i < floats.length; i++) {
    const item = values[i];
    const ok = typeof item === 'number' || (typeof item === 'string' && SPECIAL.has(item));
    checkType(ok, op, `${name}[${i}]`, 'a number', item);
    floats[i] = Number(item);
  }
  return floats;
}

/** @throws ArgumentError unless `value` is a number or the string that stands for one */
export function decodeNumber(op: string, name: string, value: unknown): number {
  const number = decode(value);
  checkType(typeof number === 'number', op, name, 'a number', value);
  return number as number;
}
