/**
 * Where the time goes: every call of a native operator, timed inside of the addon, so that those of a captured step are
 * seen like those of an eager one. Costs are in costs.ts, texts in table.ts and trace.ts.
 */
import { checkType } from '@org/lr-core';
import { addon } from '../addon.ts';
import { PHASE } from '../addon-types.ts';
import type { PhaseName, ProfileData } from '../addon-types.ts';
import { writeFileAtomic } from '../file.ts';
import { bytesOf, flopsOf, nameOf, shapesOf } from './costs.ts';
import { table } from './table.ts';
import { chromeTrace } from './trace.ts';
import type { ChromeTrace } from './trace.ts';

export type { PhaseName } from '../addon-types.ts';
export type { ChromeTrace, TraceEvent } from './trace.ts';

/** The calls of an operator in a phase; with `groupByShape`, those on arrays of the same shapes. */
export interface ProfileRow {
  /** Of the native operator and its kind: `conv2dForward`, `unaryForward(relu)`, `optimizerStep(adam)`. */
  readonly name: string;
  /** `backward`: within a backward pass, also where the operator is one that forward passes have. */
  readonly phase: PhaseName;
  readonly calls: number;
  readonly totalMs: number;
  readonly meanUs: number;
  /** Of the time of the whole profile. */
  readonly share: number;
  /** Of all calls, a multiply-add as two; null where memory is what counts. Convolutions count as direct ones. */
  readonly flops: number | null;
  readonly gflops: number | null;
  /** That all calls have to read and write: their arrays, each once, or twice where it is updated. */
  readonly bytes: number;
  /** Those in GB/s, which caches may make more than memory can. */
  readonly gigabytes: number;
  /** Of the operator's arrays, with `groupByShape` only; null: without bias, say. */
  readonly shapes?: readonly (readonly number[] | null)[];
}

export interface Profile<T> {
  /** What the function returned. */
  readonly result: T;
  /** The longest first. */
  readonly rows: readonly ProfileRow[];
  /** Milliseconds of the rows of each phase. */
  readonly phases: Readonly<Record<PhaseName, number>>;
  /** Milliseconds in no operator: JavaScript and its calls. */
  readonly outsideMs: number;
  /** Milliseconds of it all: phases and outsideMs. */
  readonly wallMs: number;
  /** The rows as text, and a line of sums. */
  table(): string;
  /** Every call, for chrome://tracing or ui.perfetto.dev; of more than 2²⁰ the first, and how many were not kept. */
  trace(): ChromeTrace;
}

export interface ProfileOptions {
  /** The file that the trace is written to; default: none. */
  trace?: string;
  /** Whether calls on arrays of different shapes have rows of their own; default false. */
  groupByShape?: boolean;
}

/** What `data` says, less the result. */
export function summarize(data: ProfileData, groupByShape: boolean): Omit<Profile<unknown>, 'result'> {
  const names = Object.keys(PHASE) as PhaseName[];
  const groups = new Map<
    string,
    { calls: number; nanoseconds: number; flops: number; bytes: number } & Pick<
      ProfileRow,
      'name' | 'phase' | 'shapes'
    >
  >();
  for (const calls of data.calls) {
    const [name, phase] = [nameOf(calls), names[calls.phase]!];
    const shapes = groupByShape ? { shapes: shapesOf(calls) } : {};
    const key = JSON.stringify([name, phase, shapes]);
    const group = groups.get(key) ?? { name, phase, ...shapes, calls: 0, nanoseconds: 0, flops: 0, bytes: 0 };
    groups.set(key, group);
    group.calls += calls.count;
    group.nanoseconds += calls.nanoseconds;
    group.flops += calls.count * (flopsOf(calls) ?? 0);
    group.bytes += calls.count * bytesOf(calls);
  }
  const rows = [...groups.values()]
    .sort((a, b) => b.nanoseconds - a.nanoseconds)
    .map(({ calls, nanoseconds, flops, bytes, ...group }) => ({
      ...group,
      calls,
      totalMs: nanoseconds / 1e6,
      meanUs: nanoseconds / calls / 1e3,
      share: nanoseconds / data.nanoseconds,
      flops: flops === 0 ? null : flops,
      gflops: flops === 0 ? null : flops / nanoseconds,
      bytes,
      gigabytes: bytes / nanoseconds,
    }));
  const phases = { forward: 0, backward: 0, optimizer: 0 };
  for (const { phase, totalMs } of rows) phases[phase] += totalMs;
  const wallMs = data.nanoseconds / 1e6;
  const outsideMs = wallMs - phases.forward - phases.backward - phases.optimizer;
  const summary = {
    rows,
    phases,
    outsideMs,
    wallMs,
    trace: () => chromeTrace(data),
    table: () => table(summary),
  };
  return summary;
}

/** @throws as the file system does */
export function writeTrace(file: string, trace: ChromeTrace): void {
  writeFileAtomic(file, [Buffer.from(JSON.stringify(trace))]);
}

/**
 * Runs `fn` and times every native operator that it calls on this thread, forward, backward and of optimizers, in eager
 * steps and in captured ones. The results are the same bits. As `torch.profiler.profile`; the environment's
 * `LR_PROFILE=1` prints the table of a whole process when it exits, `LR_PROFILE=trace.json` writes its trace as well.
 *
 * Of a promise that `fn` returns, everything until it is settled counts, whoever called it. Profiles may nest.
 *
 * @example
 * const { rows, table } = profile(() => step(x, target), { trace: 'trace.json' });
 * console.log(table());
 * @throws ArgumentError, and what `fn` throws
 */
export function profile<T>(fn: () => Promise<T>, options?: ProfileOptions): Promise<Profile<T>>;
export function profile<T>(fn: () => T, options?: ProfileOptions): Profile<T>;
export function profile<T>(
  fn: () => T | Promise<T>,
  options: ProfileOptions = {},
): Profile<T> | Promise<Profile<T>> {
  const { trace, groupByShape = false } = options;
  checkType(typeof fn === 'function', 'profile', 'fn', 'a function', fn);
  const isFile = trace === undefined || (typeof trace === 'string' && trace !== '');
  checkType(isFile, 'profile', 'trace', 'the name of a file', trace);
  checkType(typeof groupByShape === 'boolean', 'profile', 'groupByShape', 'a boolean', groupByShape);

  const running = addon.beginProfile(1);
  const end = (): ProfileData => addon.endProfile(running);
  const finish = (result: T): Profile<T> => {
    const summary = summarize(end(), groupByShape);
    if (trace !== undefined) writeTrace(trace, summary.trace());
    return { result, ...summary };
  };
  let result;
  try {
    result = fn();
  } catch (error) {
    end();
    throw error;
  }
  if (!(result instanceof Promise)) return finish(result);
  return result.then(finish, (error: unknown) => {
    end();
    throw error;
  });
}
