import {
  ArgumentError,
  ArgumentRangeError,
  checkBoolean,
  checkInteger,
  checkRange,
  message,
  StateError,
} from '../check.ts';
import { cos } from '../exact-math.ts';
import type { Optimizer } from '../optimizer.ts';
import {
  LRScheduler,
  type Hyperparameters,
  type SchedulerOptions,
  type SchedulerStateDict,
} from '../scheduler.ts';
import { checkChoice, checkFinite, checkMomentum, checkPositive, collapse } from './checks.ts';

export interface OneCycleLROptions extends SchedulerOptions {
  /** The peak, or one a group. */
  maxLr: number | readonly number[];
  /** The steps of the cycle; default `epochs · stepsPerEpoch`. */
  totalSteps?: number | null;
  epochs?: number | null;
  stepsPerEpoch?: number | null;
  /** The part of the cycle that rises: in [0, 1], default 0.3. */
  pctStart?: number;
  /** Default `'cos'`. */
  annealStrategy?: 'cos' | 'linear';
  /** Move momentum, or `betas[0]`, against the learning rate. Default `true`. */
  cycleMomentum?: boolean;
  /** Default 0.85. */
  baseMomentum?: number | readonly number[];
  /** Default 0.95. */
  maxMomentum?: number | readonly number[];
  /** The first learning rate is maxLr / divFactor. Default 25. */
  divFactor?: number;
  /** The last learning rate is the first one / finalDivFactor. Default 1e4. */
  finalDivFactor?: number;
  /** Fall to the first learning rate as long as the rise lasted, then to the last one. Default `false`. */
  threePhase?: boolean;
}

export interface OneCycleLoadOptions {
  /** Take over a run of another `totalSteps`, and go on along the curve as constructed. Default `false`. */
  extendTotalSteps?: boolean;
}

/** From a group's value `from` at the end of the phase before to its value `to` at `end`. */
interface Phase {
  readonly end: number;
  readonly from: string;
  readonly to: string;
  readonly momentumFrom: string;
  readonly momentumTo: string;
}

/** group[key]: the usual keys by name, since a named property is read faster than a computed one. */
function boundOf(group: Hyperparameters, key: string): number {
  switch (key) {
    case 'initialLr':
      return group.initialLr!;
    case 'maxLr':
      return group.maxLr!;
    case 'minLr':
      return group.minLr!;
    case 'baseMomentum':
      return group.baseMomentum!;
    case 'maxMomentum':
      return group.maxMomentum!;
    default:
      return group[key]!;
  }
}

/**
 * One rise from maxLr / divFactor to `maxLr` and one fall to nearly nothing, once a batch, while momentum moves the other
 * way. Within a phase, with p the part that has passed: `'cos'`: to + (from - to) / 2 · (cos(pi p) + 1); `'linear'`:
 * (to - from) · p + from. As in PyTorch one step more than `totalSteps` - 1 is let pass, and goes up again.
 *
 * Source: L. N. Smith, N. Topin, Super-Convergence, 2018; PyTorch `torch.optim.lr_scheduler.OneCycleLR`.
 *
 * ```ts
 * const optimizer = new SGD([new Param([1])], { lr: 0.1, momentum: 0.9 });
 * const scheduler = new OneCycleLR(optimizer, { maxLr: 0.1, epochs: 10, stepsPerEpoch: 100 });
 * ```
 */
export class OneCycleLR extends LRScheduler {
  maxLr: number[];
  totalSteps: number;
  pctStart: number;
  annealStrategy: 'cos' | 'linear';
  cycleMomentum: boolean;
  baseMomentum: number[];
  maxMomentum: number[];
  divFactor: number;
  finalDivFactor: number;
  threePhase: boolean;
  #phases: readonly Phase[] = [];
  /** Where the values that were computed last lie. */
  #phase!: Phase;
  /** The part of the phase that has passed, and the height of its cosine: in an array as in RememberedCosine. */
  readonly #passed = new Float64Array(2);
  readonly #momenta = new Float64Array(this.groups.length);

