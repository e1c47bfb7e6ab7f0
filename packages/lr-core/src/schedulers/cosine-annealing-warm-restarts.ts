import { checkInteger } from '../check.ts';
import type { Optimizer } from '../optimizer.ts';
import { LRScheduler, type Metric, type SchedulerOptions } from '../scheduler.ts';
import { checkFinite } from './checks.ts';
import { RememberedCosine } from './cosine.ts';

export interface CosineAnnealingWarmRestartsOptions extends SchedulerOptions {
  /** The epochs of the first cycle: an integer >= 1. */
  t0: number;
  /** What each cycle is longer by than the one before: an integer >= 1, default 1. */
  tMult?: number;
  /** The smallest learning rate. Default 0. */
  etaMin?: number;
}

/**
 * Half a cosine from the base learning rate to `etaMin`, again and again: lr = etaMin + (base - etaMin)(1 +
 * cos(pi · tCur / tI)) / 2, tCur epochs into a cycle of tI. The cycles last t0, t0 · tMult, t0 · tMult², … epochs.
 * `step(epoch)` takes fractional epochs; it counts cycles in integers, where PyTorch's logarithm misses some restarts
 * (at epoch 121 t0 with tMult 3).
 *
 * Source: I. Loshchilov, F. Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2017;
 * PyTorch `torch.optim.lr_scheduler.CosineAnnealingWarmRestarts`.
 *
 * ```ts
 * const optimizer = new SGD([new Param([1])], { lr: 0.05 });
 * const scheduler = new CosineAnnealingWarmRestarts(optimizer, { t0: 10, tMult: 2 });
 * for (let batch = 0; batch < 100; batch++) {
 *   optimizer.step();
 *   scheduler.step(batch / 100); // or step() once an epoch
 * }
 * ```
 */
export class CosineAnnealingWarmRestarts extends LRScheduler {
  t0: number;
  tMult: number;
  etaMin: number;
  /** The epochs of the current cycle. */
  tI = 0;
  /** The epochs since its start. */
  tCur = 0;
  readonly #cosine = new RememberedCosine();

  /** @throws ArgumentError, ArgumentRangeError for a wrong option */
  constructor(optimizer: Optimizer, options: CosineAnnealingWarmRestartsOptions) {
    super(optimizer, options);
    const { t0, tMult, etaMin } = this.readOptions(options, {
      t0: undefined as unknown as number,
      tMult: 1,
      etaMin: 0,
    });
    checkInteger(this.type, 't0', t0, 1);
    checkInteger(this.type, 'tMult', tMult, 1);
    checkFinite(this.type, 'etaMin', etaMin);
    this.t0 = t0;
    this.tMult = tMult;
    this.etaMin = etaMin;
    this.#locate(this.lastEpoch + 1);
    this.start();
  }

  protected override get optionKeys(): readonly string[] {
    return ['t0', 'tMult', 'etaMin'];
  }

  protected override get stateKeys(): readonly string[] {
    return ['tI', 'tCur'];
  }

  #lengthAt(epoch: number): { start: number; length: number } {
    let start = 0;
    let length = this.t0;
    if (this.tMult === 1) start = epoch - (epoch % length);
    else for (; epoch - start >= length; length *= this.tMult) start += length;
    return { start, length };
  }

  /** Sets tI and tCur from `epoch` alone. */
  #locate(epoch: number): void {
    const { start, length } = this.#lengthAt(epoch);
    this.tI = length;
    this.tCur = this.tMult === 1 ? epoch % length : epoch - start;
  }

  protected override compute(values: Float64Array): void {
    this.#anneal(values, this.tCur, this.tI);
  }

  protected override closedForm(epoch: number, values: Float64Array): void {
    const { start, length } = this.#lengthAt(epoch);
    this.#anneal(values, this.tMult === 1 ? epoch % length : epoch - start, length);
  }

  #anneal(values: Float64Array, tCur: number, tI: number): void {
    this.checkGroupCount();
    const { etaMin } = this;
    const height = 1 + this.#cosine.of((Math.PI * tCur) / tI);
    const { baseLrs } = this;
    for (let i = 0; i < baseLrs.length; i++) values[i] = etaMin + ((baseLrs[i]! - etaMin) * height) / 2;
  }

  /**
   * Sets the value of the next epoch, or that of `epoch`, which may be fractional: here it is not deprecated.
   *
   * @throws ArgumentError, ArgumentRangeError unless `epoch` is a number >= 0
   */
  override step(epoch?: number): void {
    if (epoch !== undefined) this.checkEpoch(epoch);
    if (this.isSkipped()) return;
    if (epoch === undefined) {
      this.advance();
      return;
    }
    this.checkGroupCount();
    this.#locate(epoch);
    this.update(Math.floor(epoch), this.stepCount + 1, false);
  }

  override advance(): void {
    this.checkGroupCount();
    this.tCur++;
    if (this.tCur >= this.tI) {
      this.tCur %= this.tI;
      this.tI *= this.tMult;
    }
    super.advance();
  }

  override rewind(): void {
    super.rewind();
    this.#locate(0);
  }

  override enter(metric?: Metric): void {
    this.#locate(0);
    super.enter(metric);
  }
}
