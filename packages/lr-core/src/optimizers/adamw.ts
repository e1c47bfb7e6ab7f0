import type { Params } from '../optimizer.ts';
import { withDefaults } from '../options.ts';
import { Adam, ADAM_DEFAULTS, type AdamOptions } from './adam.ts';

export type AdamWOptions = Omit<AdamOptions, 'decoupledWeightDecay'>;

const { lr, betas, eps, amsgrad, maximize } = ADAM_DEFAULTS;
const DEFAULTS: AdamWOptions = { lr, betas, eps, weightDecay: 1e-2, amsgrad, maximize };

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2017, "Decoupled Weight Decay Regularization").
 *
 * ```text
 * p = p · (1 - lr · weightDecay), then Adam's update without weight decay
 * ```
 *
 * Defaults and state: Adam's, but `weightDecay` 1e-2.
 *
 * ```ts
 * const p = new Param([1, 2]);
 * const optimizer = new AdamW([p], { lr: 0.01, weightDecay: 0.1 });
 * p.grad = Float32Array.of(1, -1);
 * optimizer.step(); // p.data is about [0.989, 2.008]
 * ```
 */
export class AdamW extends Adam {
  constructor(params: Params<AdamOptions>, options: Partial<AdamWOptions> = {}) {
    super(params, { ...withDefaults('AdamW', DEFAULTS, options), decoupledWeightDecay: true });
  }

  override get type(): string {
    return 'AdamW';
  }

  /** As in PyTorch, weight decay stays decoupled whatever a state dict says. */
  override loadStateDict(...args: Parameters<Adam['loadStateDict']>): void {
    super.loadStateDict(...args);
    for (const group of this.paramGroups) group.decoupledWeightDecay = true;
  }
}
