import { checkInteger, checkRange, checkType, message, StateError } from '../check.ts';
import type { Optimizer } from '../optimizer.ts';
import type { LRScheduler, Metric, SchedulerOptions } from '../scheduler.ts';
import { CompositeScheduler } from './composite.ts';
import { ReduceLROnPlateau } from './reduce-lr-on-plateau.ts';

export interface SequentialLROptions extends Omit<SchedulerOptions, 'parameter'> {
  /** Schedulers of the same optimizer, just constructed. */
  schedulers: readonly LRScheduler[];
  /** The epochs, not decreasing, at which the second and later schedulers take over: one fewer than schedulers. */
  milestones: readonly number[];
}

/**
 * One scheduler after another. At a milestone the next one begins at its epoch 0, from the base learning rate (by its
 * closed form, where it has one, as in PyTorch; MultiplicativeLR and SWALR go on from the current one).
 *
 * Beyond PyTorch: a ReduceLROnPlateau may be among them (`step(metric)`); a SequentialLR or ChainedScheduler may be, which
 * PyTorch steps once too often (as the first) or cannot enter (later); `lastEpoch` k rebuilds the values of epoch k + 1 by
 * going through the schedule, whatever the optimizer's current values are.
 *
 * A OneCycleLR inside overwrites the `initialLr` that its siblings start from, and a CyclicLR starts from an earlier
 * scheduler's, as in PyTorch.
 *
 * Source: PyTorch `torch.optim.lr_scheduler.SequentialLR`.
 *
 * ```ts
 * const optimizer = new SGD([new Param([1])], { lr: 0.1 });
 * const warmup = new LinearLR(optimizer, { startFactor: 0.1, totalIters: 5 });
 * const decay = new CosineAnnealingLR(optimizer, { tMax: 95 });
 * const scheduler = new SequentialLR(optimizer, { schedulers: [warmup, decay], milestones: [5] });
 * ```
 */
export class SequentialLR extends CompositeScheduler {
  milestones: number[];

  /** @throws ArgumentError, ArgumentRangeError for a wrong option, StateError for `lastEpoch` with a ReduceLROnPlateau */
  constructor(optimizer: Optimizer, options: SequentialLROptions) {
    super(optimizer, options?.schedulers, { lastEpoch: options?.lastEpoch ?? -1 });
    const { schedulers, milestones } = this.readOptions<Required<Omit<SequentialLROptions, 'lastEpoch'>>>(
      options,
      {
        schedulers: [],
        milestones: undefined as unknown as number[],
      },
    );
    checkType(Array.isArray(milestones), this.type, 'milestones', 'an array of integers', milestones);
    const count = schedulers.length - 1;
    const expectation = `${count} milestones, one fewer than schedulers,`;
    checkRange(milestones.length === count, this.type, 'milestones', expectation, milestones);
    milestones.forEach((milestone, i) => {
      checkInteger(this.type, `milestones[${i}]`, milestone);
      const ordered = i === 0 || milestone >= milestones[i - 1]!;
      checkRange(ordered, this.type, `milestones[${i}]`, 'not less than the one before', milestone);
    });
    this.milestones = [...milestones];
    const resumed = this.lastEpoch;
    if (resumed !== -1 && hasPlateau(this)) {
      const how = 'without a ReduceLROnPlateau, whose metrics are gone: load its state dict instead of';
      throw new StateError(message(this.type, 'schedulers', how, `lastEpoch ${resumed}`));
    }
    this.mark();
    try {
      this.restart();
      while (this.lastEpoch < resumed + 1) this.advance();
    } catch (error) {
      this.undo();
      throw error;
    }
    this.stepCount = 1;
  }

  protected override get optionKeys(): readonly string[] {
    return ['milestones'];
  }

  /** The scheduler in charge of an epoch: how many milestones it has reached. */
  #indexAt(epoch: number): number {
    let i = 0;
    while (i < this.milestones.length && this.milestones[i]! <= epoch) i++;
    return i;
  }

  override restart(): void {
    this.reset();
    this.rewind();
    this.schedulers[this.#indexAt(0)]!.restart();
    this.lastEpoch = 0;
    this.stepCount = 1;
    this.recordLastLr();
  }

  override enter(metric?: Metric): void {
    this.reset();
    this.rewind();
    this.schedulers[this.#indexAt(0)]!.enter(metric);
    this.lastEpoch = 0;
    this.recordLastLr();
  }

  override advance(metric?: Metric): void {
    const epoch = this.lastEpoch + 1;
    const i = this.#indexAt(epoch);
    const scheduler = this.schedulers[i]!;
    if (i > 0 && this.milestones[i - 1] === epoch) scheduler.enter(metric);
    else scheduler.advance(metric);
    this.lastEpoch = epoch;
    this.stepCount++;
    this.recordLastLr();
  }

  override at(step: number): number[] {
    this.checkEpoch(step);
    const i = this.#indexAt(step);
    return this.schedulers[i]!.at(i === 0 ? step : step - this.milestones[i - 1]!);
  }
}

function hasPlateau(scheduler: LRScheduler): boolean {
  if (scheduler instanceof CompositeScheduler) return scheduler.schedulers.some(hasPlateau);
  return scheduler instanceof ReduceLROnPlateau;
}
