import { ArgumentError, message } from '../check.ts';
import { pow } from '../exact-math.ts';
import { withDefaults, type OptionCheck } from '../options.ts';
import { Optimizer, type ParamGroup, type Params, type StateLayout } from '../optimizer.ts';
import type { Parameter } from '../param.ts';
import { nextStep } from '../step-batch.ts';

export interface AdamOptions {
  /** Learning rate. Default 1e-3. */
  lr: number;
  /** Decay of the running averages of the gradient and of its square. Default [0.9, 0.999]. */
  betas: [number, number];
  /** Added to the denominator. Default 1e-8. */
  eps: number;
  /** Default 0 (AdamW: 1e-2). */
  weightDecay: number;
  /** Divide by the maximum of all second moments so far. Default `false`. */
  amsgrad: boolean;
  /** Ascend instead of descend. Default `false`. */
  maximize: boolean;
  /** Decay the weights themselves instead of adding to the gradient. Default `false` (AdamW: `true`). */
  decoupledWeightDecay: boolean;
}

export const ADAM_DEFAULTS: AdamOptions = {
  lr: 1e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  amsgrad: false,
  maximize: false,
  decoupledWeightDecay: false,
};
const ROLES = ['expAvg', 'expAvgSq', null];
const AMSGRAD_ROLES = ['expAvg', 'expAvgSq', 'maxExpAvgSq'];

/**
 * Adam (Kingma and Ba 2014, "Adam: A Method for Stochastic Optimization"; `amsgrad`: Reddi et al. 2018, "On the
 * Convergence of Adam and Beyond").
 *
 * ```text
 * g = grad + weightDecay · p
 * m = β1 · m + (1 - β1) · g          v = β2 · v + (1 - β2) · g²
 * p = p - lr / (1 - β1ᵗ) · m / (√v / √(1 - β2ᵗ) + eps)        amsgrad: v is the maximum of all v so far
 * ```
 *
 * Defaults: `lr` 1e-3, `betas` [0.9, 0.999], `eps` 1e-8, `weightDecay` 0, flags `false`. State: `step`, `expAvg` (m),
 * `expAvgSq` (v), with amsgrad `maxExpAvgSq`.
 *
 * ```ts
 * const p = new Param([1, 2]);
 * const optimizer = new Adam([p], { lr: 0.01 });
 * p.grad = Float32Array.of(1, -1);
 * optimizer.step(); // p.data is about [0.99, 2.01]
 * ```
 */
export class Adam extends Optimizer<AdamOptions> {
  constructor(params: Params<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(params, withDefaults('Adam', ADAM_DEFAULTS, options));
  }

  override get type(): string {
    return 'Adam';
  }

  protected override get compatibleTypes(): readonly string[] {
    return ['Adam', 'AdamW'];
  }

  protected override get stateLayout(): StateLayout {
    return { numbers: ['step'], required: ['expAvg', 'expAvgSq'], optional: ['maxExpAvgSq'] };
  }

  protected override checkOptions(check: OptionCheck<AdamOptions>): void {
    check.atLeast(0, 'lr', 'eps').betas().atLeast(0, 'weightDecay');
    check.booleans('amsgrad', 'maximize', 'decoupledWeightDecay');
  }

  protected override checkSparsity(_group: ParamGroup<AdamOptions>, sparse: boolean): void {
    if (sparse)
      throw new ArgumentError(
        message(this.type, 'gradients', 'dense (or use SparseAdam)', 'a sparse gradient'),
      );
  }

  protected override updateGroup(group: ParamGroup<AdamOptions>, params: readonly Parameter[]): void {
    const { lr, betas } = group;
    const batch = this.batchOf(group, 'adam', group.amsgrad ? AMSGRAD_ROLES : ROLES, 2);
    let step = -1;
    let stepSize = 0;
    let bc2sqrt = 0;
    for (const param of params) {
      if (param.grad === null) continue;
      const state = this.stateOf(param);
      const t = nextStep(state);
      if (t !== step) {
        step = t;
        stepSize = lr / (1 - pow(betas[0], t));
        bc2sqrt = Math.sqrt(1 - pow(betas[1], t));
      }
      const at = batch.add(param, state);
      batch.scalars[at] = stepSize;
      batch.scalars[at + 1] = bc2sqrt;
    }
    batch.run(lr, ...betas, group.eps, group.weightDecay, group.decoupledWeightDecay, group.maximize);
  }
}