  /** @throws ArgumentError, ArgumentRangeError for a wrong option, for an optimizer without momentum to cycle */
  constructor(optimizer: Optimizer, options: OneCycleLROptions) {
    super(optimizer, options);
    const given = this.readOptions<Required<Omit<OneCycleLROptions, keyof SchedulerOptions>>>(options, {
      maxLr: undefined as unknown as number,
      totalSteps: null,
      epochs: null,
      stepsPerEpoch: null,
      pctStart: 0.3,
      annealStrategy: 'cos',
      cycleMomentum: true,
      baseMomentum: 0.85,
      maxMomentum: 0.95,
      divFactor: 25,
      finalDivFactor: 1e4,
      threePhase: false,
    });
    this.totalSteps = this.#readTotalSteps(given);
    checkFinite(this.type, 'pctStart', given.pctStart);
    checkRange(
      given.pctStart >= 0 && given.pctStart <= 1,
      this.type,
      'pctStart',
      'a number in [0, 1]',
      given.pctStart,
    );
    checkChoice(this.type, 'annealStrategy', given.annealStrategy, ['cos', 'linear']);
    checkBoolean(this.type, 'cycleMomentum', given.cycleMomentum);
    checkBoolean(this.type, 'threePhase', given.threePhase);
    checkPositive(this.type, 'divFactor', given.divFactor);
    checkPositive(this.type, 'finalDivFactor', given.finalDivFactor);
    this.pctStart = given.pctStart;
    this.annealStrategy = given.annealStrategy;
    this.cycleMomentum = given.cycleMomentum;
    this.divFactor = given.divFactor;
    this.finalDivFactor = given.finalDivFactor;
    this.threePhase = given.threePhase;
    this.maxLr = this.perGroup('maxLr', given.maxLr);
    this.maxMomentum = this.perGroup('maxMomentum', given.maxMomentum);
    this.baseMomentum = this.perGroup('baseMomentum', given.baseMomentum);
    if (this.cycleMomentum) checkMomentum(this.type, this.groups);
    this.afterLoad();
    this.#place(this.lastEpoch + 1); // throws before anything changes
    this.#begin();
  }

