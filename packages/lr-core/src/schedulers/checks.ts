/** Checks that several schedulers make. */
import { checkRange, checkType } from '../check.ts';
import type { Hyperparameters } from '../scheduler.ts';

/** @throws ArgumentError unless `value` is a number, ArgumentRangeError unless it is finite */
export function checkFinite(op: string, name: string, value: unknown): asserts value is number {
  checkType(typeof value === 'number', op, name, 'a finite number', value);
  checkRange(Number.isFinite(value), op, name, 'a finite number', value);
}

/** @throws ArgumentError unless `value` is a number, ArgumentRangeError unless it is finite and > 0 */
export function checkPositive(op: string, name: string, value: unknown): asserts value is number {
  checkType(typeof value === 'number', op, name, 'a number > 0', value);
  checkRange(Number.isFinite(value) && (value as number) > 0, op, name, 'a number > 0', value);
}

/** @throws ArgumentError unless `value` is one of `choices` */
export function checkChoice(op: string, name: string, value: unknown, choices: readonly string[]): void {
  const expectation = `one of ${choices.map((choice) => `"${choice}"`).join(', ')}`;
  checkType(choices.includes(value as string), op, name, expectation, value);
}

/** @throws ArgumentError unless every group has a momentum or betas */
export function checkMomentum(op: string, groups: readonly Hyperparameters[]): void {
  groups.forEach((group, i) => {
    const ok = group.betas !== undefined || typeof group.momentum === 'number';
    checkType(
      ok,
      op,
      `paramGroups[${i}]`,
      'of an optimizer with momentum or betas, for cycleMomentum',
      Object.keys(group),
    );
  });
}

/** One number for all groups where they have the same. */
export function collapse(values: readonly number[]): number | number[] {
  const [first] = values;
  return first !== undefined && values.every((value) => value === first) ? first : [...values];
}
