import { ArgumentError, checkType, message, StateError } from '../check.ts';
import { withDefaults, type OptionCheck } from '../options.ts';
import { Optimizer, type Closure, type ParamGroup, type ParamGroupInput, type Params } from '../optimizer.ts';
import type { Parameter } from '../param.ts';
import { densify } from '../sparse.ts';
import { decodeFloats, decodeNumber } from '../state-dict.ts';
import type { ParamState } from '../step-batch.ts';
import { checkGrad, hostOf, isSparse, onHost, writable } from '../storage.ts';
import { dot, maxAbs, strongWolfe } from './strong-wolfe.ts';

export interface LBFGSOptions {
  /** Learning rate. Default 1. */
  lr: number;
  /** Iterations a step, at least 1. Default 20. */
  maxIter: number;
  /** Evaluations of the closure a step. Default null: 5/4 of `maxIter`. */
  maxEval: number | null;
  /** Stop where no element of the gradient is larger. Default 1e-7. */
  toleranceGrad: number;
  /** Stop where neither loss nor parameters change more. Default 1e-9. */
  toleranceChange: number;
  /** How many updates the approximation of the Hessian takes from. Default 100. */
  historySize: number;
  /** Default null: steps of `lr`. */
  lineSearchFn: 'strong_wolfe' | null;
}

const DEFAULTS: LBFGSOptions = {
  lr: 1,
  maxIter: 20,
  maxEval: null,
  toleranceGrad: 1e-7,
  toleranceChange: 1e-9,
  historySize: 100,
  lineSearchFn: null,
};

/** What LBFGS remembers, of all parameters as one vector. */
interface Memory {
  funcEvals: number;
  nIter: number;
  /** The last direction and the step along it. */
  d: Float32Array;
  t: number;
  /** Differences of gradients (y) and of parameters (s), and 1 / (y · s), oldest first. */
  oldDirs: Float32Array[];
  oldStps: Float32Array[];
  ro: number[];
  /** The scale of the initial approximation of the inverse Hessian. */
  hDiag: number;
  prevFlatGrad: Float32Array;
  prevLoss: number;
}

const NUMBERS = ['funcEvals', 'nIter', 't', 'hDiag', 'prevLoss'];

/** The last `size` items of `list` and `item`. */
function pushed<T>(list: readonly T[], item: T, size: number): T[] {
  return size === 0 ? [] : [...list.slice(Math.max(0, list.length - size + 1)), item];
}

/** target += scale · source */
function addScaled(target: Float32Array, source: Float32Array, scale: number): void {
  const factor = Math.fround(scale);
  for (let i = 0; i < target.length; i++) target[i] = target[i]! + Math.fround(factor * source[i]!);
}

/** The direction of descent: the negative gradient times the approximated inverse Hessian, by the two-loop recursion. */
function directionOf(memory: Memory, grad: Float32Array): Float32Array {
  const { oldDirs, oldStps, ro } = memory;
  const d = grad.map((g) => -g);
  const alphas = new Float64Array(oldDirs.length);
  for (let i = oldDirs.length - 1; i >= 0; i--) {
    alphas[i] = dot(oldStps[i]!, d) * ro[i]!;
    addScaled(d, oldDirs[i]!, -alphas[i]!);
  }
  for (let i = 0; i < d.length; i++) d[i] = d[i]! * memory.hDiag;
  for (let i = 0; i < oldDirs.length; i++) {
    const beta = dot(oldDirs[i]!, d) * ro[i]!;
    addScaled(d, oldStps[i]!, alphas[i]! - beta);
  }
  return d;
}

