import { ShapeError, message } from '../check.ts';
import { withDefaults, type OptionCheck } from '../options.ts';
import { Optimizer, type ParamGroup, type Params, type StateLayout } from '../optimizer.ts';
import type { Parameter } from '../param.ts';

export interface MuonOptions {
  /** Learning rate. Default 1e-3. */
  lr: number;
  /** Decay of the weights themselves. Default 0.1. */
  weightDecay: number;
  /** Default 0.95. */
  momentum: number;
  /** Default `true`. */
  nesterov: boolean;
  /** Coefficients of the Newton–Schulz iteration. Default [3.4445, -4.775, 2.0315]. */
  nsCoefficients: [number, number, number];
  /** Bound below of the norm by which an update is divided. Default 1e-7. */
  eps: number;
  /** Newton–Schulz iterations, < 100. Default 5. */
  nsSteps: number;
  /**
   * How lr depends on a matrix's size: `'original'` (default), by `√max(1, rows / cols)`; `'match_rms_adamw'`, by
   * `0.2 √max(rows, cols)`, which allows AdamW's lr and weight decay.
   */
  adjustLrFn: 'original' | 'match_rms_adamw' | null;
}

const DEFAULTS: MuonOptions = {
  lr: 1e-3,
  weightDecay: 0.1,
  momentum: 0.95,
  nesterov: true,
  nsCoefficients: [3.4445, -4.775, 2.0315],
  eps: 1e-7,
  nsSteps: 5,
  adjustLrFn: null,
};
const ROLES = ['momentumBuffer'];

/**
 * Muon: momentum whose updates are orthogonalized, for matrices (Jordan 2024, "Muon: An optimizer for hidden layers in
 * neural networks"; Liu et al. 2025, "Muon is Scalable for LLM Training").
 *
 * ```text
 * buf = momentum · buf + (1 - momentum) · g;   u = nesterov ? momentum · buf + (1 - momentum) · g : buf
 * X = u / |u|;   nsSteps times: A = X·Xᵀ, X = a·X + (b·A + c·A·A)·X
 * p = p · (1 - lr · weightDecay) - lr · adjustment · X
 * ```
 *
 * Defaults: `lr` 1e-3, `weightDecay` 0.1, `momentum` 0.95, `nesterov` `true`, `nsCoefficients` [3.4445, -4.775, 2.0315],
 * `eps` 1e-7, `nsSteps` 5, `adjustLrFn` null. State: `momentumBuffer`. The iteration is in float32, where PyTorch takes
 * bfloat16.
 *
 * ```ts
 * const p = new Param([1, 2, 3, 4], [2, 2]);
 * const optimizer = new Muon([p], { lr: 0.02 });
 * p.grad = Float32Array.of(1, -1, 1, 1);
 * optimizer.step();
 * ```
 */
export class Muon extends Optimizer<MuonOptions> {
  constructor(params: Params<MuonOptions>, options: Partial<MuonOptions> = {}) {
    super(params, withDefaults('Muon', DEFAULTS, options));
  }

  override get type(): string {
    return 'Muon';
  }

  protected override get stateLayout(): StateLayout {
    return { required: ROLES };
  }

  protected override checkOptions(check: OptionCheck<MuonOptions>): void {
    check
      .atLeast(0, 'lr', 'weightDecay', 'momentum', 'eps')
      .booleans('nesterov')
      .numberList('nsCoefficients', 3);
    check.integers(0, 'nsSteps').that(check.options.nsSteps < 100, 'nsSteps', 'an integer < 100');
    check.oneOf('adjustLrFn', [null, 'original', 'match_rms_adamw']);
  }

  /** @throws ShapeError unless the parameter is a matrix */
  protected override checkParam(param: Parameter): void {
    if (param.shape.length !== 2) {
      throw new ShapeError(message('Muon', 'parameters', 'matrices, of 2 dimensions,', [...param.shape]));
    }
  }

  protected override updateGroup(group: ParamGroup<MuonOptions>, params: readonly Parameter[]): void {
    const batch = this.batchOf(group, 'muon', ROLES, 3);
    for (const param of params) {
      if (param.grad === null) continue;
      const at = batch.add(param, this.stateOf(param));
      const [rows, cols] = param.shape as [number, number];
      const matchAdamW = group.adjustLrFn === 'match_rms_adamw';
      const ratio = matchAdamW ? 0.2 * Math.sqrt(Math.max(rows, cols)) : Math.sqrt(Math.max(1, rows / cols));
      batch.scalars[at] = rows;
      batch.scalars[at + 1] = cols;
      batch.scalars[at + 2] = group.lr * ratio;
    }
    const { lr, weightDecay, momentum, nesterov, nsCoefficients, eps, nsSteps } = group;
    batch.run(lr, weightDecay, momentum, nesterov, ...nsCoefficients, eps, nsSteps);
  }
}
