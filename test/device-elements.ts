/**
 * Where tests run on a device, they look into its arrays as into those of the CPU, by copies: the same tests run on both.
 * The package itself is still held to reading elements by copies of its own.
 */
import { expect } from 'vitest';
import type { DeviceArray } from '@org/lr-native';

const METHODS = Object.getPrototypeOf(Float32Array.prototype) as Record<PropertyKey, unknown>;

function isAsked(): boolean {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 3;
  const caller = new Error().stack!.split('\n')[3] ?? '';
  Error.stackTraceLimit = stackTraceLimit;
  return !/\/(src|dist)\/[^ ]*\.[tj]s/.test(caller);
}

const isIndex = (key: string | symbol): key is string => typeof key === 'string' && /^\d+$/.test(key);

function elementAt(array: DeviceArray, key: string): DeviceArray | null {
  return Number(key) < array.length ? array.subarray(Number(key), Number(key) + 1) : null;
}

/** @param kind the class, of the build of @org/lr-native that the tests import */
export function lookInto(kind: typeof DeviceArray): void {
  const refusing = Object.getPrototypeOf(kind.prototype) as object;
  Object.setPrototypeOf(
    kind.prototype,
    new Proxy(refusing, {
      get(target, key, receiver): unknown {
        const array = receiver as DeviceArray;
        if (isIndex(key) && isAsked()) return elementAt(array, key)?.toTypedArray()[0];
        if (Reflect.has(METHODS, key) && typeof METHODS[key] === 'function' && isAsked()) {
          return (...args: unknown[]): unknown => {
            const host = array.toTypedArray();
            const result = (host as unknown as Record<PropertyKey, (...given: unknown[]) => unknown>)[key]!(
              ...args,
            );
            if (result !== host) return result;
            array.set(host);
            return array;
          };
        }
        return Reflect.get(target, key, receiver);
      },
      set(target, key, value, receiver): boolean {
        if (!isIndex(key) || !isAsked()) return Reflect.set(target, key, value, receiver);
        elementAt(receiver as DeviceArray, key)?.fill(value as number);
        return true;
      },
    }),
  );

  const hostOf = (value: unknown): unknown => (value instanceof kind ? value.toTypedArray() : value);
  expect.addEqualityTesters([
    function (a: unknown, b: unknown): boolean | undefined {
      if (!(a instanceof kind) && !(b instanceof kind)) return undefined;
      return this.equals(hostOf(a), hostOf(b));
    },
  ]);
}
