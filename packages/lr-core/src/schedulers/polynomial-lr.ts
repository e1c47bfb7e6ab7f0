import { checkInteger, checkRange } from '../check.ts';
import { pow } from '../exact-math.ts';
import type { Optimizer } from '../optimizer.ts';
import { LRScheduler, type SchedulerOptions } from '../scheduler.ts';
import { checkFinite } from './checks.ts';

export interface PolynomialLROptions extends SchedulerOptions {
  /** How many epochs the decay to 0 takes. Default 5. With 0 there is none, as in PyTorch. */
  totalIters?: number;
  /** Default 1. */
  power?: number;
}

/**
 * Decays the learning rate to 0 along a polynomial: with d_t = 1 - t / totalIters, lr_t = lr_(t-1) · (d_t / d_(t-1))^power.
 * Closed form: base · (1 - min(t, totalIters) / totalIters)^power.
 *
 * Source: PyTorch `torch.optim.lr_scheduler.PolynomialLR`.
 *
 * ```ts
 * const optimizer = new SGD([new Param([1])], { lr: 0.05 });
 * const scheduler = new PolynomialLR(optimizer, { totalIters: 100, power: 0.9 });
 * ```
 */
export class PolynomialLR extends LRScheduler {
  totalIters: number;
  power: number;

  /** @throws ArgumentError, ArgumentRangeError for a wrong option */
  constructor(optimizer: Optimizer, options: PolynomialLROptions = {}) {
    super(optimizer, options);
    const { totalIters, power } = this.readOptions(options, { totalIters: 5, power: 1 });
    checkInteger(this.type, 'totalIters', totalIters, 0);
    checkFinite(this.type, 'power', power);
    this.totalIters = totalIters;
    this.power = power;
    this.start();
  }

  protected override get optionKeys(): readonly string[] {
    return ['totalIters', 'power'];
  }

  protected override compute(values: Float64Array): void {
    const { lastEpoch, totalIters } = this;
    if (this.isInitial || lastEpoch > totalIters) {
      this.keep(values);
    } else {
      this.scale(values, this.#raise((1 - lastEpoch / totalIters) / (1 - (lastEpoch - 1) / totalIters)));
    }
  }

  protected override closedForm(epoch: number, values: Float64Array): void {
    const { totalIters } = this;
    checkRange(
      totalIters > 0,
      this.type,
      'totalIters',
      'an integer >= 1, for the closed form divides by it,',
      totalIters,
    );
    this.scaleBase(values, this.#raise(1 - Math.min(totalIters, epoch) / totalIters));
  }

  #raise(ratio: number): number {
    if (ratio === 0) checkRange(this.power >= 0, this.type, 'power', 'a number >= 0 to end at 0', this.power);
    return pow(ratio, this.power);
  }
}
