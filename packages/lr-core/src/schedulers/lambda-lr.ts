import type { Optimizer } from '../optimizer.ts';
import { LRScheduler, type SchedulerOptions } from '../scheduler.ts';
import { namesOf, readLambdas, type LrLambda } from './lambdas.ts';

export interface LambdaLROptions extends SchedulerOptions {
  /** A function of the epoch, or one a group; a registered function's name stands for it. */
  lrLambda: LrLambda | string | readonly (LrLambda | string)[];
}

/**
 * The base learning rate times a function of the epoch: lr_t = base · lrLambda(t).
 *
 * `**` and `Math.pow` inside the function have other bits in other engines than PyTorch has; `exactMath.pow` has PyTorch's.
 *
 * Source: PyTorch `torch.optim.lr_scheduler.LambdaLR`.
 *
 * ```ts
 * const optimizer = new SGD([new Param([1])], { lr: 0.05 });
 * const scheduler = new LambdaLR(optimizer, { lrLambda: (epoch) => exactMath.pow(0.95, epoch) });
 * ```
 */
export class LambdaLR extends LRScheduler {
  readonly lrLambdas: readonly LrLambda[];

  /** @throws ArgumentError, ArgumentRangeError for a wrong option or number of functions */
  constructor(optimizer: Optimizer, options: LambdaLROptions) {
    super(optimizer, options);
    const { lrLambda } = this.readOptions(options, {
      lrLambda: undefined as unknown as LambdaLROptions['lrLambda'],
    });
    this.lrLambdas = readLambdas(this.type, 'lrLambda', lrLambda, this.groups.length);
    this.start();
  }

  /** Functions are no data: a state dict is loaded into a scheduler that has them. */
  protected override get optionKeys(): readonly string[] {
    return [];
  }

  protected override compute(values: Float64Array): void {
    this.closedForm(this.lastEpoch, values);
  }

  protected override closedForm(epoch: number, values: Float64Array): void {
    this.checkGroupCount();
    for (let i = 0; i < this.baseLrs.length; i++) values[i] = this.baseLrs[i]! * this.lrLambdas[i]!(epoch);
  }

  /** @throws StateError unless all functions are registered by name */
  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), lrLambda: namesOf(this.type, 'lrLambda', this.lrLambdas) };
  }
}
