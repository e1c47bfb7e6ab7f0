import type { Optimizer } from '../optimizer.ts';
import { LRScheduler, type SchedulerOptions } from '../scheduler.ts';
import { namesOf, readLambdas, type LrLambda } from './lambdas.ts';

export interface MultiplicativeLROptions extends SchedulerOptions {
  /** A function of the epoch, or one a group; a registered function's name stands for it. */
  lrLambda: LrLambda | string | readonly (LrLambda | string)[];
}

/**
 * Multiplies the learning rate by a function of the epoch: lr_t = lr_(t-1) · lrLambda(t). No closed form: `step(epoch)`
 * multiplies once, as in PyTorch.
 *
 * Source: PyTorch `torch.optim.lr_scheduler.MultiplicativeLR`.
 *
 * ```ts
 * const optimizer = new SGD([new Param([1])], { lr: 0.05 });
 * const scheduler = new MultiplicativeLR(optimizer, { lrLambda: () => 0.95 });
 * ```
 */
export class MultiplicativeLR extends LRScheduler {
  readonly lrLambdas: readonly LrLambda[];

  /** @throws ArgumentError, ArgumentRangeError for a wrong option or number of functions */
  constructor(optimizer: Optimizer, options: MultiplicativeLROptions) {
    super(optimizer, options);
    const { lrLambda } = this.readOptions(options, {
      lrLambda: undefined as unknown as MultiplicativeLROptions['lrLambda'],
    });
    this.lrLambdas = readLambdas(this.type, 'lrLambda', lrLambda, this.groups.length);
    this.start();
  }

  /** Functions are no data: a state dict is loaded into a scheduler that has them. */
  protected override get optionKeys(): readonly string[] {
    return [];
  }

  protected override compute(values: Float64Array): void {
    this.keep(values);
    if (this.isInitial) return;
    this.checkGroupCount();
    for (let i = 0; i < values.length; i++) values[i] = values[i]! * this.lrLambdas[i]!(this.lastEpoch);
  }

  /** @throws StateError unless all functions are registered by name */
  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), lrLambda: namesOf(this.type, 'lrLambda', this.lrLambdas) };
  }
}
