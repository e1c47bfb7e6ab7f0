import { checkRange } from '../check.ts';
import { withDefaults, type OptionCheck } from '../options.ts';
import { Optimizer, type ParamGroup, type Params, type StateLayout } from '../optimizer.ts';
import type { Parameter } from '../param.ts';
import { densify } from '../sparse.ts';
import { isSparse } from '../storage.ts';

export interface SGDOptions {
  /** Learning rate. Default 1e-3. */
  lr: number;
  /** Default 0: no momentum, and no state. */
  momentum: number;
  /** Dampens what a gradient adds to the momentum buffer, but for the first. Default 0. */
  dampening: number;
  /** L2 penalty, added to the gradient. Default 0. */
  weightDecay: number;
  /** Nesterov's momentum. Default `false`. */
  nesterov: boolean;
  /** Ascend instead of descend. Default `false`. */
  maximize: boolean;
}

const DEFAULTS: SGDOptions = {
  lr: 1e-3,
  momentum: 0,
  dampening: 0,
  weightDecay: 0,
  nesterov: false,
  maximize: false,
};
const ROLES = ['momentumBuffer'];
const NO_ROLES = [null];

/**
 * Stochastic gradient descent, optionally with (Nesterov's) momentum
 * (Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning").
 *
 * ```text
 * g   = grad + weightDecay · p
 * buf = momentum · buf + (1 - dampening) · g         (the first buffer is g itself)
 * p   = p - lr · (nesterov ? g + momentum · buf : buf)
 * ```
 *
 * Defaults: `lr` 1e-3, everything else 0 or `false`. State: `momentumBuffer`, where there is momentum.
 *
 * ```ts
 * const p = new Param([1, 2]);
 * const optimizer = new SGD([p], { lr: 0.1, momentum: 0.9 });
 * p.grad = Float32Array.of(1, 1);
 * optimizer.step(); // p.data is [0.9, 1.9]
 * ```
 */
export class SGD extends Optimizer<SGDOptions> {
  constructor(params: Params<SGDOptions>, options: Partial<SGDOptions> = {}) {
    super(params, withDefaults('SGD', DEFAULTS, options));
  }

  override get type(): string {
    return 'SGD';
  }

  protected override get stateLayout(): StateLayout {
    return { optional: ['momentumBuffer'] };
  }

  protected override checkOptions(check: OptionCheck<SGDOptions>): void {
    check.atLeast(0, 'lr', 'momentum', 'weightDecay').numbers('dampening').booleans('nesterov', 'maximize');
    const { nesterov, momentum, dampening } = check.options;
    check.that(
      !nesterov || (momentum > 0 && dampening === 0),
      'nesterov',
      'with momentum > 0 and dampening 0',
    );
  }

  /** Sparse gradients go without weight decay, as in PyTorch. */
  protected override checkSparsity(group: ParamGroup<SGDOptions>, sparse: boolean): void {
    const ok = !sparse || group.weightDecay === 0;
    checkRange(ok, 'SGD', 'weightDecay', '0 with sparse gradients', group.weightDecay);
  }

  protected override updateGroup(group: ParamGroup<SGDOptions>, params: readonly Parameter[]): void {
    const hasMomentum = group.momentum !== 0;
    const batch = this.batchOf(group, 'sgd', hasMomentum ? ROLES : NO_ROLES, 1);
    for (const param of params) {
      let { grad } = param;
      if (grad === null) continue;
      const state = hasMomentum ? this.stateOf(param) : {};
      const isFirst = state['momentumBuffer'] === undefined;
      if (hasMomentum && isSparse(grad)) grad = densify('SGD', param, grad); // momentum moves every row
      const at = batch.add(param, state, grad);
      batch.scalars[at] = isFirst ? 1 : 0;
    }
    batch.run(group.lr, group.momentum, group.dampening, group.weightDecay, group.nesterov, group.maximize);
  }
}
