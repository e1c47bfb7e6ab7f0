import { checkBoolean, checkType } from '../check.ts';
import { pow } from '../exact-math.ts';
import type { Optimizer } from '../optimizer.ts';
import { LRScheduler, type SchedulerOptions } from '../scheduler.ts';
import { checkChoice, checkFinite, checkMomentum, checkPositive, collapse } from './checks.ts';
import { namesOf, resolveLambda, type LrLambda } from './lambdas.ts';

export interface CyclicLROptions extends SchedulerOptions {
  /** The lower bound, or one a group. */
  baseLr: number | readonly number[];
  /** The upper bound of the first cycle, or one a group. */
  maxLr: number | readonly number[];
  /** Steps of the rising half. Default 2000. */
  stepSizeUp?: number;
  /** Steps of the falling half. Default `stepSizeUp`. */
  stepSizeDown?: number | null;
  /**
   * `'triangular'` (default): the same height for ever; `'triangular2'`: half the height each cycle; `'exp_range'`: the
   * height times gamma^step. Any text with `scaleFn`.
   */
  mode?: string;
  /** Default 1. */
  gamma?: number;
  /** The factor of the height, instead of the mode's; a registered function's name stands for it. */
  scaleFn?: LrLambda | string | null;
  /** Whether `scaleFn` gets the cycle, from 1 (default), or the step, from 0. */
  scaleMode?: 'cycle' | 'iterations';
  /** Move momentum, or `betas[0]`, against the learning rate. Default `true`. */
  cycleMomentum?: boolean;
  /** Default 0.8. */
  baseMomentum?: number | readonly number[];
  /** Default 0.9. */
  maxMomentum?: number | readonly number[];
}

const MODES = ['triangular', 'triangular2', 'exp_range'];

/**
 * Moves the learning rate up and down between two bounds, once a batch: with x the place within the cycle and s = x / ratio
 * while rising, (x - 1) / (ratio - 1) while falling, lr = base + (max - base) · s · scale. Momentum moves the other way.
 *
 * As in PyTorch, the very first value of a CyclicLR built after another scheduler starts from that one's `initialLr`.
 *
 * Source: L. N. Smith, Cyclical Learning Rates for Training Neural Networks, 2017; PyTorch
 * `torch.optim.lr_scheduler.CyclicLR`.
 *
 * ```ts
 * const optimizer = new SGD([new Param([1])], { lr: 0.1, momentum: 0.9 });
 * const scheduler = new CyclicLR(optimizer, { baseLr: 0.01, maxLr: 0.1, stepSizeUp: 500 });
 * ```
 */
export class CyclicLR extends LRScheduler {
  maxLr: number[];
  stepSizeUp: number;
  stepSizeDown: number;
  mode: string;
  gamma: number;
  scaleMode: 'cycle' | 'iterations';
  cycleMomentum: boolean;
  baseMomentum: number[];
  maxMomentum: number[];
  readonly #scaleFn: LrLambda | null;
  /** Triangle and scale of the values that were computed last: in an array as in RememberedCosine. */
  readonly #last = Float64Array.of(0, 1);
  readonly #momenta = new Float64Array(this.groups.length);

