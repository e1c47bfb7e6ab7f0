import { pow } from '../exact-math.ts';
import { withDefaults, type OptionCheck } from '../options.ts';
import { Optimizer, type ParamGroup, type Params, type StateLayout } from '../optimizer.ts';
import type { Parameter } from '../param.ts';
import { nextStep } from '../step-batch.ts';

export interface ASGDOptions {
  /** Learning rate. Default 1e-2. */
  lr: number;
  /** Decay term. Default 1e-4. */
  lambd: number;
  /** Power of the learning rate's decay. Default 0.75. */
  alpha: number;
  /** The step at which averaging begins. Default 1e6. */
  t0: number;
  /** L2 penalty, added to the gradient. Default 0. */
  weightDecay: number;
  /** Ascend instead of descend. Default `false`. */
  maximize: boolean;
}

const DEFAULTS: ASGDOptions = {
  lr: 1e-2,
  lambd: 1e-4,
  alpha: 0.75,
  t0: 1e6,
  weightDecay: 0,
  maximize: false,
};
const ROLES = ['ax'];
const f = Math.fround;

/**
 * Averaged SGD (Polyak and Juditsky 1992, "Acceleration of stochastic approximation by averaging").
 *
 * ```text
 * p  = p · (1 - lambd · η) - η · g
 * ax = μ = 1 ? p : ax + (p - ax) · μ
 * η  = lr / (1 + lambd · lr · t)^alpha;   μ = 1 / max(1, t - t0)         (both act from the next step on)
 * ```
 *
 * Defaults: `lr` 1e-2, `lambd` 1e-4, `alpha` 0.75, `t0` 1e6, `weightDecay` 0, `maximize` `false`. State: `step`, `eta`,
 * `mu`, `ax` (the average). As in PyTorch, a changed `lr` acts one step late.
 *
 * ```ts
 * const p = new Param([1, 2]);
 * const optimizer = new ASGD([p], { lr: 0.1 });
 * p.grad = Float32Array.of(1, -1);
 * optimizer.step(); // p.data is about [0.9, 2.1]
 * ```
 */
export class ASGD extends Optimizer<ASGDOptions> {
  constructor(params: Params<ASGDOptions>, options: Partial<ASGDOptions> = {}) {
    super(params, withDefaults('ASGD', DEFAULTS, options));
  }

  override get type(): string {
    return 'ASGD';
  }

  protected override get stateLayout(): StateLayout {
    return { numbers: ['step', 'eta', 'mu'], required: ROLES };
  }

  protected override checkOptions(check: OptionCheck<ASGDOptions>): void {
    check.atLeast(0, 'lr', 'weightDecay').numbers('lambd', 'alpha', 't0').booleans('maximize');
  }

  protected override updateGroup(group: ParamGroup<ASGDOptions>, params: readonly Parameter[]): void {
    const { lr, lambd } = group;
    const batch = this.batchOf(group, 'asgd', ROLES, 2);
    let step = -1;
    let eta = 0;
    for (const param of params) {
      if (param.grad === null) continue;
      const state = this.stateOf(param);
      const t = nextStep(state);
      const at = batch.add(param, state);
      batch.scalars[at] = (state['eta'] as number | undefined) ?? f(lr);
      batch.scalars[at + 1] = (state['mu'] as number | undefined) ?? 1;
      if (t !== step) {
        step = t;
        eta = f(lr / pow(1 + lambd * lr * t, group.alpha));
      }
      state['eta'] = eta; // float32 in PyTorch, as mu
      state['mu'] = f(1 / Math.max(1, t - group.t0));
    }
    batch.run(lambd, group.weightDecay, group.maximize);
  }
}
