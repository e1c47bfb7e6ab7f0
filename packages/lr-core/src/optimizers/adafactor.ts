import { pow } from '../exact-math.ts';
import { zerosLike } from '../kernels.ts';
import { withDefaults, type OptionCheck } from '../options.ts';
import { Optimizer, type ParamGroup, type Params, type StateLayout } from '../optimizer.ts';
import type { Parameter } from '../param.ts';
import { nextStep, type ParamState } from '../step-batch.ts';

export interface AdafactorOptions {
  /** Bound of the relative step size. Default 1e-2. */
  lr: number;
  /** Power of the second moment's decay, <= 0. Default -0.8. */
  beta2Decay: number;
  /** Bounds below of the root of the second moment (null: float32's epsilon, 2^-23) and of a parameter's scale. Default [null, 1e-3]. */
  eps: [number | null, number];
  /** Bound of an update's root mean square, >= 1. Default 1. */
  d: number;
  /** Decay of the weights themselves. Default 0. */
  weightDecay: number;
  /** Ascend instead of descend. Default `false`. */
  maximize: boolean;
}

const DEFAULTS: AdafactorOptions = {
  lr: 1e-2,
  beta2Decay: -0.8,
  eps: [null, 1e-3],
  d: 1,
  weightDecay: 0,
  maximize: false,
};
const MATRIX_ROLES = ['rowVar', 'colVar', null];
const VECTOR_ROLES = [null, null, 'variance'];
const FLOAT32_EPSILON = 1.1920928955078125e-7;

/** Rows and columns of the matrices that a parameter of two and more dimensions consists of. */
function matrixSize(param: Parameter): [rows: number, cols: number] {
  const { shape } = param;
  return [shape[shape.length - 2] ?? 1, shape[shape.length - 1] ?? 1];
}

/**
 * Adafactor (Shazeer and Stern 2018, "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost"): of a matrix it
 * keeps the second moments' means over rows and columns only.
 *
 * ```text
 * β = t^beta2Decay;   ρ = min(lr, 1 / √t);   α = max(eps[1], rms(p)) · ρ;   p = p · (1 - lr · weightDecay)
 * matrices: R = lerp(R, mean of g² over a row, β), C = lerp(C, mean of g² over a column, β), V = R · C / mean(R)
 * vectors:  V = lerp(V, g², β)
 * u = g / √max(V, eps[0]²);   p = p - α / max(1, rms(u) / d) · u
 * ```
 *
 * Defaults: `lr` 1e-2, `beta2Decay` -0.8, `eps` [null, 1e-3], `d` 1, `weightDecay` 0, `maximize` `false`. State: `step`
 * and `rowVar`, `colVar` (of the last two dimensions) or `variance`.
 *
 * ```ts
 * const p = new Param([1, 2, 3, 4], [2, 2]);
 * const optimizer = new Adafactor([p]);
 * p.grad = Float32Array.of(1, -1, 1, -1);
 * optimizer.step();
 * ```
 */
export class Adafactor extends Optimizer<AdafactorOptions> {
  constructor(params: Params<AdafactorOptions>, options: Partial<AdafactorOptions> = {}) {
    super(params, withDefaults('Adafactor', DEFAULTS, options));
  }

  override get type(): string {
    return 'Adafactor';
  }

  protected override get stateLayout(): StateLayout {
    return { numbers: ['step'], optional: ['rowVar', 'colVar', 'variance'] };
  }

  protected override stateLength(key: string, param: Parameter): number {
    const [rows, cols] = matrixSize(param);
    if (key === 'rowVar') return param.data.length / cols;
    return key === 'colVar' ? param.data.length / rows : param.data.length;
  }

  protected override checkOptions(check: OptionCheck<AdafactorOptions>): void {
    check.atLeast(0, 'lr').inRange(-Infinity, 0, 'beta2Decay').atLeast(1, 'd').atLeast(0, 'weightDecay');
    check.booleans('maximize');
    const { eps } = check.options;
    const ok = Array.isArray(eps) && eps.length === 2 && (eps[0] === null || eps[0] >= 0) && eps[1] >= 0;
    check.that(ok, 'eps', 'a pair of numbers >= 0, the first of which may be null');
  }

  #stateOf(param: Parameter): ParamState {
    const state = this.stateOf(param);
    for (const key of param.shape.length > 1 ? ['rowVar', 'colVar'] : []) {
      state[key] ??= zerosLike(this.type, param.data, this.stateLength(key, param));
    }
    return state;
  }

  protected override updateGroup(group: ParamGroup<AdafactorOptions>, params: readonly Parameter[]): void {
    const matrices = this.batchOf(group, 'adafactor', MATRIX_ROLES, 4, 0);
    const vectors = this.batchOf(group, 'adafactor', VECTOR_ROLES, 4, 1);
    for (const param of params) {
      if (param.grad === null) continue;
      const state = this.#stateOf(param);
      const t = nextStep(state);
      const batch = param.shape.length > 1 ? matrices : vectors;
      const at = batch.add(param, state);
      const [rows, cols] = matrixSize(param);
      batch.scalars[at] = rows;
      batch.scalars[at + 1] = cols;
      batch.scalars[at + 2] = pow(t, group.beta2Decay);
      batch.scalars[at + 3] = Math.min(group.lr, 1 / Math.sqrt(t));
    }
    const [eps1, eps2] = group.eps;
    for (const batch of [matrices, vectors]) {
      batch.run(group.lr, group.weightDecay, eps1 ?? FLOAT32_EPSILON, eps2, group.d, group.maximize);
    }
  }
}