  /** @throws ArgumentError, ArgumentRangeError for a wrong option, for an optimizer without momentum to cycle */
  constructor(optimizer: Optimizer, options: CyclicLROptions) {
    super(optimizer, options);
    type Defaults = Required<Omit<CyclicLROptions, keyof SchedulerOptions>>;
    const given = this.readOptions<Defaults>(options, {
      baseLr: undefined as unknown as number,
      maxLr: undefined as unknown as number,
      stepSizeUp: 2000,
      stepSizeDown: null,
      mode: 'triangular',
      gamma: 1,
      scaleFn: null,
      scaleMode: 'cycle',
      cycleMomentum: true,
      baseMomentum: 0.8,
      maxMomentum: 0.9,
    });
    const baseLrs = this.perGroup('baseLr', given.baseLr);
    this.maxLr = this.perGroup('maxLr', given.maxLr);
    checkPositive(this.type, 'stepSizeUp', given.stepSizeUp);
    this.stepSizeUp = given.stepSizeUp;
    this.stepSizeDown = given.stepSizeDown ?? given.stepSizeUp;
    checkFinite(this.type, 'stepSizeDown', this.stepSizeDown);
    if (this.stepSizeDown !== 0) checkPositive(this.type, 'stepSizeDown', this.stepSizeDown);
    checkType(typeof given.mode === 'string', this.type, 'mode', 'a string', given.mode);
    if (given.scaleFn === null) checkChoice(this.type, 'mode', given.mode, MODES);
    checkChoice(this.type, 'scaleMode', given.scaleMode, ['cycle', 'iterations']);
    checkFinite(this.type, 'gamma', given.gamma);
    checkBoolean(this.type, 'cycleMomentum', given.cycleMomentum);
    this.mode = given.mode;
    this.gamma = given.gamma;
    this.#scaleFn = given.scaleFn === null ? null : resolveLambda(this.type, 'scaleFn', given.scaleFn);
    this.scaleMode = given.scaleMode;
    if (this.#scaleFn === null) this.scaleMode = this.mode === 'exp_range' ? 'iterations' : 'cycle';
    this.cycleMomentum = given.cycleMomentum;
    this.baseMomentum = this.perGroup('baseMomentum', given.baseMomentum);
    this.maxMomentum = this.perGroup('maxMomentum', given.maxMomentum);
    if (this.cycleMomentum) checkMomentum(this.type, this.groups);
    this.#begin(baseLrs);
  }

  #begin(baseLrs: number[]): void {
    this.#findScale(0);
    checkFinite(this.type, 'the result of scaleFn', this.#last[1]); // before anything changes
    if (this.lastEpoch === -1) {
      this.groups.forEach((group, i) => {
        this.writeHyper(i, this.parameter, baseLrs[i]!);
        if (!this.cycleMomentum) return;
        this.writeHyper(i, 'momentum', this.maxMomentum[i]!);
        group.maxMomentum = this.maxMomentum[i]!;
        group.baseMomentum = this.baseMomentum[i]!;
      });
    }
    this.start();
    this.baseLrs = baseLrs;
  }

  protected override get optionKeys(): readonly string[] {
    return [
      'maxLr',
      'stepSizeUp',
      'stepSizeDown',
      'mode',
      'gamma',
      'scaleMode',
      'cycleMomentum',
      'baseMomentum',
      'maxMomentum',
    ];
  }

  protected override get groupKeys(): readonly string[] {
    return this.cycleMomentum
      ? [this.initialKey, 'momentum', 'maxMomentum', 'baseMomentum']
      : [this.initialKey];
  }

  protected override compute(values: Float64Array): void {
    this.closedForm(this.lastEpoch, values);
  }

  protected override closedForm(epoch: number, values: Float64Array): void {
    this.checkGroupCount();
    const total = this.stepSizeUp + this.stepSizeDown;
    const ratio = this.stepSizeUp / total;
    const cycle = Math.floor(1 + epoch / total);
    const x = 1 + epoch / total - cycle;
    const triangle = x <= ratio ? x / ratio : (x - 1) / (ratio - 1);
    this.#findScale(epoch);
    const scale = this.#last[1]!;
    const { baseLrs, maxLr } = this;
    for (let i = 0; i < baseLrs.length; i++) {
      const base = baseLrs[i]!;
      values[i] = base + (maxLr[i]! - base) * triangle * scale;
    }
    this.#last[0] = triangle;
  }

  #findScale(epoch: number): void {
    const cycle = Math.floor(1 + epoch / (this.stepSizeUp + this.stepSizeDown));
    let scale = 1;
    if (this.#scaleFn !== null) scale = this.#scaleFn(this.scaleMode === 'cycle' ? cycle : epoch);
    else if (this.mode === 'triangular2') scale = 1 / pow(2, cycle - 1);
    else if (this.mode === 'exp_range') scale = pow(this.gamma, epoch);
    this.#last[1] = scale;
  }

  protected override apply(values: Float64Array): void {
    super.apply(values);
    if (!this.cycleMomentum) return;
    const { baseMomentum, maxMomentum } = this;
    const triangle = this.#last[0]!;
    const scale = this.#last[1]!;
    for (let i = 0; i < maxMomentum.length; i++) {
      const max = maxMomentum[i]!;
      this.#momenta[i] = max - (max - baseMomentum[i]!) * triangle * scale;
    }
    this.writeAll('momentum', this.#momenta);
  }

  override toJSON(): Record<string, unknown> {
    const { type, ...rest } = super.toJSON();
    const options: Record<string, unknown> = { type, baseLr: collapse(this.baseLrs), ...rest };
    for (const key of ['maxLr', 'baseMomentum', 'maxMomentum'] as const) options[key] = collapse(this[key]);
    if (this.#scaleFn !== null) options.scaleFn = namesOf(this.type, 'scaleFn', [this.#scaleFn]);
    return options;
  }
}
