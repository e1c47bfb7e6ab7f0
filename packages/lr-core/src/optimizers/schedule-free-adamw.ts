import { pow } from '../exact-math.ts';
import { withDefaults, type OptionCheck } from '../options.ts';
import type { ParamGroup, Params, StateLayout } from '../optimizer.ts';
import type { Parameter } from '../param.ts';
import { writable } from '../storage.ts';
import { SCHEDULE_FREE_DEFAULTS, ScheduleFree, type ScheduleFreeOptions } from './schedule-free.ts';

export interface ScheduleFreeAdamWOptions extends ScheduleFreeOptions {
  /** Learning rate. Default 2.5e-3. */
  lr: number;
  /** Where between z and x gradients are taken, in (0, 1), and the decay of the second moment. Default [0.9, 0.999]. */
  betas: [number, number];
  /** Added to the denominator. Default 1e-8. */
  eps: number;
  /** Decay of the weights, at y. Default 0. */
  weightDecay: number;
  /** Ascend instead of descend. Default `false`. */
  maximize: boolean;
}

const DEFAULTS: ScheduleFreeAdamWOptions = {
  lr: 2.5e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  ...SCHEDULE_FREE_DEFAULTS,
  maximize: false,
};
const ROLES = ['z', 'expAvgSq'];

/**
 * AdamW that needs no learning-rate schedule (Defazio et al. 2024, "The Road Less Scheduled"). Not in PyTorch. Call
 * `eval()` before evaluating or saving a model and `train()` before going on.
 *
 * ```text
 * y = β1 · x + (1 - β1) · z                  (the parameters, at which g is the gradient)
 * v = β2 · v + (1 - β2) · g²;   u = g / (√(v / (1 - β2ᵗ)) + eps) + weightDecay · y
 * z = z - lr · u;   x = x + c · (z - x),   c = wₜ / (w₁ + … + wₜ),   wₜ = t^r · (largest lr so far)^weightLrPower
 * ```
 *
 * Defaults: `lr` 2.5e-3, `betas` [0.9, 0.999], `eps` 1e-8, `weightDecay` 0, `warmupSteps` 0, `r` 0, `weightLrPower` 2,
 * `maximize` `false`. State: `z`, `expAvgSq` (v); in the groups `k`, `lrMax`, `weightSum`, `trainMode`.
 *
 * ```ts
 * const p = new Param([1, 2]);
 * const optimizer = new ScheduleFreeAdamW([p], { lr: 0.01 });
 * p.grad = Float32Array.of(1, -1);
 * optimizer.step();
 * optimizer.eval(); // p.data is the average, about [0.99, 2.01]
 * ```
 */
export class ScheduleFreeAdamW extends ScheduleFree<ScheduleFreeAdamWOptions> {
  constructor(params: Params<ScheduleFreeAdamWOptions>, options: Partial<ScheduleFreeAdamWOptions> = {}) {
    super(params, withDefaults('ScheduleFreeAdamW', DEFAULTS, options));
  }

  override get type(): string {
    return 'ScheduleFreeAdamW';
  }

  protected override get stateLayout(): StateLayout {
    return { required: ROLES };
  }

  protected override checkOptions(check: OptionCheck<ScheduleFreeAdamWOptions>): void {
    super.checkOptions(check);
    check.betas().atLeast(0, 'eps', 'weightDecay').booleans('maximize');
    check.that(check.options.betas[0] > 0, 'betas', 'a pair of numbers in [0, 1), the first of which is > 0');
  }

  protected override betaOf(group: ParamGroup<ScheduleFreeAdamWOptions>): number {
    return group.betas[0];
  }

  protected override updateGroup(
    group: ParamGroup<ScheduleFreeAdamWOptions>,
    params: readonly Parameter[],
  ): void {
    const { t, lr, weight } = this.advance(group);
    const [beta1, beta2] = group.betas;
    const batch = this.batchOf(group, 'schedulefreeadamw', ROLES, 0);
    for (const param of params) {
      if (param.grad === null) continue;
      const state = this.stateOf(param);
      state['z'] ??= writable(this.type, param.data).slice();
      batch.add(param, state);
    }
    batch.run(lr, beta1, weight, beta2, 1 - pow(beta2, t), group.eps, group.weightDecay, group.maximize);
  }
}
