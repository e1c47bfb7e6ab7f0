import { withDefaults, type OptionCheck } from '../options.ts';
import { Optimizer, type ParamGroup, type Params, type StateLayout } from '../optimizer.ts';
import type { Parameter } from '../param.ts';
import { nextStep } from '../step-batch.ts';

export interface AdadeltaOptions {
  /** Scales the update. Default 1. */
  lr: number;
  /** Decay of the running averages, in [0, 1]. Default 0.9. */
  rho: number;
  /** Added under both roots. Default 1e-6. */
  eps: number;
  /** L2 penalty, added to the gradient. Default 0. */
  weightDecay: number;
  /** Ascend instead of descend. Default `false`. */
  maximize: boolean;
}

const DEFAULTS: AdadeltaOptions = { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0, maximize: false };
const ROLES = ['squareAvg', 'accDelta'];

/**
 * Adadelta (Zeiler 2012, "ADADELTA: An Adaptive Learning Rate Method").
 *
 * ```text
 * v = ρ · v + (1 - ρ) · g²;   Δ = √(u + eps) / √(v + eps) · g;   u = ρ · u + (1 - ρ) · Δ²;   p = p - lr · Δ
 * ```
 *
 * Defaults: `lr` 1, `rho` 0.9, `eps` 1e-6, `weightDecay` 0, `maximize` `false`. State: `step`, `squareAvg` (v),
 * `accDelta` (u).
 *
 * ```ts
 * const p = new Param([1, 2]);
 * const optimizer = new Adadelta([p]);
 * p.grad = Float32Array.of(1, -1);
 * optimizer.step();
 * ```
 */
export class Adadelta extends Optimizer<AdadeltaOptions> {
  constructor(params: Params<AdadeltaOptions>, options: Partial<AdadeltaOptions> = {}) {
    super(params, withDefaults('Adadelta', DEFAULTS, options));
  }

  override get type(): string {
    return 'Adadelta';
  }

  protected override get stateLayout(): StateLayout {
    return { numbers: ['step'], required: ROLES };
  }

  protected override checkOptions(check: OptionCheck<AdadeltaOptions>): void {
    check.atLeast(0, 'lr').inRange(0, 1, 'rho').atLeast(0, 'eps', 'weightDecay').booleans('maximize');
  }

  protected override updateGroup(group: ParamGroup<AdadeltaOptions>, params: readonly Parameter[]): void {
    const batch = this.batchOf(group, 'adadelta', ROLES, 0);
    for (const param of params) {
      if (param.grad === null) continue;
      const state = this.stateOf(param);
      nextStep(state);
      batch.add(param, state);
    }
    batch.run(group.lr, group.rho, group.eps, group.weightDecay, group.maximize);
  }
}
