import { checkType } from '../check.ts';
import type { Optimizer } from '../optimizer.ts';
import { LRScheduler, type Metric } from '../scheduler.ts';
import { CompositeScheduler } from './composite.ts';

export interface ChainedSchedulerOptions {
  /** Default: the optimizer of the first scheduler. */
  optimizer?: Optimizer | null;
}

/**
 * Steps several schedulers one after the other, each on what the one before has left: the factors of chainable schedulers
 * multiply.
 *
 * Beyond PyTorch: a ReduceLROnPlateau may be among them, and gets the metric of `step(metric)`.
 *
 * Source: PyTorch `torch.optim.lr_scheduler.ChainedScheduler`.
 *
 * ```ts
 * const optimizer = new SGD([new Param([1])], { lr: 0.1 });
 * const warmup = new ConstantLR(optimizer, { factor: 0.1, totalIters: 20 });
 * const decay = new ExponentialLR(optimizer, { gamma: 0.9 });
 * const scheduler = new ChainedScheduler([warmup, decay]);
 * ```
 */
export class ChainedScheduler extends CompositeScheduler {
  /** @throws ArgumentError, ArgumentRangeError for no scheduler, or schedulers of several optimizers */
  constructor(schedulers: readonly LRScheduler[], options: ChainedSchedulerOptions = {}) {
    const type = 'ChainedScheduler';
    checkType(Array.isArray(schedulers), type, 'schedulers', 'an array of schedulers', schedulers);
    const [first] = schedulers;
    checkType(
      first instanceof LRScheduler,
      type,
      'schedulers',
      'an array of at least one scheduler',
      schedulers,
    );
    super(options.optimizer ?? first!.optimizer, schedulers);
    this.readOptions<Required<ChainedSchedulerOptions>>(options, { optimizer: null });
    this.lastEpoch = 0;
    this.stepCount = 1;
    this.recordLastLr();
  }

  protected override get optionKeys(): readonly string[] {
    return [];
  }

  override restart(): void {
    this.rewind();
    for (const scheduler of this.schedulers) scheduler.restart();
    this.lastEpoch = 0;
    this.stepCount = 1;
    this.recordLastLr();
  }

  /** Unlike a single scheduler, several cannot each begin from the base values: they begin as when they were constructed. */
  override enter(): void {
    this.reset();
    this.rewind();
    for (const scheduler of this.schedulers) scheduler.restart();
    this.lastEpoch = 0;
    this.recordLastLr();
  }

  override advance(metric?: Metric): void {
    for (const scheduler of this.schedulers) scheduler.advance(metric);
    this.lastEpoch++;
    this.stepCount++;
    this.recordLastLr();
  }
}
