import { checkInteger } from '../check.ts';
import { pow } from '../exact-math.ts';
import type { Optimizer } from '../optimizer.ts';
import { LRScheduler, type SchedulerOptions } from '../scheduler.ts';
import { checkPositive } from './checks.ts';

export interface NoamLROptions extends SchedulerOptions {
  /** The model's width, d_model. */
  modelSize: number;
  /** Steps of linear rise: an integer >= 1. */
  warmupSteps: number;
  /** Default 1. */
  factor?: number;
}

/**
 * The schedule of the Transformer, once a batch: lr_t = base · factor · modelSize^-0.5 · min(t^-0.5, t · warmupSteps^-1.5),
 * t = max(1, step). The optimizer's lr is usually 1.
 *
 * Source: A. Vaswani et al., Attention Is All You Need, 2017, section 5.3; the arithmetic of A. Rush, The Annotated
 * Transformer (`rate`).
 *
 * ```ts
 * const optimizer = new Adam([new Param([1])], { lr: 1, betas: [0.9, 0.98], eps: 1e-9 });
 * const scheduler = new NoamLR(optimizer, { modelSize: 512, warmupSteps: 4000 });
 * ```
 */
export class NoamLR extends LRScheduler {
  modelSize: number;
  warmupSteps: number;
  factor: number;
  /** modelSize^-0.5 and warmupSteps^-1.5. */
  #scale = 1;
  #slope = 1;

  /** @throws ArgumentError, ArgumentRangeError for a wrong option */
  constructor(optimizer: Optimizer, options: NoamLROptions) {
    super(optimizer, options);
    const { modelSize, warmupSteps, factor } = this.readOptions(options, {
      modelSize: undefined as unknown as number,
      warmupSteps: undefined as unknown as number,
      factor: 1,
    });
    checkPositive(this.type, 'modelSize', modelSize);
    checkInteger(this.type, 'warmupSteps', warmupSteps, 1);
    checkPositive(this.type, 'factor', factor);
    this.modelSize = modelSize;
    this.warmupSteps = warmupSteps;
    this.factor = factor;
    this.afterLoad();
    this.start();
  }

  protected override get optionKeys(): readonly string[] {
    return ['modelSize', 'warmupSteps', 'factor'];
  }

  protected override afterLoad(): void {
    this.#scale = pow(this.modelSize, -0.5);
    this.#slope = pow(this.warmupSteps, -1.5);
  }

  protected override compute(values: Float64Array): void {
    this.closedForm(this.lastEpoch, values);
  }

  protected override closedForm(epoch: number, values: Float64Array): void {
    const step = Math.max(1, epoch);
    const shape = Math.min(pow(step, -0.5), step * this.#slope);
    this.scaleBase(values, this.factor * (this.#scale * shape));
  }
}