/**
 * Limited-memory BFGS (Liu and Nocedal 1989, "On the limited memory BFGS method for large scale optimization"), after
 * Schmidt's minFunc. One step is up to `maxIter` iterations, for which it calls the closure again and again.
 *
 * ```text
 * y = g - g₋₁;   s = p - p₋₁;   d = -H · g, where H follows from the last y and s by the two-loop recursion
 * p = p + t · d, where t is lr (the first time min(1, 1 / Σ|g|) · lr) or satisfies the strong Wolfe conditions
 * ```
 *
 * Defaults: `lr` 1, `maxIter` 20, `maxEval` null (25), `toleranceGrad` 1e-7, `toleranceChange` 1e-9, `historySize` 100,
 * `lineSearchFn` null. State, under the first parameter: `funcEvals`, `nIter`, `d`, `t`, `oldDirs` (y), `oldStps` (s),
 * `ro`, `hDiag`, `prevFlatGrad`, `prevLoss`. One group only; null gradients count as zeros. If the closure throws or
 * skips the step, parameters and state are as before the step.
 *
 * ```ts
 * const p = new Param([3, -4]);
 * const optimizer = new LBFGS([p], { lineSearchFn: 'strong_wolfe' });
 * optimizer.step(() => {
 *   p.grad = p.data.map((x) => 2 * x);
 *   return p.data[0] ** 2 + p.data[1] ** 2;
 * }); // p.data is about [0, 0]
 * ```
 */
export class LBFGS extends Optimizer<LBFGSOptions> {
  constructor(params: Params<LBFGSOptions>, options: Partial<LBFGSOptions> = {}) {
    super(params, withDefaults('LBFGS', DEFAULTS, options));
  }

  override get type(): string {
    return 'LBFGS';
  }

  protected override checkOptions(check: OptionCheck<LBFGSOptions>): void {
    check
      .atLeast(0, 'lr', 'toleranceGrad', 'toleranceChange')
      .integers(1, 'maxIter')
      .integers(0, 'historySize');
    if (check.options.maxEval !== null) check.integers(1, 'maxEval');
    check.oneOf('lineSearchFn', [null, 'strong_wolfe']);
  }

  /** @throws StateError for a second group */
  override addParamGroup(group: ParamGroupInput<LBFGSOptions>): void {
    if (this.paramGroups.length > 0)
      throw new StateError('[LBFGS] expected one parameter group but received more');
    super.addParamGroup(group);
  }

  protected override updateGroup(): void {
    throw new StateError('[LBFGS] expected step to be called with a closure');
  }

  protected override update(closure: Closure | undefined): number {
    checkType(closure !== undefined, 'LBFGS', 'closure', 'a function', closure);
    const group = this.paramGroups[0]!;
    const before = group.params.map((param) => hostOf(param.data).slice());
    try {
      const { loss, memory } = this.#minimize(group, closure!, before);
      if (this.isSkipping) this.#restore(group.params, before);
      else if (memory !== null && group.params[0] !== undefined) {
        this.state.set(group.params[0], memory as unknown as ParamState);
      }
      return loss;
    } catch (error) {
      this.#restore(group.params, before);
      throw error;
    }
  }

