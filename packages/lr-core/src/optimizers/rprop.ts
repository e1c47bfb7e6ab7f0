import { zerosLike } from '../kernels.ts';
import { withDefaults, type OptionCheck } from '../options.ts';
import { Optimizer, type ParamGroup, type Params, type StateLayout } from '../optimizer.ts';
import type { Parameter } from '../param.ts';
import { nextStep } from '../step-batch.ts';

export interface RpropOptions {
  /** The first step size; later changes have no effect, as in PyTorch. Default 1e-2. */
  lr: number;
  /** Factors of the step size where the gradient's sign changes and where it stays. Default [0.5, 1.2]. */
  etas: [number, number];
  /** Minimal and maximal step size. Default [1e-6, 50]. */
  stepSizes: [number, number];
  /** Ascend instead of descend. Default `false`. */
  maximize: boolean;
}

const DEFAULTS: RpropOptions = { lr: 1e-2, etas: [0.5, 1.2], stepSizes: [1e-6, 50], maximize: false };
const ROLES = ['prev', 'stepSize'];

/**
 * Resilient backpropagation (Riedmiller and Braun 1993, "A direct adaptive method for faster backpropagation learning:
 * the RPROP algorithm"), for full-batch training.
 *
 * ```text
 * s = sign(g · prev);   size = clamp(size · (s > 0 ? η⁺ : s < 0 ? η⁻ : 1));   s < 0: g = 0
 * p = p - sign(g) · size;   prev = g
 * ```
 *
 * Defaults: `lr` 1e-2, `etas` [0.5, 1.2], `stepSizes` [1e-6, 50], `maximize` `false`. State: `step`, `prev`,
 * `stepSize`.
 *
 * ```ts
 * const p = new Param([1, 2]);
 * const optimizer = new Rprop([p], { lr: 0.1 });
 * p.grad = Float32Array.of(1, -1);
 * optimizer.step(); // p.data is [0.9, 2.1]
 * ```
 */
export class Rprop extends Optimizer<RpropOptions> {
  constructor(params: Params<RpropOptions>, options: Partial<RpropOptions> = {}) {
    super(params, withDefaults('Rprop', DEFAULTS, options));
  }

  override get type(): string {
    return 'Rprop';
  }

  protected override get stateLayout(): StateLayout {
    return { numbers: ['step'], required: ROLES };
  }

  protected override checkOptions(check: OptionCheck<RpropOptions>): void {
    check.atLeast(0, 'lr').numberList('etas', 2).numberList('stepSizes', 2).booleans('maximize');
    const [etaMinus, etaPlus] = check.options.etas;
    check.that(etaMinus > 0 && etaMinus < 1 && etaPlus > 1, 'etas', 'numbers with 0 < etas[0] < 1 < etas[1]');
    const [min, max] = check.options.stepSizes;
    check.that(min >= 0 && min <= max, 'stepSizes', 'numbers with 0 <= stepSizes[0] <= stepSizes[1]');
  }

  protected override updateGroup(group: ParamGroup<RpropOptions>, params: readonly Parameter[]): void {
    const batch = this.batchOf(group, 'rprop', ROLES, 0);
    for (const param of params) {
      if (param.grad === null) continue;
      const state = this.stateOf(param);
      nextStep(state);
      state['stepSize'] ??= zerosLike('Rprop', param.data).fill(group.lr);
      batch.add(param, state);
    }
    batch.run(...group.etas, ...group.stepSizes, group.maximize);
  }
}
