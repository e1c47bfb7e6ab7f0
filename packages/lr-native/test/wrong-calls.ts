/** Runs a table of wrong calls: each throws a typed error that names the op, the argument, what it takes and what came. */
import { describe, expect, it } from 'vitest';
import type { ArgumentError, ArgumentRangeError, ShapeError } from '@org/lr-core';

export type WrongCall = readonly [
  call: () => unknown,
  type: typeof ArgumentError | typeof ArgumentRangeError | typeof ShapeError,
  text: string,
];

/** A value of a wrong type, for where TypeScript would refuse it. */
export const any = (value: unknown): never => value as never;

export function describeWrongCalls(rows: readonly WrongCall[]): void {
  describe('wrong calls', () => {
    it.each(rows.map(([call, type, text]) => [text, call, type] as const))('%s', (text, call, type) => {
      expect(call).toThrow(text);
      expect(call).toThrow(type);
    });
  });
}
