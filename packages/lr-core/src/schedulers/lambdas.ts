/** Functions of the epoch as schedulers take them: given directly, or by a name under which they were registered. */
import { ArgumentError, ArgumentRangeError, checkType, message, StateError } from '../check.ts';

/** A factor, from the epoch. */
export type LrLambda = (epoch: number) => number;

const byName = new Map<string, LrLambda>();
const names = new Map<LrLambda, string>();

/**
 * Gives a function a name under which schedules as data can refer to it. Text is never evaluated: a schedule can name only
 * what was registered.
 *
 * @throws ArgumentError where the name is another function's
 */
export function registerLambda(name: string, lambda: LrLambda): void {
  checkType(typeof name === 'string' && name !== '', 'registerLambda', 'name', 'a name', name);
  checkType(typeof lambda === 'function', 'registerLambda', 'lambda', 'a function', lambda);
  const taken = byName.get(name);
  if (taken !== undefined && taken !== lambda) {
    throw new ArgumentError(message('registerLambda', 'name', 'a name that no other function has', name));
  }
  byName.set(name, lambda);
  names.set(lambda, name);
}

/** @throws ArgumentError unless `value` is a function or the name of one */
export function resolveLambda(op: string, at: string, value: unknown): LrLambda {
  if (typeof value === 'function') return value as LrLambda;
  checkType(typeof value === 'string', op, at, 'a function or the name of a registered one', value);
  const lambda = byName.get(value as string);
  if (lambda === undefined) {
    throw new ArgumentError(message(op, at, 'the name of a function given to registerLambda', value));
  }
  return lambda;
}

/** One function a group. @throws ArgumentError, ArgumentRangeError */
export function readLambdas(op: string, at: string, value: unknown, count: number): readonly LrLambda[] {
  if (!Array.isArray(value)) return new Array<LrLambda>(count).fill(resolveLambda(op, at, value));
  if (value.length !== count) {
    throw new ArgumentRangeError(message(op, at, `a function or ${count} functions, one a group,`, value));
  }
  return value.map((item, i) => resolveLambda(op, `${at}[${i}]`, item));
}

/** The name, or one a group. @throws StateError for a function without one */
export function namesOf(op: string, at: string, lambdas: readonly LrLambda[]): string | string[] {
  const list = lambdas.map((lambda) => {
    const name = names.get(lambda);
    if (name === undefined) throw new StateError(message(op, at, 'registered by registerLambda', lambda));
    return name;
  });
  return list.length > 0 && list.every((name) => name === list[0]) ? list[0]! : list;
}
