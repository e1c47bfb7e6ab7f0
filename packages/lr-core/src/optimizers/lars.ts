import { withDefaults, type OptionCheck } from '../options.ts';
import { Optimizer, type ParamGroup, type Params, type StateLayout } from '../optimizer.ts';
import type { Parameter } from '../param.ts';

export interface LARSOptions {
  /** Learning rate. Default 1e-3. */
  lr: number;
  /** Default 0. */
  momentum: number;
  /** Dampens what a gradient adds to the momentum buffer, but for the first. Default 0. */
  dampening: number;
  /** L2 penalty, added to the gradient. Default 0. */
  weightDecay: number;
  /** Nesterov's momentum. Default `false`. */
  nesterov: boolean;
  /** The size of an update in proportion to its layer's weights. Default 1e-3. */
  trustCoefficient: number;
  /** Added to the ratio's denominator. Default 1e-8. */
  eps: number;
  /** Ascend instead of descend. Default `false`. */
  maximize: boolean;
}

const DEFAULTS: LARSOptions = {
  lr: 1e-3,
  momentum: 0,
  dampening: 0,
  weightDecay: 0,
  nesterov: false,
  trustCoefficient: 1e-3,
  eps: 1e-8,
  maximize: false,
};
const ROLES = ['momentumBuffer'];
const NO_ROLES = [null];

/**
 * LARS, SGD with a layer-wise ratio, for large batches (You et al. 2017, "Large Batch Training of Convolutional
 * Networks"). Not in PyTorch.
 *
 * ```text
 * ratio = trustCoefficient · |p| / (|grad| + weightDecay · |p| + eps)      (1 where |p| or |grad| is 0)
 * then SGD's update with the gradient ratio · (grad + weightDecay · p)
 * ```
 *
 * Defaults: SGD's, `trustCoefficient` 1e-3, `eps` 1e-8. State: `momentumBuffer`, where there is momentum.
 *
 * ```ts
 * const p = new Param([3, 4]);
 * const optimizer = new LARS([p], { lr: 0.1, momentum: 0.9 });
 * p.grad = Float32Array.of(1, -1);
 * optimizer.step();
 * ```
 */
export class LARS extends Optimizer<LARSOptions> {
  constructor(params: Params<LARSOptions>, options: Partial<LARSOptions> = {}) {
    super(params, withDefaults('LARS', DEFAULTS, options));
  }

  override get type(): string {
    return 'LARS';
  }

  protected override get stateLayout(): StateLayout {
    return { optional: ROLES };
  }

  protected override checkOptions(check: OptionCheck<LARSOptions>): void {
    check.atLeast(0, 'lr', 'momentum', 'weightDecay', 'trustCoefficient', 'eps').numbers('dampening');
    check.booleans('nesterov', 'maximize');
    const { nesterov, momentum, dampening } = check.options;
    check.that(
      !nesterov || (momentum > 0 && dampening === 0),
      'nesterov',
      'with momentum > 0 and dampening 0',
    );
  }

  protected override updateGroup(group: ParamGroup<LARSOptions>, params: readonly Parameter[]): void {
    const hasMomentum = group.momentum !== 0;
    const batch = this.batchOf(group, 'lars', hasMomentum ? ROLES : NO_ROLES, 1);
    for (const param of params) {
      if (param.grad === null) continue;
      const state = hasMomentum ? this.stateOf(param) : {};
      const isFirst = state['momentumBuffer'] === undefined;
      const at = batch.add(param, state);
      batch.scalars[at] = isFirst ? 1 : 0;
    }
    const { lr, momentum, dampening, weightDecay, nesterov, trustCoefficient, eps, maximize } = group;
    batch.run(lr, momentum, dampening, weightDecay, nesterov, trustCoefficient, eps, maximize);
  }
}
