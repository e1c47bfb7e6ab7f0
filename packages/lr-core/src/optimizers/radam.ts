import { pow } from '../exact-math.ts';
import { withDefaults, type OptionCheck } from '../options.ts';
import { Optimizer, type ParamGroup, type Params, type StateLayout } from '../optimizer.ts';
import type { Parameter } from '../param.ts';
import { nextStep } from '../step-batch.ts';

export interface RAdamOptions {
  /** Learning rate. Default 1e-3. */
  lr: number;
  /** Decay of the running averages of the gradient and of its square. Default [0.9, 0.999]. */
  betas: [number, number];
  /** Added to the denominator. Default 1e-8. */
  eps: number;
  /** Default 0. */
  weightDecay: number;
  /** Decay the weights themselves instead of adding to the gradient. Default `false`. */
  decoupledWeightDecay: boolean;
  /** Ascend instead of descend. Default `false`. */
  maximize: boolean;
}

const DEFAULTS: RAdamOptions = {
  lr: 1e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  decoupledWeightDecay: false,
  maximize: false,
};
const ROLES = ['expAvg', 'expAvgSq'];

/** The rectification of step `t`, or 0 while the variance of the second moment has no bound. */
function rectification(beta2: number, power: number, t: number): number {
  const rhoInf = 2 / (1 - beta2) - 1;
  const rho = rhoInf - (2 * t * power) / (1 - power);
  if (!(rho > 5)) return 0;
  return Math.sqrt(((rho - 4) * (rho - 2) * rhoInf) / ((rhoInf - 4) * (rhoInf - 2) * rho));
}

/**
 * Rectified Adam (Liu et al. 2019, "On the Variance of the Adaptive Learning Rate and Beyond").
 *
 * ```text
 * m, v as in Adam;   m̂ = m / (1 - β1ᵗ);   ρ∞ = 2 / (1 - β2) - 1;   ρ = ρ∞ - 2t · β2ᵗ / (1 - β2ᵗ)
 * ρ > 5: p = p - lr · m̂ · r · √(1 - β2ᵗ) / (√v + eps),   r² = (ρ-4)(ρ-2)ρ∞ / ((ρ∞-4)(ρ∞-2)ρ)
 * else:  p = p - lr · m̂
 * ```
 *
 * Defaults: `lr` 1e-3, `betas` [0.9, 0.999], `eps` 1e-8, `weightDecay` 0, flags `false`. State: `step`, `expAvg` (m),
 * `expAvgSq` (v).
 *
 * ```ts
 * const p = new Param([1, 2]);
 * const optimizer = new RAdam([p], { lr: 0.01 });
 * p.grad = Float32Array.of(1, -1);
 * optimizer.step(); // p.data is about [0.99, 2.01]
 * ```
 */
export class RAdam extends Optimizer<RAdamOptions> {
  constructor(params: Params<RAdamOptions>, options: Partial<RAdamOptions> = {}) {
    super(params, withDefaults('RAdam', DEFAULTS, options));
  }

  override get type(): string {
    return 'RAdam';
  }

  protected override get stateLayout(): StateLayout {
    return { numbers: ['step'], required: ROLES };
  }

  protected override checkOptions(check: OptionCheck<RAdamOptions>): void {
    check
      .atLeast(0, 'lr', 'eps')
      .betas()
      .atLeast(0, 'weightDecay')
      .booleans('decoupledWeightDecay', 'maximize');
  }

  protected override updateGroup(group: ParamGroup<RAdamOptions>, params: readonly Parameter[]): void {
    const { lr, betas } = group;
    const batch = this.batchOf(group, 'radam', ROLES, 3);
    let step = -1;
    let bc1 = 0;
    let bc2sqrt = 0;
    let rect = 0;
    for (const param of params) {
      if (param.grad === null) continue;
      const state = this.stateOf(param);
      const t = nextStep(state);
      if (t !== step) {
        step = t;
        const power = pow(betas[1], t);
        bc1 = 1 - pow(betas[0], t);
        bc2sqrt = Math.sqrt(1 - power);
        rect = rectification(betas[1], power, t);
      }
      const at = batch.add(param, state);
      batch.scalars[at] = bc1;
      batch.scalars[at + 1] = bc2sqrt;
      batch.scalars[at + 2] = rect;
    }
    batch.run(lr, ...betas, group.eps, group.weightDecay, group.decoupledWeightDecay, group.maximize);
  }
}
