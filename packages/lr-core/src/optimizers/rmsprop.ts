import { withDefaults, type OptionCheck } from '../options.ts';
import { Optimizer, type ParamGroup, type Params, type StateLayout } from '../optimizer.ts';
import type { Parameter } from '../param.ts';
import { nextStep } from '../step-batch.ts';

export interface RMSpropOptions {
  /** Learning rate. Default 1e-2. */
  lr: number;
  /** Decay of the running average of squared gradients. Default 0.99. */
  alpha: number;
  /** Added to the denominator. Default 1e-8. */
  eps: number;
  /** L2 penalty, added to the gradient. Default 0. */
  weightDecay: number;
  /** Default 0. */
  momentum: number;
  /** Divide by the gradient's estimated deviation instead of its root mean square. Default `false`. */
  centered: boolean;
  /** Ascend instead of descend. Default `false`. */
  maximize: boolean;
}

const DEFAULTS: RMSpropOptions = {
  lr: 1e-2,
  alpha: 0.99,
  eps: 1e-8,
  weightDecay: 0,
  momentum: 0,
  centered: false,
  maximize: false,
};
const ROLES = ['squareAvg', null, null];
const MOMENTUM_ROLES = ['squareAvg', 'momentumBuffer', null];
const CENTERED_ROLES = ['squareAvg', null, 'gradAvg'];
const ALL_ROLES = ['squareAvg', 'momentumBuffer', 'gradAvg'];

/**
 * RMSprop (Hinton 2012, lecture 6e of "Neural Networks for Machine Learning"; centered: Graves 2013, "Generating
 * Sequences With Recurrent Neural Networks").
 *
 * ```text
 * v = α · v + (1 - α) · g²;   centered: ḡ = α · ḡ + (1 - α) · g, d = √(v - ḡ²) + eps;   else d = √v + eps
 * momentum: buf = momentum · buf + g / d, p = p - lr · buf;   else p = p - lr · g / d
 * ```
 *
 * Defaults: `lr` 1e-2, `alpha` 0.99, `eps` 1e-8, everything else 0 or `false`. State: `step`, `squareAvg` (v), with
 * momentum `momentumBuffer`, centered `gradAvg` (ḡ).
 *
 * ```ts
 * const p = new Param([1, 2]);
 * const optimizer = new RMSprop([p], { momentum: 0.9 });
 * p.grad = Float32Array.of(1, -1);
 * optimizer.step(); // p.data is about [0.9, 2.1]
 * ```
 */
export class RMSprop extends Optimizer<RMSpropOptions> {
  constructor(params: Params<RMSpropOptions>, options: Partial<RMSpropOptions> = {}) {
    super(params, withDefaults('RMSprop', DEFAULTS, options));
  }

  override get type(): string {
    return 'RMSprop';
  }

  protected override get stateLayout(): StateLayout {
    return { numbers: ['step'], required: ['squareAvg'], optional: ['momentumBuffer', 'gradAvg'] };
  }

  protected override checkOptions(check: OptionCheck<RMSpropOptions>): void {
    check.atLeast(0, 'lr', 'eps', 'momentum', 'weightDecay', 'alpha').booleans('centered', 'maximize');
  }

  protected override updateGroup(group: ParamGroup<RMSpropOptions>, params: readonly Parameter[]): void {
    const { centered } = group;
    const roles =
      group.momentum > 0 ? (centered ? ALL_ROLES : MOMENTUM_ROLES) : centered ? CENTERED_ROLES : ROLES;
    const batch = this.batchOf(group, 'rmsprop', roles, 0);
    for (const param of params) {
      if (param.grad === null) continue;
      const state = this.stateOf(param);
      nextStep(state);
      batch.add(param, state);
    }
    batch.run(group.lr, group.alpha, group.eps, group.weightDecay, group.momentum, group.maximize);
  }
}