  #restore(params: readonly Parameter[], values: readonly Float32Array[]): void {
    params.forEach((param, i) => writable('LBFGS', param.data).set(values[i]!));
  }

  /** The iterations of one step. @returns the loss before it, and what to remember */
  #minimize(
    group: ParamGroup<LBFGSOptions>,
    closure: Closure,
    before: readonly Float32Array[],
  ): { loss: number; memory: Partial<Memory> | null } {
    const { lr, maxIter, toleranceGrad, toleranceChange, historySize } = group;
    const maxEval = group.maxEval ?? Math.floor((maxIter * 5) / 4);
    const saved = this.state.get(group.params[0]!) as Partial<Memory> | undefined;
    const memory = { funcEvals: 0, nIter: 0, ...saved } as Memory;
    const evaluate = (): { loss: number; grad: Float32Array } => {
      const value = closure();
      checkType(typeof value === 'number', 'LBFGS', 'the loss that the closure returns', 'a number', value);
      memory.funcEvals++;
      evaluations++;
      return { loss: value, grad: this.#flatGrad(group.params) };
    };
    let evaluations = 0;
    let { loss, grad } = evaluate();
    const initialLoss = loss;
    if (this.isSkipping) return { loss, memory: null };
    if (maxAbs(grad) <= toleranceGrad) {
      return { loss, memory: { ...saved, funcEvals: memory.funcEvals, nIter: memory.nIter } };
    }
    let start = before;
    for (let iteration = 1; iteration <= maxIter; iteration++) {
      memory.nIter++;
      if (memory.nIter === 1) {
        Object.assign(memory, { oldDirs: [], oldStps: [], ro: [], hDiag: 1 });
      } else {
        this.#remember(memory, grad, historySize);
      }
      const d = directionOf(memory, grad);
      memory.d = d;
      memory.prevFlatGrad = grad;
      memory.prevLoss = loss;
      let sum = 0;
      if (memory.nIter === 1) for (const g of grad) sum += Math.abs(g);
      memory.t = memory.nIter === 1 ? Math.min(1, 1 / sum) * lr : lr;
      const slope = dot(grad, d);
      if (slope > -toleranceChange) break;
      if (group.lineSearchFn === 'strong_wolfe') {
        const probe = (t: number): { loss: number; grad: Float32Array } => {
          this.#move(group.params, start, d, t);
          return evaluate();
        };
        const found = strongWolfe(probe, d, memory.t, { loss, grad, slope }, maxEval - evaluations);
        ({ loss, grad } = found);
        memory.t = found.t;
        this.#move(group.params, start, d, found.t);
      } else {
        this.#move(group.params, start, d, memory.t);
        if (iteration !== maxIter) ({ loss, grad } = evaluate());
      }
      if (this.isSkipping || iteration === maxIter || evaluations >= maxEval) break;
      if (maxAbs(grad) <= toleranceGrad || maxAbs(d) * Math.abs(memory.t) <= toleranceChange) break;
      if (Math.abs(loss - memory.prevLoss) < toleranceChange) break;
      start = group.params.map((param) => hostOf(param.data).slice());
    }
    return { loss: initialLoss, memory };
  }

  /** Takes the last move and the change of the gradient into the history, where the curvature is positive. */
  #remember(memory: Memory, grad: Float32Array, historySize: number): void {
    const y = grad.map((g, i) => g - memory.prevFlatGrad[i]!);
    const s = memory.d.map((d) => d * memory.t);
    const ys = dot(y, s);
    if (!(ys > 1e-10)) return;
    memory.oldDirs = pushed(memory.oldDirs, y, historySize);
    memory.oldStps = pushed(memory.oldStps, s, historySize);
    memory.ro = pushed(memory.ro, 1 / ys, historySize);
    memory.hDiag = ys / dot(y, y);
  }

  /** Parameters = start + t · d */
  #move(params: readonly Parameter[], start: readonly Float32Array[], d: Float32Array, t: number): void {
    const step = Math.fround(t);
    let at = 0;
    params.forEach((param, k) => {
      const from = start[k]!;
      onHost('LBFGS', [param.data], ([data]) => {
        for (let i = 0; i < from.length; i++) data![i] = from[i]! + Math.fround(step * d[at + i]!);
      });
      at += from.length;
    });
  }

  /** A copy of all gradients one after the other, zeros for null. */
  #flatGrad(params: readonly Parameter[]): Float32Array {
    const flat = new Float32Array(params.reduce((count, param) => count + param.data.length, 0));
    let at = 0;
    for (const param of params) {
      checkGrad('LBFGS', param);
      const { grad } = param;
      if (grad !== null) flat.set(isSparse(grad) ? densify('LBFGS', param, grad) : hostOf(grad), at);
      at += param.data.length;
    }
    return flat;
  }

  protected override decodeState(
    op: string,
    at: string,
    param: Parameter,
    entry: Record<string, unknown>,
  ): ParamState {
    const { params } = this.paramGroups[0]!;
    if (param !== params[0]) throw new StateError(message(op, 'state', 'of the first parameter only', at));
    const length = params.reduce((count, each) => count + each.data.length, 0);
    const decode = (name: string, key: string, value: unknown): unknown => {
      if (NUMBERS.includes(key)) return decodeNumber(op, name, value);
      if (key === 'd' || key === 'prevFlatGrad') return decodeFloats(op, name, value, length);
      const isList = key === 'oldDirs' || key === 'oldStps' || key === 'ro';
      if (!isList || !Array.isArray(value))
        throw new ArgumentError(message(op, name, 'state of LBFGS', value));
      return value.map((item, i) =>
        key === 'ro'
          ? decodeNumber(op, `${name}[${i}]`, item)
          : decodeFloats(op, `${name}[${i}]`, item, length),
      );
    };
    return Object.fromEntries(
      Object.entries(entry).map(([key, value]) => [key, decode(`${at}.${key}`, key, value)]),
    );
  }
}
