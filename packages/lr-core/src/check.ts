/**
 * All error classes and argument checks: one grammar,
 * `[conv2d] expected stride to be an integer >= 1 but received 0`, for every package.
 *
 * A check throws before anything is changed. Add one here rather than an `if … throw` of your own.
 */

/** A wrong argument: its type or structure is not what the operation takes. */
export class ArgumentError extends TypeError {
  override readonly name: string = 'ArgumentError';
}

/** A number or size outside what the operation takes. */
export class ArgumentRangeError extends RangeError {
  override readonly name: string = 'ArgumentRangeError';
}

/** Tensors whose shapes do not fit the operation or one another. */
export class ShapeError extends RangeError {
  override readonly name: string = 'ShapeError';
}

/** An operation that the state of an object does not allow, such as a second backward pass. */
export class StateError extends Error {
  override readonly name: string = 'StateError';
}

/** `value` as an error message shows it: short, on one line, arrays in arrays to a depth of 4. */
export function show(value: unknown, depth = 4): string {
  if (typeof value === 'string')
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return value.name === '' ? 'a function' : `function ${value.name}`;
  if (ArrayBuffer.isView(value)) {
    const { length } = value as unknown as { length?: number };
    return length === undefined ? value.constructor.name : `${value.constructor.name}(${length})`;
  }
  if (Array.isArray(value)) {
    if (depth === 0) return `Array(${value.length})`;
    const items = value
      .slice(0, 8)
      .map((item) => show(item, depth - 1))
      .join(', ');
    return value.length > 8 ? `[${items}, … ${value.length} items]` : `[${items}]`;
  }
  if (typeof value === 'object' && value !== null) return value.constructor?.name ?? 'Object';
  if (Object.is(value, -0)) return '-0';
  return String(value);
}

/** The message of every check. */
export function message(op: string, name: string, expectation: string, value: unknown): string {
  return `[${op}] expected ${name} to be ${expectation} but received ${show(value)}`;
}

/** @throws ArgumentRangeError unless `ok` */
export function checkRange(ok: boolean, op: string, name: string, expectation: string, value: unknown): void {
  if (!ok) throw new ArgumentRangeError(message(op, name, expectation, value));
}

/** @throws ArgumentError unless `ok` */
export function checkType(ok: boolean, op: string, name: string, expectation: string, value: unknown): void {
  if (!ok) throw new ArgumentError(message(op, name, expectation, value));
}

/** @throws ArgumentError unless `value` is a number, ArgumentRangeError unless it is an integer >= `min` */
export function checkInteger(
  op: string,
  name: string,
  value: unknown,
  min = -Infinity,
): asserts value is number {
  const expectation = min === -Infinity ? 'an integer' : `an integer >= ${min}`;
  checkType(typeof value === 'number', op, name, expectation, value);
  checkRange(Number.isInteger(value) && (value as number) >= min, op, name, expectation, value);
}

/** @throws ArgumentError unless `value` is a number (NaN and infinities are numbers) */
export function checkNumber(op: string, name: string, value: unknown): asserts value is number {
  checkType(typeof value === 'number', op, name, 'a number', value);
}

/** @throws ArgumentError unless `value` is a number, ArgumentRangeError unless it is >= `min`; NaN is not */
export function checkAtLeast(op: string, name: string, value: unknown, min: number): asserts value is number {
  checkType(typeof value === 'number', op, name, `a number >= ${min}`, value);
  checkRange((value as number) >= min, op, name, `a number >= ${min}`, value);
}

/** @throws ShapeError unless `ok` */
export function checkShape(ok: boolean, op: string, name: string, expectation: string, value: unknown): void {
  if (!ok) throw new ShapeError(message(op, name, expectation, value));
}

/** @throws ArgumentError unless `value` is true or false */
export function checkBoolean(op: string, name: string, value: unknown): asserts value is boolean {
  checkType(typeof value === 'boolean', op, name, 'true or false', value);
}
