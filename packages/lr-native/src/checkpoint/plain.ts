/**
 * Plain data as JSON text and back, with nothing lost: NaN, the infinities and -0, which JSON does not have, are
 * `{"$number": "NaN"}`; a float array is `{"$floats": "name"}` and goes to a file of tensors under that name.
 */
import { ArgumentError, show } from '@org/lr-core';
import { DeviceArray } from '../device-array.ts';

/** What JSON text stands for; a key whose value is undefined is left out. */
export type Plain =
  null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain | undefined };

/** Takes in a float array and says under which name. */
export type PutFloats = (path: readonly string[], floats: Float32Array) => string;
export type GetFloats = (name: string) => Float32Array;

/**
 * A copy of `value` that JSON carries.
 *
 * @param at what `value` is called in errors
 * @throws ArgumentError for a function, a class instance and whatever else is not plain
 */
export function toJson(op: string, at: string, value: unknown, put?: PutFloats): Plain {
  const walk = (item: unknown, path: readonly string[]): Plain => {
    if (item === null || typeof item === 'boolean' || typeof item === 'string') return item;
    if (typeof item === 'number')
      return Number.isFinite(item) && !Object.is(item, -0)
        ? item
        : { $number: Object.is(item, -0) ? '-0' : String(item) };
    if (Array.isArray(item)) return item.map((part, i) => walk(part, [...path, String(i)]));
    if (item instanceof DeviceArray && put !== undefined)
      return { $floats: put(path, item.toFloat32Array()) };
    if (item instanceof Float32Array && put !== undefined) return { $floats: put(path, item) };
    const prototype: unknown = typeof item === 'object' ? Object.getPrototypeOf(item) : undefined;
    if (prototype === Object.prototype || prototype === null) {
      const entries = Object.entries(item as object).filter(([, part]) => part !== undefined);
      const mark = entries.find(([key]) => key === '$number' || key === '$floats');
      if (mark === undefined)
        return fromEntries(entries.map(([key, part]) => [key, walk(part, [...path, key])]));
    }
    throw new ArgumentError(
      `[${op}] expected ${[at, ...path].join('.')} to be plain data but received ${show(item)}`,
    );
  };
  return walk(value, []);
}

/** The inverse of `toJson`, on what JSON.parse gives. */
export function fromJson(value: unknown, get?: GetFloats): unknown {
  if (Array.isArray(value)) return value.map((item) => fromJson(item, get));
  if (typeof value !== 'object' || value === null) return value;
  const { $number, $floats } = value as Record<string, unknown>;
  if (typeof $number === 'string') return Number($number);
  if (typeof $floats === 'string' && get !== undefined) return get($floats);
  return fromEntries(Object.entries(value).map(([key, item]) => [key, fromJson(item, get)]));
}

/** An object whose keys are its own, `__proto__` too. */
const fromEntries = <T>(entries: (readonly [string, T])[]): Record<string, T> => Object.fromEntries(entries);

const MAX_DIFFERENCES = 20;

/** Where two plain values differ: `model[2].outFeatures: 10 there, 12 here`. */
export function differences(there: unknown, here: unknown, at = ''): string[] {
  if (Object.is(there, here)) return [];
  const [a, b] = [partsOf(there), partsOf(here)];
  if (a === undefined || b === undefined || Array.isArray(there) !== Array.isArray(here))
    return [`${at}: ${words(there)} there, ${words(here)} here`];
  const keys = [...new Set([...a.keys(), ...b.keys()])];
  const path = (key: string): string =>
    Array.isArray(here) ? `${at}[${key}]` : at === '' ? key : `${at}.${key}`;
  return keys.flatMap((key) => differences(a.get(key), b.get(key), path(key))).slice(0, MAX_DIFFERENCES);
}

function partsOf(value: unknown): Map<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return new Map(Object.entries(value).filter(([, part]) => part !== undefined));
}

const words = (value: unknown): string => {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};
