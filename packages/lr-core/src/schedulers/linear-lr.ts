import { checkInteger, checkRange } from '../check.ts';
import type { Optimizer } from '../optimizer.ts';
import { LRScheduler, type SchedulerOptions } from '../scheduler.ts';
import { checkFinite } from './checks.ts';

export interface LinearLROptions extends SchedulerOptions {
  /** The factor of epoch 0: in (0, 1], default 1/3. */
  startFactor?: number;
  /** The factor from epoch `totalIters` on: in [0, 1], default 1. */
  endFactor?: number;
  /** Default 5. With 0 the start factor holds for ever, as in PyTorch. */
  totalIters?: number;
}

/**
 * Moves a factor of the learning rate linearly from `startFactor` to `endFactor` in `totalIters` epochs:
 * lr_t = lr_(t-1) · (1 + (end - start) / (totalIters · start + (t - 1)(end - start))). Closed form:
 * base · (start + (end - start) · min(t, totalIters) / totalIters).
 *
 * Source: PyTorch `torch.optim.lr_scheduler.LinearLR`.
 *
 * ```ts
 * const optimizer = new SGD([new Param([1])], { lr: 0.05 });
 * const scheduler = new LinearLR(optimizer, { startFactor: 0.5, totalIters: 4 }); // 0.025, 0.03125, … 0.05
 * ```
 */
export class LinearLR extends LRScheduler {
  startFactor: number;
  endFactor: number;
  totalIters: number;

  /** @throws ArgumentError, ArgumentRangeError for a wrong option */
  constructor(optimizer: Optimizer, options: LinearLROptions = {}) {
    super(optimizer, options);
    const defaults = { startFactor: 1 / 3, endFactor: 1, totalIters: 5 };
    const { startFactor, endFactor, totalIters } = this.readOptions(options, defaults);
    checkFinite(this.type, 'startFactor', startFactor);
    checkRange(
      startFactor > 0 && startFactor <= 1,
      this.type,
      'startFactor',
      'a number in (0, 1]',
      startFactor,
    );
    checkFinite(this.type, 'endFactor', endFactor);
    checkRange(endFactor >= 0 && endFactor <= 1, this.type, 'endFactor', 'a number in [0, 1]', endFactor);
    checkInteger(this.type, 'totalIters', totalIters, 0);
    this.startFactor = startFactor;
    this.endFactor = endFactor;
    this.totalIters = totalIters;
    this.start();
  }

  protected override get optionKeys(): readonly string[] {
    return ['startFactor', 'endFactor', 'totalIters'];
  }

  protected override compute(values: Float64Array): void {
    const { lastEpoch, startFactor, totalIters } = this;
    if (lastEpoch === 0) {
      this.scale(values, startFactor);
    } else if (this.isInitial || lastEpoch > totalIters) {
      this.keep(values);
    } else {
      const difference = this.endFactor - startFactor;
      this.scale(values, 1 + difference / (totalIters * startFactor + (lastEpoch - 1) * difference));
    }
  }

  protected override closedForm(epoch: number, values: Float64Array): void {
    const { startFactor, totalIters } = this;
    checkRange(
      totalIters > 0,
      this.type,
      'totalIters',
      'an integer >= 1, for the closed form divides by it,',
      totalIters,
    );
    this.scaleBase(
      values,
      startFactor + ((this.endFactor - startFactor) * Math.min(totalIters, epoch)) / totalIters,
    );
  }
}
