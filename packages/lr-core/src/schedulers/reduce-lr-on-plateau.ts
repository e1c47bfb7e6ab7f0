import {
  ArgumentError,
  checkAtLeast,
  checkBoolean,
  checkInteger,
  checkRange,
  message,
  StateError,
} from '../check.ts';
import type { Optimizer } from '../optimizer.ts';
import { LRScheduler, type Metric, type SchedulerOptions } from '../scheduler.ts';
import { checkChoice, checkFinite } from './checks.ts';

export interface ReduceLROnPlateauOptions extends Omit<SchedulerOptions, 'lastEpoch'> {
  /** Whether the metric is to fall (`'min'`, default) or to rise. */
  mode?: 'min' | 'max';
  /** What the learning rate is multiplied with: in [0, 1), default 0.1. */
  factor?: number;
  /** How many epochs without improvement are let pass. Default 10. */
  patience?: number;
  /** How much better a metric must be to count. Default 1e-4. */
  threshold?: number;
  /** Whether `threshold` is a fraction of the best metric (`'rel'`, default) or a difference from it. */
  thresholdMode?: 'rel' | 'abs';
  /** How many epochs after a reduction count as neither better nor worse. Default 0. */
  cooldown?: number;
  /** The least learning rate, or one a group. Default 0. */
  minLr?: number | readonly number[];
  /** A reduction by less does nothing. Default 1e-8. */
  eps?: number;
  /** Print each reduction to the console. Default `false`. */
  verbose?: boolean;
}

/**
 * Multiplies the learning rate by `factor` when a metric has not improved for more than `patience` epochs:
 * lr = max(lr · factor, minLr). A NaN metric never improves. With thresholdMode `'rel'` and negative metrics the
 * threshold is on the wrong side of the best one, as in PyTorch: use `'abs'` there.
 *
 * Source: PyTorch `torch.optim.lr_scheduler.ReduceLROnPlateau`.
 *
 * ```ts
 * const optimizer = new SGD([new Param([1])], { lr: 0.1 });
 * const scheduler = new ReduceLROnPlateau(optimizer, { patience: 2 });
 * for (const loss of [1, 0.5, 0.5, 0.5, 0.5]) {
 *   optimizer.step();
 *   scheduler.step(loss); // the last one sets 0.01
 * }
 * ```
 */
export class ReduceLROnPlateau extends LRScheduler {
  mode: 'min' | 'max';
  factor: number;
  patience: number;
  threshold: number;
  thresholdMode: 'rel' | 'abs';
  cooldown: number;
  /** null where each group has its own minimum. */
  defaultMinLr: number | null;
  minLrs: number[];
  eps: number;
  verbose: boolean;
  best: number;
  cooldownCounter = 0;
  numBadEpochs = 0;

  /** @throws ArgumentError, ArgumentRangeError for a wrong option */
  constructor(optimizer: Optimizer, options: ReduceLROnPlateauOptions = {}) {
    super(optimizer, options);
    const given = this.readOptions<Required<Omit<ReduceLROnPlateauOptions, 'parameter'>>>(options, {
      mode: 'min',
      factor: 0.1,
      patience: 10,
      threshold: 1e-4,
      thresholdMode: 'rel',
      cooldown: 0,
      minLr: 0,
      eps: 1e-8,
      verbose: false,
    });
    checkFinite(this.type, 'factor', given.factor);
    checkRange(
      given.factor >= 0 && given.factor < 1,
      this.type,
      'factor',
      'a number in [0, 1)',
      given.factor,
    );
    checkChoice(this.type, 'mode', given.mode, ['min', 'max']);
    checkChoice(this.type, 'thresholdMode', given.thresholdMode, ['rel', 'abs']);
    checkInteger(this.type, 'patience', given.patience, 0);
    checkInteger(this.type, 'cooldown', given.cooldown, 0);
    checkFinite(this.type, 'threshold', given.threshold);
    checkAtLeast(this.type, 'eps', given.eps, 0);
    checkBoolean(this.type, 'verbose', given.verbose);
    this.minLrs = this.perGroup('minLr', given.minLr);
    this.defaultMinLr = Array.isArray(given.minLr) ? null : (given.minLr as number);
    this.mode = given.mode;
    this.factor = given.factor;
    this.patience = given.patience;
    this.threshold = given.threshold;
    this.thresholdMode = given.thresholdMode;
    this.cooldown = given.cooldown;
    this.eps = given.eps;
    this.verbose = given.verbose;
    this.best = this.mode === 'min' ? Infinity : -Infinity;
    this.lastEpoch = 0;
    this.baseLrs = this.groups.map((group, i) => group[this.initialKey] ?? this.readHyper(i, this.parameter));
    this.recordLastLr();
  }

