/** What SequentialLR and ChainedScheduler share: a list of schedulers of one optimizer. */
import { ArgumentError, checkRange, checkType, message, StateError } from '../check.ts';
import type { Optimizer } from '../optimizer.ts';
import { LRScheduler, type Metric, type SchedulerOptions, type SchedulerStateDict } from '../scheduler.ts';

export abstract class CompositeScheduler extends LRScheduler {
  readonly schedulers: readonly LRScheduler[];
  /** The momentum or `betas[0]` of each group, for `undo`. */
  #momenta = new Float64Array(0);

  constructor(optimizer: Optimizer, schedulers: readonly LRScheduler[], options: SchedulerOptions = {}) {
    super(optimizer, { ...options, parameter: schedulers?.[0]?.parameter ?? 'lr' });
    checkType(Array.isArray(schedulers), this.type, 'schedulers', 'an array of schedulers', schedulers);
    checkRange(
      schedulers.length > 0,
      this.type,
      'schedulers',
      'an array of at least one scheduler',
      schedulers,
    );
    schedulers.forEach((scheduler: unknown, i) => {
      const at = `schedulers[${i}]`;
      checkType(scheduler instanceof LRScheduler, this.type, at, 'a scheduler', scheduler);
      if ((scheduler as LRScheduler).optimizer !== optimizer) {
        throw new ArgumentError(message(this.type, at, 'of the same optimizer', scheduler));
      }
    });
    this.schedulers = [...schedulers];
    this.baseLrs = this.groups.map((group, i) => group[this.initialKey] ?? this.readHyper(i, this.parameter));
  }

  protected override get groupKeys(): readonly string[] {
    return [];
  }

  protected override compute(values: Float64Array): void {
    this.keep(values);
  }

  /**
   * Steps the schedulers. After optimizer steps that were all skipped it does nothing.
   *
   * @param metric for the ReduceLROnPlateau among them
   */
  override step(metric?: number): void;
  override step(metric?: Metric): void;
  override step(metric?: Metric): void {
    if (this.isSkipped()) return;
    this.checkOrder();
    this.mark();
    try {
      this.advance(metric);
    } catch (error) {
      this.undo();
      throw error;
    }
  }

  override mark(): void {
    super.mark();
    const { groups } = this;
    if (this.#momenta.length !== groups.length) this.#momenta = new Float64Array(groups.length);
    for (let i = 0; i < groups.length; i++) {
      const { betas, momentum } = groups[i]!;
      this.#momenta[i] = (betas === undefined ? momentum : betas[0])!;
    }
    for (const scheduler of this.schedulers) scheduler.mark();
  }

  override undo(): void {
    for (const scheduler of this.schedulers) scheduler.undo();
    super.undo();
    this.#momenta.forEach((momentum, i) => {
      if (!Number.isNaN(momentum)) this.writeHyper(i, 'momentum', momentum); // NaN: the group has none
    });
  }

  override rewind(): void {
    super.rewind();
    for (const scheduler of this.schedulers) scheduler.rewind();
  }

  override reset(): void {
    for (const scheduler of this.schedulers) scheduler.reset();
  }

  /** `parameter` is the schedulers' business. */
  override toJSON(): Record<string, unknown> {
    const options = super.toJSON();
    delete options.parameter;
    return { ...options, schedulers: this.schedulers.map((scheduler) => scheduler.toJSON()) };
  }

  override stateDict(): SchedulerStateDict {
    return { ...super.stateDict(), schedulers: this.schedulers.map((scheduler) => scheduler.stateDict()) };
  }

  override prepareLoad(stateDict: SchedulerStateDict): () => void {
    const load = super.prepareLoad(stateDict);
    const op = `${this.type}.loadStateDict`;
    const saved = stateDict.schedulers as SchedulerStateDict[];
    checkType(Array.isArray(saved), op, 'schedulers', 'an array', saved);
    if (saved.length !== this.schedulers.length) {
      throw new StateError(message(op, 'schedulers', `${this.schedulers.length} state dicts`, saved.length));
    }
    const loads = this.schedulers.map((scheduler, i) => scheduler.prepareLoad(saved[i]!));
    return () => {
      for (const loadOne of loads) loadOne();
      load();
    };
  }
}
