import { checkInteger } from '../check.ts';
import { pow } from '../exact-math.ts';
import type { Optimizer } from '../optimizer.ts';
import { LRScheduler, type SchedulerOptions } from '../scheduler.ts';
import { checkFinite } from './checks.ts';

export interface StepLROptions extends SchedulerOptions {
  /** The period of the decay, in epochs: an integer >= 1. */
  stepSize: number;
  /** Default 0.1. */
  gamma?: number;
}

/**
 * Multiplies the learning rate by `gamma` every `stepSize` epochs: lr_t = lr_(t-1) · gamma where t is a multiple of
 * `stepSize`, else lr_(t-1). Closed form: base · gamma^floor(t / stepSize).
 *
 * Source: PyTorch `torch.optim.lr_scheduler.StepLR`.
 *
 * ```ts
 * const optimizer = new SGD([new Param([1])], { lr: 0.05 });
 * const scheduler = new StepLR(optimizer, { stepSize: 30, gamma: 0.1 });
 * for (let epoch = 0; epoch < 90; epoch++) {
 *   optimizer.step();
 *   scheduler.step(); // 0.05 for 30 epochs, then 0.005, then 0.0005
 * }
 * ```
 */
export class StepLR extends LRScheduler {
  stepSize: number;
  gamma: number;

  /** @throws ArgumentError, ArgumentRangeError for a wrong option */
  constructor(optimizer: Optimizer, options: StepLROptions) {
    super(optimizer, options);
    const { stepSize, gamma } = this.readOptions(options, {
      stepSize: undefined as unknown as number,
      gamma: 0.1,
    });
    checkInteger(this.type, 'stepSize', stepSize, 1);
    checkFinite(this.type, 'gamma', gamma);
    this.stepSize = stepSize;
    this.gamma = gamma;
    this.start();
  }

  protected override get optionKeys(): readonly string[] {
    return ['stepSize', 'gamma'];
  }

  protected override compute(values: Float64Array): void {
    const { lastEpoch } = this;
    const decays = lastEpoch !== 0 && lastEpoch % this.stepSize === 0 && !this.isInitial;
    if (decays) this.scale(values, this.gamma);
    else this.keep(values);
  }

  protected override closedForm(epoch: number, values: Float64Array): void {
    this.scaleBase(values, pow(this.gamma, Math.floor(epoch / this.stepSize)));
  }
}
