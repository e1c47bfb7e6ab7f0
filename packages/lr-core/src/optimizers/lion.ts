import { withDefaults, type OptionCheck } from '../options.ts';
import { Optimizer, type ParamGroup, type Params, type StateLayout } from '../optimizer.ts';
import type { Parameter } from '../param.ts';

export interface LionOptions {
  /** Learning rate, three to ten times smaller than AdamW's. Default 1e-4. */
  lr: number;
  /** Weights of the update's and of the kept average. Default [0.9, 0.99]. */
  betas: [number, number];
  /** Decay of the weights themselves. Default 0. */
  weightDecay: number;
  /** Ascend instead of descend. Default `false`. */
  maximize: boolean;
}

const DEFAULTS: LionOptions = { lr: 1e-4, betas: [0.9, 0.99], weightDecay: 0, maximize: false };
const ROLES = ['expAvg'];

/**
 * Lion (Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms"). Not in PyTorch.
 *
 * ```text
 * p = p · (1 - lr · weightDecay) - lr · sign(β1 · m + (1 - β1) · g);   m = β2 · m + (1 - β2) · g
 * ```
 *
 * Defaults: `lr` 1e-4, `betas` [0.9, 0.99], `weightDecay` 0, `maximize` `false`. State: `expAvg` (m).
 *
 * ```ts
 * const p = new Param([1, 2]);
 * const optimizer = new Lion([p], { lr: 0.01 });
 * p.grad = Float32Array.of(3, -3);
 * optimizer.step(); // p.data is [0.99, 2.01]
 * ```
 */
export class Lion extends Optimizer<LionOptions> {
  constructor(params: Params<LionOptions>, options: Partial<LionOptions> = {}) {
    super(params, withDefaults('Lion', DEFAULTS, options));
  }

  override get type(): string {
    return 'Lion';
  }

  protected override get stateLayout(): StateLayout {
    return { required: ROLES };
  }

  protected override checkOptions(check: OptionCheck<LionOptions>): void {
    check.atLeast(0, 'lr').betas().atLeast(0, 'weightDecay').booleans('maximize');
  }

  protected override updateGroup(group: ParamGroup<LionOptions>, params: readonly Parameter[]): void {
    const batch = this.batchOf(group, 'lion', ROLES, 0);
    for (const param of params) if (param.grad !== null) batch.add(param, this.stateOf(param));
    batch.run(group.lr, ...group.betas, group.weightDecay, group.maximize);
  }
}
