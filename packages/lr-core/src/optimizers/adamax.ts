import { pow } from '../exact-math.ts';
import { withDefaults, type OptionCheck } from '../options.ts';
import { Optimizer, type ParamGroup, type Params, type StateLayout } from '../optimizer.ts';
import type { Parameter } from '../param.ts';
import { nextStep } from '../step-batch.ts';

export interface AdamaxOptions {
  /** Learning rate. Default 2e-3. */
  lr: number;
  /** Decay of the running average of the gradient and of its infinity norm. Default [0.9, 0.999]. */
  betas: [number, number];
  /** Added to the size of a gradient before the maximum is taken. Default 1e-8. */
  eps: number;
  /** L2 penalty, added to the gradient. Default 0. */
  weightDecay: number;
  /** Ascend instead of descend. Default `false`. */
  maximize: boolean;
}

const DEFAULTS: AdamaxOptions = { lr: 2e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, maximize: false };
const ROLES = ['expAvg', 'expInf'];

/**
 * Adamax: Adam with the infinity norm (Kingma and Ba 2014, "Adam: A Method for Stochastic Optimization").
 *
 * ```text
 * m = β1 · m + (1 - β1) · g;   u = max(β2 · u, |g| + eps);   p = p - lr / (1 - β1ᵗ) · m / u
 * ```
 *
 * Defaults: `lr` 2e-3, `betas` [0.9, 0.999], `eps` 1e-8, `weightDecay` 0, `maximize` `false`. State: `step`, `expAvg`
 * (m), `expInf` (u).
 *
 * ```ts
 * const p = new Param([1, 2]);
 * const optimizer = new Adamax([p], { lr: 0.01 });
 * p.grad = Float32Array.of(1, -1);
 * optimizer.step(); // p.data is about [0.99, 2.01]
 * ```
 */
export class Adamax extends Optimizer<AdamaxOptions> {
  constructor(params: Params<AdamaxOptions>, options: Partial<AdamaxOptions> = {}) {
    super(params, withDefaults('Adamax', DEFAULTS, options));
  }

  override get type(): string {
    return 'Adamax';
  }

  protected override get stateLayout(): StateLayout {
    return { numbers: ['step'], required: ROLES };
  }

  protected override checkOptions(check: OptionCheck<AdamaxOptions>): void {
    check.atLeast(0, 'lr', 'eps').betas().atLeast(0, 'weightDecay').booleans('maximize');
  }

  protected override updateGroup(group: ParamGroup<AdamaxOptions>, params: readonly Parameter[]): void {
    const { betas } = group;
    const batch = this.batchOf(group, 'adamax', ROLES, 1);
    let step = -1;
    let stepSize = 0;
    for (const param of params) {
      if (param.grad === null) continue;
      const state = this.stateOf(param);
      const t = nextStep(state);
      if (t !== step) {
        step = t;
        stepSize = group.lr / (1 - pow(betas[0], t));
      }
      const at = batch.add(param, state);
      batch.scalars[at] = stepSize;
    }
    batch.run(...betas, group.eps, group.weightDecay, group.maximize);
  }
}
