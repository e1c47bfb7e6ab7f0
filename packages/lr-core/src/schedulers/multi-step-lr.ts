import { checkInteger, checkType } from '../check.ts';
import { pow } from '../exact-math.ts';
import type { Optimizer } from '../optimizer.ts';
import { LRScheduler, type SchedulerOptions } from '../scheduler.ts';
import { checkFinite } from './checks.ts';

export interface MultiStepLROptions extends SchedulerOptions {
  /** Epochs, in any order; one that occurs n times decays by gamma^n. */
  milestones: readonly number[];
  /** Default 0.1. */
  gamma?: number;
}

/**
 * Multiplies the learning rate by `gamma` at each milestone. Closed form: base · gamma^(milestones <= t). As in PyTorch a
 * milestone 0 decays at the construction.
 *
 * Source: PyTorch `torch.optim.lr_scheduler.MultiStepLR`.
 *
 * ```ts
 * const optimizer = new SGD([new Param([1])], { lr: 0.05 });
 * const scheduler = new MultiStepLR(optimizer, { milestones: [30, 80], gamma: 0.1 });
 * ```
 */
export class MultiStepLR extends LRScheduler {
  milestones: number[];
  gamma: number;
  #factors = new Map<number, number>();

  /** @throws ArgumentError, ArgumentRangeError for a wrong option */
  constructor(optimizer: Optimizer, options: MultiStepLROptions) {
    super(optimizer, options);
    const { milestones, gamma } = this.readOptions<
      Required<Omit<MultiStepLROptions, keyof SchedulerOptions>>
    >(options, {
      milestones: undefined as unknown as number[],
      gamma: 0.1,
    });
    checkType(Array.isArray(milestones), this.type, 'milestones', 'an array of integers', milestones);
    milestones.forEach((milestone, i) => checkInteger(this.type, `milestones[${i}]`, milestone));
    checkFinite(this.type, 'gamma', gamma);
    this.milestones = [...milestones].sort((a, b) => a - b);
    this.gamma = gamma;
    this.afterLoad();
    this.start();
  }

  protected override get optionKeys(): readonly string[] {
    return ['milestones', 'gamma'];
  }

  protected override afterLoad(): void {
    this.#factors = new Map();
    for (const milestone of this.milestones) {
      const count = this.milestones.filter((other) => other === milestone).length;
      this.#factors.set(milestone, pow(this.gamma, count));
    }
  }

  protected override compute(values: Float64Array): void {
    const factor = this.#factors.get(this.lastEpoch);
    if (factor === undefined || (this.isInitial && this.lastEpoch > 0)) this.keep(values);
    else this.scale(values, factor);
  }

  protected override closedForm(epoch: number, values: Float64Array): void {
    let passed = 0;
    while (passed < this.milestones.length && this.milestones[passed]! <= epoch) passed++;
    this.scaleBase(values, pow(this.gamma, passed));
  }
}
