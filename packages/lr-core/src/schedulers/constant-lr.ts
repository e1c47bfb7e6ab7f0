import { ArgumentRangeError, checkInteger, checkRange, message } from '../check.ts';
import type { Optimizer } from '../optimizer.ts';
import { LRScheduler, type SchedulerOptions } from '../scheduler.ts';
import { checkFinite } from './checks.ts';

export interface ConstantLROptions extends SchedulerOptions {
  /** In [0, 1], default 1/3. 0 can be held but not left: the step at `totalIters` throws. */
  factor?: number;
  /** How many epochs the factor holds. Default 5. With 0 it holds for ever, as in PyTorch. */
  totalIters?: number;
}

/**
 * Multiplies the learning rate by `factor` for the first `totalIters` epochs, then divides by it again. Closed form:
 * base · (t < totalIters ? factor : 1).
 *
 * Source: PyTorch `torch.optim.lr_scheduler.ConstantLR`.
 *
 * ```ts
 * const optimizer = new SGD([new Param([1])], { lr: 0.05 });
 * const scheduler = new ConstantLR(optimizer, { factor: 0.5, totalIters: 4 }); // 0.025 four times, then 0.05
 * ```
 */
export class ConstantLR extends LRScheduler {
  factor: number;
  totalIters: number;

  /** @throws ArgumentError, ArgumentRangeError for a wrong option */
  constructor(optimizer: Optimizer, options: ConstantLROptions = {}) {
    super(optimizer, options);
    const { factor, totalIters } = this.readOptions(options, { factor: 1 / 3, totalIters: 5 });
    checkFinite(this.type, 'factor', factor);
    checkRange(factor >= 0 && factor <= 1, this.type, 'factor', 'a number in [0, 1]', factor);
    checkInteger(this.type, 'totalIters', totalIters, 0);
    this.factor = factor;
    this.totalIters = totalIters;
    this.start();
  }

  protected override get optionKeys(): readonly string[] {
    return ['factor', 'totalIters'];
  }

  protected override compute(values: Float64Array): void {
    const { lastEpoch, factor } = this;
    if (lastEpoch === 0) {
      this.scale(values, factor);
    } else if (lastEpoch !== this.totalIters || this.isInitial) {
      this.keep(values);
    } else {
      if (factor === 0) {
        throw new ArgumentRangeError(message(this.type, 'factor', 'a number > 0, to be divided by,', factor));
      }
      this.scale(values, 1 / factor);
    }
  }

  protected override closedForm(epoch: number, values: Float64Array): void {
    const { factor } = this;
    this.scaleBase(values, factor + (epoch >= this.totalIters ? 1 - factor : 0));
  }
}
