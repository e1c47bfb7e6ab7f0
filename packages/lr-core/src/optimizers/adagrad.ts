import { checkRange } from '../check.ts';
import { zerosLike } from '../kernels.ts';
import { withDefaults, type OptionCheck } from '../options.ts';
import {
  Optimizer,
  type ParamGroup,
  type ParamGroupInput,
  type Params,
  type StateLayout,
} from '../optimizer.ts';
import type { Parameter } from '../param.ts';
import { nextStep, type ParamState } from '../step-batch.ts';

export interface AdagradOptions {
  /** Learning rate. Default 1e-2. */
  lr: number;
  /** Divides the learning rate by `1 + (t - 1) * lrDecay`. Default 0. */
  lrDecay: number;
  /** L2 penalty, added to the gradient. Default 0. */
  weightDecay: number;
  /** What the sum of squared gradients begins with. Default 0. */
  initialAccumulatorValue: number;
  /** Added to the denominator. Default 1e-10. */
  eps: number;
  /** Ascend instead of descend. Default `false`. */
  maximize: boolean;
}

const DEFAULTS: AdagradOptions = {
  lr: 1e-2,
  lrDecay: 0,
  weightDecay: 0,
  initialAccumulatorValue: 0,
  eps: 1e-10,
  maximize: false,
};
const ROLES = ['sum'];

/** Fills in what `state` has before the first step. */
function begin(state: ParamState, group: AdagradOptions, param: Parameter): ParamState {
  state['step'] ??= 0;
  state['sum'] ??= zerosLike('Adagrad', param.data).fill(group.initialAccumulatorValue);
  return state;
}

/**
 * Adagrad (Duchi et al. 2011, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization").
 *
 * ```text
 * sum = sum + g²;   p = p - lr / (1 + (t - 1) · lrDecay) · g / (√sum + eps)
 * ```
 *
 * Defaults: `lr` 1e-2, `eps` 1e-10, everything else 0 or `false`. State, from construction on: `step`, `sum`. A group's
 * own `initialAccumulatorValue` counts, which PyTorch ignores. Takes sparse gradients, without weight decay.
 *
 * ```ts
 * const p = new Param([1, 2]);
 * const optimizer = new Adagrad([p], { lr: 0.1 });
 * p.grad = Float32Array.of(1, -1);
 * optimizer.step(); // p.data is about [0.9, 2.1]
 * ```
 */
export class Adagrad extends Optimizer<AdagradOptions> {
  constructor(params: Params<AdagradOptions>, options: Partial<AdagradOptions> = {}) {
    super(params, withDefaults('Adagrad', DEFAULTS, options));
  }

  override get type(): string {
    return 'Adagrad';
  }

  protected override get stateLayout(): StateLayout {
    return { numbers: ['step'], required: ROLES };
  }

  protected override checkOptions(check: OptionCheck<AdagradOptions>): void {
    check.atLeast(0, 'lr', 'lrDecay', 'weightDecay', 'initialAccumulatorValue', 'eps').booleans('maximize');
  }

  override addParamGroup(input: ParamGroupInput<AdagradOptions>): void {
    super.addParamGroup(input);
    const group = this.paramGroups.at(-1)!;
    for (const param of group.params) begin(this.stateOf(param), group, param);
  }

  protected override checkSparsity(group: ParamGroup<AdagradOptions>, sparse: boolean): void {
    const ok = !sparse || group.weightDecay === 0;
    checkRange(ok, 'Adagrad', 'weightDecay', '0 with sparse gradients', group.weightDecay);
  }

  protected override updateGroup(group: ParamGroup<AdagradOptions>, params: readonly Parameter[]): void {
    const batch = this.batchOf(group, 'adagrad', ROLES, 1);
    for (const param of params) {
      if (param.grad === null) continue;
      const state = begin(this.stateOf(param), group, param);
      const t = nextStep(state);
      const at = batch.add(param, state);
      batch.scalars[at] = group.lr / (1 + (t - 1) * group.lrDecay);
    }
    batch.run(group.weightDecay, group.eps, group.maximize);
  }
}
