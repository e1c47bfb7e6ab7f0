import { withDefaults, type OptionCheck } from '../options.ts';
import type { ParamGroup, Params, StateLayout } from '../optimizer.ts';
import type { Parameter } from '../param.ts';
import { writable } from '../storage.ts';
import { SCHEDULE_FREE_DEFAULTS, ScheduleFree, type ScheduleFreeOptions } from './schedule-free.ts';

export interface ScheduleFreeSGDOptions extends ScheduleFreeOptions {
  /** Learning rate, larger than SGD's. Default 1. */
  lr: number;
  /** Where between z and x gradients are taken, in (0, 1). Default 0.9. */
  momentum: number;
  /** L2 penalty, added to the gradient. Default 0. */
  weightDecay: number;
  /** Ascend instead of descend. Default `false`. */
  maximize: boolean;
}

const DEFAULTS: ScheduleFreeSGDOptions = {
  lr: 1,
  momentum: 0.9,
  weightDecay: 0,
  ...SCHEDULE_FREE_DEFAULTS,
  maximize: false,
};
const ROLES = ['z'];

/**
 * SGD that needs no learning-rate schedule (Defazio et al. 2024, "The Road Less Scheduled"). Not in PyTorch. Call
 * `eval()` before evaluating or saving a model and `train()` before going on.
 *
 * ```text
 * y = momentum · x + (1 - momentum) · z      (the parameters, at which g is the gradient)
 * z = z - lr · g;   x = x + c · (z - x),   c = wₜ / (w₁ + … + wₜ),   wₜ = t^r · (largest lr so far)^weightLrPower
 * ```
 *
 * Defaults: `lr` 1, `momentum` 0.9, `weightDecay` 0, `warmupSteps` 0, `r` 0, `weightLrPower` 2, `maximize` `false`.
 * State: `z`; in the groups `k`, `lrMax`, `weightSum`, `trainMode`.
 *
 * ```ts
 * const p = new Param([1, 2]);
 * const optimizer = new ScheduleFreeSGD([p], { lr: 0.1 });
 * p.grad = Float32Array.of(1, -1);
 * optimizer.step();
 * optimizer.eval(); // p.data is the average, [0.9, 2.1]
 * ```
 */
export class ScheduleFreeSGD extends ScheduleFree<ScheduleFreeSGDOptions> {
  constructor(params: Params<ScheduleFreeSGDOptions>, options: Partial<ScheduleFreeSGDOptions> = {}) {
    super(params, withDefaults('ScheduleFreeSGD', DEFAULTS, options));
  }

  override get type(): string {
    return 'ScheduleFreeSGD';
  }

  protected override get stateLayout(): StateLayout {
    return { required: ROLES };
  }

  protected override checkOptions(check: OptionCheck<ScheduleFreeSGDOptions>): void {
    super.checkOptions(check);
    check.atLeast(0, 'weightDecay', 'momentum').booleans('maximize');
    const { momentum } = check.options;
    check.that(momentum > 0 && momentum < 1, 'momentum', 'a number in (0, 1)');
  }

  protected override betaOf(group: ParamGroup<ScheduleFreeSGDOptions>): number {
    return group.momentum;
  }

  protected override updateGroup(
    group: ParamGroup<ScheduleFreeSGDOptions>,
    params: readonly Parameter[],
  ): void {
    const { lr, weight } = this.advance(group);
    const batch = this.batchOf(group, 'schedulefreesgd', ROLES, 0);
    for (const param of params) {
      if (param.grad === null) continue;
      const state = this.stateOf(param);
      state['z'] ??= writable(this.type, param.data).slice();
      batch.add(param, state);
    }
    batch.run(lr, group.momentum, weight, group.weightDecay, group.maximize);
  }
}
