import { ArgumentError, message } from '../check.ts';
import { pow } from '../exact-math.ts';
import { withDefaults, type OptionCheck } from '../options.ts';
import { Optimizer, type ParamGroup, type Params, type StateLayout } from '../optimizer.ts';
import type { Parameter } from '../param.ts';
import { nextStep } from '../step-batch.ts';

export interface SparseAdamOptions {
  /** Learning rate, > 0. Default 1e-3. */
  lr: number;
  /** Decay of the running averages of the gradient and of its square. Default [0.9, 0.999]. */
  betas: [number, number];
  /** Added to the denominator, > 0. Default 1e-8. */
  eps: number;
  /** Ascend instead of descend. Default `false`. */
  maximize: boolean;
}

const DEFAULTS: SparseAdamOptions = { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, maximize: false };
const ROLES = ['expAvg', 'expAvgSq'];

/**
 * Adam for sparse gradients, such as those of an embedding: moments and parameters move only in the rows that have a
 * gradient (PyTorch's `SparseAdam`).
 *
 * ```text
 * m = m + (1 - β1) · (g - m);   v = v + (1 - β2) · (g² - v);   p = p - lr · √(1 - β2ᵗ) / (1 - β1ᵗ) · m / (√v + eps)
 * ```
 *
 * Unlike Adam, it adds `eps` before the bias correction. Defaults: `lr` 1e-3, `betas` [0.9, 0.999], `eps` 1e-8,
 * `maximize` `false`. State: `step`, `expAvg` (m), `expAvgSq` (v), of all rows.
 *
 * ```ts
 * const table = new Param(new Float32Array(8), [4, 2]);
 * const optimizer = new SparseAdam([table]);
 * table.grad = { indices: Int32Array.of(2), values: Float32Array.of(1, -1) };
 * optimizer.step(); // row 2 is about [-0.001, 0.001]
 * ```
 */
export class SparseAdam extends Optimizer<SparseAdamOptions> {
  constructor(params: Params<SparseAdamOptions>, options: Partial<SparseAdamOptions> = {}) {
    super(params, withDefaults('SparseAdam', DEFAULTS, options));
  }

  override get type(): string {
    return 'SparseAdam';
  }

  protected override get stateLayout(): StateLayout {
    return { numbers: ['step'], required: ROLES };
  }

  protected override checkOptions(check: OptionCheck<SparseAdamOptions>): void {
    check.atLeast(0, 'lr', 'eps').betas().booleans('maximize');
    check.that(check.options.lr > 0, 'lr', 'a number > 0').that(check.options.eps > 0, 'eps', 'a number > 0');
  }

  protected override checkSparsity(_group: ParamGroup<SparseAdamOptions>, sparse: boolean): void {
    if (sparse) return;
    throw new ArgumentError(message('SparseAdam', 'gradients', 'sparse (or use Adam)', 'a dense gradient'));
  }

  protected override updateGroup(group: ParamGroup<SparseAdamOptions>, params: readonly Parameter[]): void {
    const { betas } = group;
    const batch = this.batchOf(group, 'sparseadam', ROLES, 1);
    for (const param of params) {
      if (param.grad === null) continue;
      const state = this.stateOf(param);
      const t = nextStep(state);
      const at = batch.add(param, state);
      batch.scalars[at] = (group.lr * Math.sqrt(1 - pow(betas[1], t))) / (1 - pow(betas[0], t));
    }
    batch.run(...betas, group.eps, group.maximize);
  }
}
