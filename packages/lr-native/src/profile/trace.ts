/**
 * A profile in the Trace Event Format, which chrome://tracing and ui.perfetto.dev read: complete events of the profile,
 * in it backward passes and programs, in those the operators. Times are in microseconds since the profile began.
 */
import { PHASE } from '../addon-types.ts';
import type { ProfileData } from '../addon-types.ts';
import { workerThreads } from '../builtins.ts';
import { bytesOf, flopsOf, nameOf, shapesOf } from './costs.ts';

export interface TraceEvent {
  readonly name: string;
  /** `profile`, `span`, or of an operator its phase. */
  readonly cat: string;
  /** X: complete. */
  readonly ph: 'X';
  readonly ts: number;
  readonly dur: number;
  readonly pid: number;
  /** The worker thread; 0: the main thread. */
  readonly tid: number;
  readonly args: Readonly<Record<string, unknown>>;
}

export interface ChromeTrace {
  readonly displayTimeUnit: 'ms';
  /** By their begin; of those that begin together, the outer first. */
  readonly traceEvents: readonly TraceEvent[];
}

export function chromeTrace(data: ProfileData): ChromeTrace {
  const event = (name: string, cat: string, begin: number, end: number, args: TraceEvent['args']) => ({
    name,
    cat,
    ph: 'X' as const,
    ts: begin / 1000,
    dur: (end - begin) / 1000,
    pid: process.pid,
    tid: workerThreads().threadId,
    args,
  });
  const phases = Object.keys(PHASE);
  const operators = data.calls.map((calls) => ({
    name: nameOf(calls),
    phase: phases[calls.phase]!,
    args: { shapes: shapesOf(calls), flops: flopsOf(calls), bytes: bytesOf(calls) },
  }));
  const notKept = data.dropped === 0 ? {} : { eventsNotKept: data.dropped };
  const traceEvents: TraceEvent[] = [event('profile', 'profile', 0, data.nanoseconds, notKept)];
  for (const { name, begin, end } of data.spans) traceEvents.push(event(name, 'span', begin, end, {}));
  for (let i = 0; i < data.events.length; i += 3) {
    const { name, phase, args } = operators[data.events[i]!]!;
    traceEvents.push(event(name, phase, data.events[i + 1]!, data.events[i + 2]!, args));
  }
  traceEvents.sort((a, b) => a.ts - b.ts || b.dur - a.dur);
  return { displayTimeUnit: 'ms', traceEvents };
}
