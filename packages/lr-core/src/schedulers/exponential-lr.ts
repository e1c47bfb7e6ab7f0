import { pow } from '../exact-math.ts';
import type { Optimizer } from '../optimizer.ts';
import { LRScheduler, type SchedulerOptions } from '../scheduler.ts';
import { checkFinite } from './checks.ts';

export interface ExponentialLROptions extends SchedulerOptions {
  gamma: number;
}

/**
 * Multiplies the learning rate by `gamma` every epoch: lr_t = lr_(t-1) · gamma. Closed form: base · gamma^t.
 *
 * Source: PyTorch `torch.optim.lr_scheduler.ExponentialLR`.
 *
 * ```ts
 * const optimizer = new SGD([new Param([1])], { lr: 0.05 });
 * const scheduler = new ExponentialLR(optimizer, { gamma: 0.95 });
 * ```
 */
export class ExponentialLR extends LRScheduler {
  gamma: number;

  /** @throws ArgumentError, ArgumentRangeError for a wrong option */
  constructor(optimizer: Optimizer, options: ExponentialLROptions) {
    super(optimizer, options);
    const { gamma } = this.readOptions(options, { gamma: undefined as unknown as number });
    checkFinite(this.type, 'gamma', gamma);
    this.gamma = gamma;
    this.start();
  }

  protected override get optionKeys(): readonly string[] {
    return ['gamma'];
  }

  protected override compute(values: Float64Array): void {
    if (this.isInitial) this.keep(values);
    else this.scale(values, this.gamma);
  }

  protected override closedForm(epoch: number, values: Float64Array): void {
    this.scaleBase(values, pow(this.gamma, epoch));
  }
}
