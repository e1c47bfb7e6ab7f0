/** What the schedule-free optimizers share: three sequences of parameters and the weights of their average. */
import { StateError } from '../check.ts';
import { pow } from '../exact-math.ts';
import type { OptionCheck } from '../options.ts';
import { Optimizer, type BaseOptions, type ParamGroup } from '../optimizer.ts';
import type { Parameter, Storage } from '../param.ts';
import { lerp } from '../reference/float32.ts';
import { hostOf, onHost } from '../storage.ts';

export interface ScheduleFreeOptions extends BaseOptions {
  /** Steps over which lr rises linearly. Default 0. */
  warmupSteps: number;
  /** The average gives step k the weight `k^r`. Default 0. */
  r: number;
  /** The average gives a step the weight `(largest lr so far)^weightLrPower`. Default 2. */
  weightLrPower: number;
}

/** A group's progress, kept among its options so that state dicts have it. */
interface Progress {
  /** Steps so far. */
  k?: number;
  lrMax?: number;
  weightSum?: number;
  /** Whether parameters are where gradients are taken (y), not where models are evaluated (x). */
  trainMode?: boolean;
}

/** The numbers of one step. */
export interface ScheduleFreeStep {
  /** 1 for the first step. */
  t: number;
  /** lr after warm-up. */
  lr: number;
  /** The weight of z in the average. */
  weight: number;
}

export const SCHEDULE_FREE_DEFAULTS = { warmupSteps: 0, r: 0, weightLrPower: 2 };

export abstract class ScheduleFree<T extends ScheduleFreeOptions> extends Optimizer<T> {
  protected override checkOptions(check: OptionCheck<T>): void {
    check.atLeast(0, 'lr').integers(0, 'warmupSteps').numbers('r', 'weightLrPower');
  }

  /** The interpolation between z and x at which gradients are taken. */
  protected abstract betaOf(group: ParamGroup<T>): number;

  /**
   * Moves the parameters to where gradients are taken. That is where they are to begin with; call it after `eval`.
   */
  train(): void {
    this.#moveAll(true);
  }

  /** Moves the parameters to the average, where the model is evaluated and saved. */
  eval(): void {
    this.#moveAll(false);
  }

  #moveAll(trainMode: boolean): void {
    for (const group of this.paramGroups) {
      const progress = group as Progress;
      if ((progress.trainMode ?? true) === trainMode) continue;
      progress.trainMode = trainMode;
      const beta = this.betaOf(group);
      const weight = Math.fround(trainMode ? 1 - beta : 1 - 1 / beta);
      for (const param of group.params) this.#move(param, weight);
    }
  }

  #move(param: Parameter, weight: number): void {
    const state = this.state.get(param)?.['z'] as Storage | undefined;
    if (state === undefined) return;
    const z = hostOf(state);
    onHost(this.type, [param.data], ([p]) => {
      for (let i = 0; i < z.length; i++) p![i] = lerp(p![i]!, z[i]!, weight);
    });
  }

  protected override update(closure: (() => number) | undefined): number | undefined {
    const inTraining = this.paramGroups.every((group) => (group as Progress).trainMode ?? true);
    if (!inTraining)
      throw new StateError(`[${this.type}] expected train() to be called before step() after eval()`);
    return super.update(closure);
  }

  /** Counts a step of `group`. */
  protected advance(group: ParamGroup<T>): ScheduleFreeStep {
    const progress = group as Progress;
    const t = (progress.k ?? 0) + 1;
    const lr = group.lr * (t <= group.warmupSteps ? t / group.warmupSteps : 1);
    const lrMax = Math.max(lr, progress.lrMax ?? -1);
    const weight = pow(t, group.r) * pow(lrMax, group.weightLrPower);
    const weightSum = (progress.weightSum ?? 0) + weight;
    Object.assign(progress, { k: t, lrMax, weightSum, trainMode: true });
    return { t, lr, weight: weightSum === 0 ? 0 : weight / weightSum };
  }
}
