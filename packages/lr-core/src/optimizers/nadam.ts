import { pow } from '../exact-math.ts';
import { withDefaults, type OptionCheck } from '../options.ts';
import { Optimizer, type ParamGroup, type Params, type StateLayout } from '../optimizer.ts';
import type { Parameter } from '../param.ts';
import { nextStep } from '../step-batch.ts';

export interface NAdamOptions {
  /** Learning rate. Default 2e-3. */
  lr: number;
  /** Decay of the running averages of the gradient and of its square. Default [0.9, 0.999]. */
  betas: [number, number];
  /** Added to the denominator. Default 1e-8. */
  eps: number;
  /** Default 0. */
  weightDecay: number;
  /** How fast momentum warms up. Default 4e-3. */
  momentumDecay: number;
  /** Decay the weights themselves instead of adding to the gradient. Default `false`. */
  decoupledWeightDecay: boolean;
  /** Ascend instead of descend. Default `false`. */
  maximize: boolean;
}

const DEFAULTS: NAdamOptions = {
  lr: 2e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  momentumDecay: 4e-3,
  decoupledWeightDecay: false,
  maximize: false,
};
const ROLES = ['expAvg', 'expAvgSq'];
const f = Math.fround;

/**
 * Adam with Nesterov's momentum (Dozat 2016, "Incorporating Nesterov Momentum into Adam").
 *
 * ```text
 * m, v as in Adam;   μₜ = β1 · (1 - 0.96^(t · momentumDecay) / 2);   Πₜ = μ₁ · … · μₜ
 * p = p - lr · ((1 - μₜ) / (1 - Πₜ) · g + μₜ₊₁ / (1 - Πₜ₊₁) · m) / (√(v / (1 - β2ᵗ)) + eps)
 * ```
 *
 * Defaults: `lr` 2e-3, `betas` [0.9, 0.999], `eps` 1e-8, `weightDecay` 0, `momentumDecay` 4e-3, flags `false`.
 * State: `step`, `muProduct` (Π), `expAvg` (m), `expAvgSq` (v).
 *
 * ```ts
 * const p = new Param([1, 2]);
 * const optimizer = new NAdam([p], { lr: 0.01 });
 * p.grad = Float32Array.of(1, -1);
 * optimizer.step();
 * ```
 */
export class NAdam extends Optimizer<NAdamOptions> {
  constructor(params: Params<NAdamOptions>, options: Partial<NAdamOptions> = {}) {
    super(params, withDefaults('NAdam', DEFAULTS, options));
  }

  override get type(): string {
    return 'NAdam';
  }

  protected override get stateLayout(): StateLayout {
    return { numbers: ['step', 'muProduct'], required: ROLES };
  }

  protected override checkOptions(check: OptionCheck<NAdamOptions>): void {
    check.atLeast(0, 'lr', 'eps').betas().atLeast(0, 'weightDecay', 'momentumDecay');
    check.booleans('decoupledWeightDecay', 'maximize');
  }

  protected override updateGroup(group: ParamGroup<NAdamOptions>, params: readonly Parameter[]): void {
    const { lr, betas, momentumDecay } = group;
    const batch = this.batchOf(group, 'nadam', ROLES, 3);
    let step = -1;
    let bc2 = 0;
    let mu = 0;
    let muNext = 0;
    for (const param of params) {
      if (param.grad === null) continue;
      const state = this.stateOf(param);
      const t = nextStep(state);
      if (t !== step) {
        step = t;
        bc2 = 1 - pow(betas[1], t);
        mu = betas[0] * (1 - 0.5 * pow(0.96, t * momentumDecay));
        muNext = betas[0] * (1 - 0.5 * pow(0.96, (t + 1) * momentumDecay));
      }
      // muProduct is a float32 in PyTorch
      const product = f(((state['muProduct'] as number | undefined) ?? 1) * f(mu));
      state['muProduct'] = product;
      const at = batch.add(param, state);
      batch.scalars[at] = bc2;
      batch.scalars[at + 1] = (lr * (1 - mu)) / (1 - product);
      batch.scalars[at + 2] = (lr * muNext) / (1 - product * muNext);
    }
    batch.run(lr, ...betas, group.eps, group.weightDecay, group.decoupledWeightDecay, group.maximize);
  }
}
