import { pow } from '../exact-math.ts';
import { withDefaults, type OptionCheck } from '../options.ts';
import { Optimizer, type ParamGroup, type Params, type StateLayout } from '../optimizer.ts';
import type { Parameter } from '../param.ts';
import { nextStep } from '../step-batch.ts';

export interface LAMBOptions {
  /** Learning rate. Default 1e-3. */
  lr: number;
  /** Decay of the running averages of the gradient and of its square. Default [0.9, 0.999]. */
  betas: [number, number];
  /** Added to the denominator. Default 1e-6. */
  eps: number;
  /** Added to the update, before the layer's ratio. Default 0. */
  weightDecay: number;
  /** Correct the averages' bias as Adam does. Default `true`. */
  biasCorrection: boolean;
  /** Ascend instead of descend. Default `false`. */
  maximize: boolean;
}

const DEFAULTS: LAMBOptions = {
  lr: 1e-3,
  betas: [0.9, 0.999],
  eps: 1e-6,
  weightDecay: 0,
  biasCorrection: true,
  maximize: false,
};
const ROLES = ['expAvg', 'expAvgSq'];

/**
 * LAMB, Adam with a layer-wise ratio, for large batches (You et al. 2019, "Large Batch Optimization for Deep Learning:
 * Training BERT in 76 minutes"). Not in PyTorch.
 *
 * ```text
 * m, v as in Adam;   u = m / (1 - β1ᵗ) / (√v / √(1 - β2ᵗ) + eps) + weightDecay · p
 * p = p - lr · |p| / |u| · u                                        (ratio 1 where |p| or |u| is 0)
 * ```
 *
 * Defaults: `lr` 1e-3, `betas` [0.9, 0.999], `eps` 1e-6, `weightDecay` 0, `biasCorrection` `true`, `maximize` `false`.
 * State: `step`, `expAvg` (m), `expAvgSq` (v).
 *
 * ```ts
 * const p = new Param([3, 4]);
 * const optimizer = new LAMB([p], { lr: 0.01 });
 * p.grad = Float32Array.of(1, -1);
 * optimizer.step(); // p.data is about [2.965, 4.035]
 * ```
 */
export class LAMB extends Optimizer<LAMBOptions> {
  constructor(params: Params<LAMBOptions>, options: Partial<LAMBOptions> = {}) {
    super(params, withDefaults('LAMB', DEFAULTS, options));
  }

  override get type(): string {
    return 'LAMB';
  }

  protected override get stateLayout(): StateLayout {
    return { numbers: ['step'], required: ROLES };
  }

  protected override checkOptions(check: OptionCheck<LAMBOptions>): void {
    check.atLeast(0, 'lr', 'eps').betas().atLeast(0, 'weightDecay').booleans('biasCorrection', 'maximize');
  }

  protected override updateGroup(group: ParamGroup<LAMBOptions>, params: readonly Parameter[]): void {
    const { betas, biasCorrection } = group;
    const batch = this.batchOf(group, 'lamb', ROLES, 2);
    for (const param of params) {
      if (param.grad === null) continue;
      const state = this.stateOf(param);
      const t = nextStep(state);
      const at = batch.add(param, state);
      batch.scalars[at] = biasCorrection ? 1 - pow(betas[0], t) : 1;
      batch.scalars[at + 1] = biasCorrection ? Math.sqrt(1 - pow(betas[1], t)) : 1;
    }
    batch.run(group.lr, ...betas, group.eps, group.weightDecay, group.maximize);
  }
}