  #readTotalSteps(given: Pick<OneCycleLROptions, 'totalSteps' | 'epochs' | 'stepsPerEpoch'>): number {
    const { totalSteps, epochs, stepsPerEpoch } = given;
    if (totalSteps != null) {
      checkInteger(this.type, 'totalSteps', totalSteps, 1);
      return totalSteps;
    }
    if (epochs == null || stepsPerEpoch == null) {
      throw new ArgumentError(
        message(this.type, 'totalSteps, or epochs and stepsPerEpoch,', 'set', totalSteps),
      );
    }
    checkInteger(this.type, 'epochs', epochs, 1);
    checkInteger(this.type, 'stepsPerEpoch', stepsPerEpoch, 1);
    return epochs * stepsPerEpoch;
  }

  #begin(): void {
    if (this.lastEpoch !== -1) {
      this.#checkResumed();
      this.start();
      return;
    }
    const initial = this.maxLr.map((max) => max / this.divFactor);
    this.groups.forEach((group, i) => {
      group[this.initialKey] = initial[i]!;
      group[this.groupKey('max')] = this.maxLr[i]!;
      group[this.groupKey('min')] = initial[i]! / this.finalDivFactor;
      if (!this.cycleMomentum) return;
      this.writeHyper(i, 'momentum', this.maxMomentum[i]!);
      group.maxMomentum = this.maxMomentum[i]!;
      group.baseMomentum = this.baseMomentum[i]!;
    });
    this.start(initial);
  }

  #checkResumed(): void {
    this.groups.forEach((group, i) => {
      for (const key of this.groupKeys) {
        if (typeof this.readHyper(i, key) === 'number') continue;
        const expectation = `set, which resuming with lastEpoch ${this.lastEpoch} needs: load the optimizer's state first,`;
        throw new StateError(message(this.type, `paramGroups[${i}].${key}`, expectation, group[key]));
      }
    });
  }

  protected override get optionKeys(): readonly string[] {
    return [
      'maxLr',
      'totalSteps',
      'pctStart',
      'annealStrategy',
      'cycleMomentum',
      'baseMomentum',
      'maxMomentum',
      'divFactor',
      'finalDivFactor',
      'threePhase',
    ];
  }

  protected override get groupKeys(): readonly string[] {
    const keys = [this.initialKey, this.groupKey('max'), this.groupKey('min')];
    return this.cycleMomentum ? [...keys, 'momentum', 'maxMomentum', 'baseMomentum'] : keys;
  }

  protected override afterLoad(): void {
    const [initial, max, min] = [this.initialKey, this.groupKey('max'), this.groupKey('min')];
    const [low, high] = ['baseMomentum', 'maxMomentum'];
    const { totalSteps, pctStart } = this;
    const last = totalSteps - 1;
    const rise = {
      end: pctStart * totalSteps - 1,
      from: initial,
      to: max,
      momentumFrom: high,
      momentumTo: low,
    };
    this.#phases = this.threePhase
      ? [
          rise,
          { end: 2 * pctStart * totalSteps - 2, from: max, to: initial, momentumFrom: low, momentumTo: high },
          { end: last, from: initial, to: min, momentumFrom: high, momentumTo: high },
        ]
      : [rise, { end: last, from: max, to: min, momentumFrom: low, momentumTo: high }];
  }

  /** Finds the phase of a step and the part of it that has passed. */
  #place(step: number): void {
    const { totalSteps } = this;
    if (step > totalSteps) {
      throw new ArgumentRangeError(
        message(this.type, 'the number of steps', `at most totalSteps, ${totalSteps},`, step),
      );
    }
    const phases = this.#phases;
    let i = 0;
    while (i < phases.length - 1 && step > phases[i]!.end) i++;
    const start = i === 0 ? 0 : phases[i - 1]!.end;
    const length = phases[i]!.end - start;
    if (length === 0) {
      const expectation = `such that no phase that is entered has length 0 (with totalSteps ${totalSteps})`;
      throw new ArgumentRangeError(message(this.type, 'pctStart', expectation, this.pctStart));
    }
    this.#phase = phases[i]!;
    const part = (step - start) / length;
    this.#passed[0] = part;
    if (this.annealStrategy === 'cos') this.#passed[1] = cos(Math.PI * part) + 1;
  }

  protected override compute(values: Float64Array): void {
    this.closedForm(this.lastEpoch, values);
  }

  protected override closedForm(epoch: number, values: Float64Array): void {
    this.checkGroupCount();
    this.#place(epoch);
    this.#interpolate(this.#phase.from, this.#phase.to, values);
  }

  protected override apply(values: Float64Array): void {
    super.apply(values);
    if (!this.cycleMomentum) return;
    this.#interpolate(this.#phase.momentumFrom, this.#phase.momentumTo, this.#momenta);
    this.writeAll('momentum', this.#momenta);
  }

  #interpolate(fromKey: string, toKey: string, values: Float64Array): void {
    const { groups, annealStrategy } = this;
    const part = this.#passed[0]!;
    const height = this.#passed[1]!;
    for (let i = 0; i < values.length; i++) {
      const from = boundOf(groups[i]!, fromKey);
      const to = boundOf(groups[i]!, toKey);
      values[i] = annealStrategy === 'linear' ? (to - from) * part + from : to + ((from - to) / 2) * height;
    }
  }

  /**
   * Goes on from `stateDict`.
   *
   * @throws StateError where its `totalSteps` is another one: PyTorch would quietly go back to the old one, and fail when
   *   its steps are used up. With `extendTotalSteps` the run goes on along the curve as constructed.
   */
  override loadStateDict(stateDict: SchedulerStateDict, options: OneCycleLoadOptions = {}): void {
    this.prepareLoad(stateDict, options)();
  }

  override prepareLoad(stateDict: SchedulerStateDict, options: OneCycleLoadOptions = {}): () => void {
    const { totalSteps } = this;
    const load = super.prepareLoad(stateDict);
    const saved = stateDict.totalSteps;
    if (saved === totalSteps) return load;
    if (options.extendTotalSteps !== true) {
      const expectation = `${totalSteps} (or extendTotalSteps to be set, to go on with ${totalSteps})`;
      throw new StateError(message(`${this.type}.loadStateDict`, 'totalSteps', expectation, saved));
    }
    return () => {
      load();
      this.totalSteps = totalSteps;
      this.afterLoad();
    };
  }

  override toJSON(): Record<string, unknown> {
    const options = super.toJSON();
    for (const key of ['maxLr', 'baseMomentum', 'maxMomentum'] as const) options[key] = collapse(this[key]);
    return options;
  }
}
