/** The optimizer and the schedulers of a config, made by the constructors whose names and options it gives. */
import * as core from '@org/lr-core';
import type { LRScheduler, NamedParameter, Optimizer, Parameter } from '@org/lr-core';
import type { Entry } from './config-fields.ts';
import { at, UsageError } from './errors.ts';

/** What an epoch measured; a config's `monitor` names one of them. */
export interface Metrics {
  readonly trainLoss: number;
  readonly valLoss?: number | undefined;
  readonly valAccuracy?: number | undefined;
}

type Options = Record<string, unknown>;
type Constructor<T> = new (first: unknown, options: Options) => T;
const constructors = core as unknown as Record<string, Constructor<unknown>>;

/** @throws UsageError that names `optimizer` where the constructor refuses an option */
export function buildOptimizer(
  { type, ...options }: Entry,
  params: Iterable<Parameter> | Iterable<NamedParameter>,
): Optimizer {
  return at('optimizer', () => new (constructors[type] as Constructor<Optimizer>)(params, options));
}

function buildScheduler({ type, schedulers, ...options }: Entry, optimizer: Optimizer): LRScheduler {
  const parts = (schedulers as Entry[] | undefined)?.map((part) => buildScheduler(part, optimizer));
  const constructor = constructors[type] as Constructor<LRScheduler>;
  if (type === 'ChainedScheduler') return new constructor(parts, { optimizer });
  return new constructor(optimizer, parts === undefined ? options : { ...options, schedulers: parts });
}

/** The schedulers of a config, each stepped at its interval. */
export class Schedule {
  readonly #schedulers: { interval: string; monitor: keyof Metrics | undefined; scheduler: LRScheduler }[];

  /** @throws UsageError that names the scheduler whose constructor refuses an option */
  constructor(entries: readonly Entry[], optimizer: Optimizer) {
    this.#schedulers = entries.map(({ interval = 'epoch', monitor, ...entry }, index) => ({
      interval: interval as string,
      monitor: entry.type === 'ReduceLROnPlateau' ? ((monitor ?? 'valLoss') as keyof Metrics) : undefined,
      scheduler: at(entries.length === 1 ? 'scheduler' : `scheduler[${index}]`, () =>
        buildScheduler(entry, optimizer),
      ),
    }));
  }

  /** After each optimizer step. */
  endStep(): void {
    for (const { interval, scheduler } of this.#schedulers) if (interval === 'step') scheduler.step();
  }

  /** @throws UsageError where a monitored metric was not measured */
  endEpoch(metrics: Metrics): void {
    for (const { interval, monitor, scheduler } of this.#schedulers) {
      if (interval === 'step') continue;
      if (monitor === undefined) {
        scheduler.step();
        continue;
      }
      const metric = metrics[monitor];
      if (metric === undefined) {
        throw new UsageError(
          `scheduler.monitor: ${monitor} is not measured: the data has no validation part or no classes`,
        );
      }
      scheduler.step(metric);
    }
  }

  stateDict(): object[] {
    return this.#schedulers.map(({ scheduler }) => scheduler.stateDict());
  }

  loadStateDict(states: readonly object[]): void {
    this.#schedulers.forEach(({ scheduler }, index) => scheduler.loadStateDict(states[index] as never));
  }
}