  protected override get optionKeys(): readonly string[] {
    return ['mode', 'factor', 'patience', 'threshold', 'thresholdMode', 'cooldown', 'eps', 'verbose'];
  }

  protected override get stateKeys(): readonly string[] {
    return ['defaultMinLr', 'minLrs', 'best', 'cooldownCounter', 'numBadEpochs'];
  }

  protected override get groupKeys(): readonly string[] {
    return [];
  }

  /** Whether a reduction was less than `cooldown` epochs ago. */
  get inCooldown(): boolean {
    return this.cooldownCounter > 0;
  }

  /**
   * Takes notice of an epoch's metric. Call it after the epoch's validation.
   *
   * @param metric a number, or a tensor of one element; NaN counts as no improvement
   * @param epoch deprecated: the number of the epoch
   * @throws ArgumentError where there is no metric
   */
  override step(metric: number, epoch?: number): void;
  override step(metric: Metric, epoch?: number): void;
  override step(metric: Metric, epoch?: number): void {
    const value = this.#valueOf(metric);
    this.#checkMinLrs();
    if (epoch !== undefined) this.checkEpoch(epoch);
    if (this.isSkipped()) return;
    if (epoch !== undefined) this.warnOfEpoch();
    this.#observe(value, epoch ?? this.lastEpoch + 1);
  }

  override advance(metric?: Metric): void {
    const value = this.#valueOf(metric);
    this.#checkMinLrs();
    this.#observe(value, this.lastEpoch + 1);
  }

  override restart(): void {
    this.rewind();
    this.recordLastLr();
  }

  override rewind(): void {
    this.lastEpoch = 0;
    this.best = this.mode === 'min' ? Infinity : -Infinity;
    this.cooldownCounter = 0;
    this.numBadEpochs = 0;
  }

  override enter(metric?: Metric): void {
    const value = this.#valueOf(metric);
    this.rewind();
    this.reset();
    this.#observe(value, 1);
  }

  #valueOf(metric: Metric | undefined): number {
    const value: unknown = typeof metric === 'object' && metric !== null ? metric.item() : metric;
    if (typeof value !== 'number')
      throw new ArgumentError(message(this.type, 'the metric', 'a number', metric));
    return value;
  }

  /** Groups may have been added. */
  #checkMinLrs(): void {
    const { length } = this.groups;
    if (this.minLrs.length === length) return;
    if (this.defaultMinLr === null) {
      throw new StateError(message(this.type, 'minLr', `${length} numbers, one a group,`, this.minLrs));
    }
    this.minLrs = new Array<number>(length).fill(this.defaultMinLr);
  }

  #observe(metric: number, epoch: number): void {
    this.lastEpoch = epoch;
    this.stepCount++;
    if (this.#isBetter(metric)) {
      this.best = metric;
      this.numBadEpochs = 0;
    } else {
      this.numBadEpochs++;
    }
    if (this.inCooldown) {
      this.cooldownCounter--;
      this.numBadEpochs = 0;
    }
    if (this.numBadEpochs > this.patience) {
      this.#reduce(epoch);
      this.cooldownCounter = this.cooldown;
      this.numBadEpochs = 0;
    }
    this.recordLastLr();
  }

  #isBetter(metric: number): boolean {
    const { best, threshold } = this;
    if (this.thresholdMode === 'rel') {
      return this.mode === 'min' ? metric < best * (1 - threshold) : metric > best * (threshold + 1);
    }
    return this.mode === 'min' ? metric < best - threshold : metric > best + threshold;
  }

  #reduce(epoch: number): void {
    for (let i = 0; i < this.groups.length; i++) {
      const lr = this.readHyper(i, this.parameter);
      const product = lr * this.factor;
      const reduced = this.minLrs[i]! > product ? this.minLrs[i]! : product;
      if (!(lr - reduced > this.eps)) continue;
      this.writeHyper(i, this.parameter, reduced);
      if (this.verbose)
        print(`Epoch ${epoch}: reducing ${this.parameter} of group ${i} to ${reduced.toExponential(4)}.`);
    }
  }

  protected override compute(values: Float64Array): void {
    this.keep(values);
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), minLr: this.defaultMinLr ?? [...this.minLrs] };
  }
}

function print(text: string): void {
  (globalThis as { console?: { log(text: string): void } }).console?.log(text);
}
