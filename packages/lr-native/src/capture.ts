/**
 * Records what operators do, to do it again by one call. The addon records every operator with its arrays and plans
 * where they lie (native/addon/program.cpp); what an op does in JavaScript each time (draw random numbers, check indices, count)
 * it does through `beforeReplay`. Arithmetic on arrays in JavaScript would not be repeated: ops do none.
 */
import { addon } from './addon.ts';
import { hostOf } from './device-array.ts';
import { arrayLike } from './dtype.ts';
import type { ArrayOf, DType } from './dtype.ts';
import { withOwnPool } from './pool.ts';

let actions: (() => void)[] | null = null;
let refusal: string | null = null;

/** Whether a recording is being made. */
export function isCapturing(): boolean {
  return actions !== null;
}

/**
 * Runs `action`, and while a recording is made has it run again before each replay, all of them in their order. It may
 * not depend on what operators of the same recording compute.
 */
export function beforeReplay(action: () => void): void {
  action();
  actions?.push(action);
}

/**
 * A new array of `length` elements of the type and device of `like`, which `write` writes on the host, zeros at first: now
 * and before each replay.
 */
export function written<A extends ArrayOf[DType]>(like: A, length: number, write: (host: A) => void): A {
  const array = arrayLike(like, length);
  const host = hostOf(array);
  beforeReplay(() => {
    write(host);
    if (host !== array) (array as Float32Array).set(host as Float32Array);
  });
  return array;
}

/** Says that what is being recorded cannot be repeated, and why: a number of it changes from one run to the next. */
export function refuseCapture(reason: string): void {
  refusal ??= actions === null ? null : reason;
}

export interface Recording {
  /** Why it must not be replayed, or null. */
  readonly refusal: string | null;
  /**
   * The actions again, then the operators, on the same arrays; but what they read of the borrowed one they read of
   * `lent`, of its type and length; on a device `lent` is the borrowed one itself.
   */
  replay(lent: ArrayOf[DType]): void;
}

/**
 * Runs `fn` and records it. Where it throws, so does this. Of the arrays that `fn` makes, a replay writes those of
 * `resultsOf()` alone: the others' places are taken by one block of memory.
 *
 * @param borrowed an input of `fn`, which replays take from elsewhere
 */
export function record(
  fn: () => void,
  resultsOf: () => readonly ArrayOf[DType][],
  borrowed: ArrayOf[DType],
): Recording {
  addon.beginProgram();
  const recorded: (() => void)[] = (actions = []);
  refusal = null;
  let results: readonly ArrayOf[DType][] = [borrowed];
  let program;
  try {
    withOwnPool(fn);
    results = resultsOf();
  } finally {
    actions = null;
    program = addon.endProgram(results, borrowed);
  }
  if (program === null) refusal ??= 'a step on several devices';
  const replay = (lent: ArrayOf[DType]): void => {
    for (const action of recorded) action();
    addon.runProgram(program!, lent);
  };
  return { replay, refusal };
}
