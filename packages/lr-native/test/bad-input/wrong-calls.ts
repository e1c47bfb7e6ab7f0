/** Rows of wrong calls: each throws a typed error that names the op, the argument, what it takes and what came. */
import type { ArgumentError, ArgumentRangeError, ShapeError } from '@org/lr-core';

export type WrongCall = readonly [
  call: () => unknown,
  type: typeof ArgumentError | typeof ArgumentRangeError | typeof ShapeError,
  text: string,
];

/** A value of a wrong type, for where TypeScript would refuse it. */
export const any = (value: unknown): never => value as never;
