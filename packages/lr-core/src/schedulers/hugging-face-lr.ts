/** The schedules of Hugging Face Transformers, by the names that its `get_scheduler` gives them. */
import { ArgumentError, ArgumentRangeError, checkInteger, checkRange, checkType, message } from '../check.ts';
import { cos, pow } from '../exact-math.ts';
import type { Optimizer } from '../optimizer.ts';
import { LRScheduler, type SchedulerOptions } from '../scheduler.ts';
import { checkChoice, checkFinite } from './checks.ts';
import { ReduceLROnPlateau, type ReduceLROnPlateauOptions } from './reduce-lr-on-plateau.ts';

/** What shapes a schedule besides its name; which of them a name takes is in `FACTORS`. */
export interface HuggingFaceOptions {
  /** Steps in which the learning rate rises from 0. */
  numWarmupSteps?: number;
  numTrainingSteps?: number;
  /** Default 0.5; cosine_with_restarts: default 1. */
  numCycles?: number;
  /** polynomial: the last learning rate, default 1e-7. */
  lrEnd?: number;
  /** polynomial: default 1. */
  power?: number;
  /** inverse_sqrt: default numWarmupSteps, or 10,000 without warmup. */
  timescale?: number;
  /** cosine_with_min_lr, cosine_warmup_with_min_lr: the last learning rate, */
  minLr?: number;
  /** or what part of the first it is. */
  minLrRate?: number;
  /** cosine_warmup_with_min_lr: what part of the first learning rate the warmup begins with, default 1 / numWarmupSteps. */
  warmupLrRate?: number;
  /** warmup_stable_decay. */
  numDecaySteps?: number;
  /** warmup_stable_decay: default what warmup and decay leave of numTrainingSteps. */
  numStableSteps?: number;
  /** warmup_stable_decay: default `'linear'`. */
  warmupType?: 'linear' | 'cosine' | '1-sqrt';
  /** warmup_stable_decay: default `'cosine'`. */
  decayType?: 'linear' | 'cosine' | '1-sqrt';
  /** warmup_stable_decay: default 0. */
  minLrRatio?: number;
}

export interface HuggingFaceLROptions extends SchedulerOptions, HuggingFaceOptions {
  name: HuggingFaceName;
}

type Factor = (step: number) => number;

function warmup(step: number, steps: number): number {
  return step / Math.max(1, steps);
}

/** How much of the time after the warmup has passed. */
function progressOf(
  step: number,
  { numWarmupSteps, numTrainingSteps }: Required<HuggingFaceOptions>,
): number {
  return (step - numWarmupSteps) / Math.max(1, numTrainingSteps - numWarmupSteps);
}

function cosineFactor(step: number, options: Required<HuggingFaceOptions>, floor: number): number {
  const factor = 0.5 * (1 + cos(Math.PI * options.numCycles * 2 * progressOf(step, options)));
  return Math.max(0, factor * (1 - floor) + floor);
}

/** One step ahead of cosine_with_min_lr: the first step is not 0, and the last one has reached the floor. */
function cosineWarmupFactor(step: number, options: Required<HuggingFaceOptions>): number {
  const { numWarmupSteps, warmupLrRate, minLrRate } = options;
  if (step >= numWarmupSteps) return cosineFactor(step + 1, options, minLrRate);
  if (warmupLrRate === undefined) return warmup(step + 1, numWarmupSteps);
  return warmupLrRate + ((1 - warmupLrRate) * step) / Math.max(1, numWarmupSteps - 1);
}

function polynomialFactor(step: number, options: Required<HuggingFaceOptions>, lrInit: number): number {
  const { numWarmupSteps, numTrainingSteps, lrEnd, power } = options;
  if (step > numTrainingSteps) return lrEnd / lrInit;
  const remaining = 1 - (step - numWarmupSteps) / (numTrainingSteps - numWarmupSteps);
  return ((lrInit - lrEnd) * pow(remaining, power) + lrEnd) / lrInit;
}

function warmupStableDecayFactor(step: number, options: Required<HuggingFaceOptions>): number {
  const { numWarmupSteps, numStableSteps, numDecaySteps, warmupType, decayType, numCycles, minLrRatio } =
    options;
  const mix = (factor: number): number => Math.max(0, factor * (1 - minLrRatio) + minLrRatio);
  if (step < numWarmupSteps) {
    const progress = warmup(step, numWarmupSteps);
    if (warmupType === 'linear') return mix(progress);
    return mix(warmupType === 'cosine' ? 0.5 * (1 - cos(Math.PI * progress)) : 1 - Math.sqrt(1 - progress));
  }
  if (step < numWarmupSteps + numStableSteps) return 1;
  if (step >= numWarmupSteps + numStableSteps + numDecaySteps) return minLrRatio;
  const progress = (step - numWarmupSteps - numStableSteps) / Math.max(1, numDecaySteps);
  if (decayType === 'linear') return mix(1 - progress);
  return mix(
    decayType === 'cosine' ? 0.5 * (1 + cos(Math.PI * numCycles * 2 * progress)) : 1 - Math.sqrt(progress),
  );
}

/** Per name: the options it requires, the defaults of those it takes, and its factor after the warmup. */
interface Entry {
  readonly required: readonly (keyof HuggingFaceOptions)[];
  readonly defaults: HuggingFaceOptions;
  /** Whether its own factor covers the warmup. */
  readonly ownWarmup?: boolean;
  readonly factor: (step: number, options: Required<HuggingFaceOptions>, lrInit: number) => number;
}

const WARMUP = ['numWarmupSteps'] as const;
const WHOLE = ['numWarmupSteps', 'numTrainingSteps'] as const;

const FACTORS = {
  constant: { required: [], defaults: {}, ownWarmup: true, factor: () => 1 },
  constant_with_warmup: { required: WARMUP, defaults: {}, factor: () => 1 },
  linear: {
    required: WHOLE,
    defaults: {},
    factor: (step, { numWarmupSteps, numTrainingSteps }) =>
      Math.max(0, (numTrainingSteps - step) / Math.max(1, numTrainingSteps - numWarmupSteps)),
  },
  cosine: {
    required: WHOLE,
    defaults: { numCycles: 0.5 },
    factor: (step, options) => cosineFactor(step, options, 0),
  },
  cosine_with_restarts: {
    required: WHOLE,
    defaults: { numCycles: 1 },
    factor: (step, options) => {
      const progress = progressOf(step, options);
      if (progress >= 1) return 0;
      return Math.max(0, 0.5 * (1 + cos(Math.PI * ((options.numCycles * progress) % 1))));
    },
  },
  cosine_with_min_lr: {
    required: WHOLE,
    defaults: { numCycles: 0.5, minLr: undefined, minLrRate: undefined },
    factor: (step, options) => cosineFactor(step, options, options.minLrRate),
  },
  cosine_warmup_with_min_lr: {
    required: WHOLE,
    defaults: { numCycles: 0.5, minLr: undefined, minLrRate: undefined, warmupLrRate: undefined },
    ownWarmup: true,
    factor: cosineWarmupFactor,
  },
  polynomial: { required: WHOLE, defaults: { lrEnd: 1e-7, power: 1 }, factor: polynomialFactor },
  inverse_sqrt: {
    required: WARMUP,
    defaults: { timescale: undefined },
    factor: (step, { numWarmupSteps, timescale }) =>
      1 / Math.sqrt((step + (timescale - numWarmupSteps)) / timescale),
  },
  warmup_stable_decay: {
    required: ['numWarmupSteps', 'numDecaySteps'],
    defaults: {
      numTrainingSteps: undefined,
      numStableSteps: undefined,
      warmupType: 'linear',
      decayType: 'cosine',
      minLrRatio: 0,
      numCycles: 0.5,
    },
    ownWarmup: true,
    factor: warmupStableDecayFactor,
  },
} satisfies Record<string, Entry>;

export type HuggingFaceName = keyof typeof FACTORS;

const COUNTS = ['numWarmupSteps', 'numTrainingSteps', 'numDecaySteps', 'numStableSteps'] as const;
const NUMBERS = ['numCycles', 'lrEnd', 'power', 'minLr', 'minLrRate', 'warmupLrRate', 'minLrRatio'] as const;
const SHAPES = ['linear', 'cosine', '1-sqrt'];

/**
 * A schedule of Hugging Face Transformers: lr_t = base · factor(t), the factor a warmup from 0 and then what the name says.
 * `getScheduler` constructs one as Transformers does. The factors are those of its `optimization.py`, with correctly
 * rounded cosines and powers.
 *
 * ```ts
 * const optimizer = new AdamW([new Param([1])], { lr: 5e-5 });
 * const scheduler = new HuggingFaceLR(optimizer, { name: 'cosine', numWarmupSteps: 100, numTrainingSteps: 1000 });
 * ```
 */
export class HuggingFaceLR extends LRScheduler {
  readonly name: HuggingFaceName;
  readonly options: HuggingFaceOptions;
  readonly #factor: Factor;

  /** @throws ArgumentError, ArgumentRangeError for an unknown name, a missing or wrong option */
  constructor(optimizer: Optimizer, options: HuggingFaceLROptions) {
    super(optimizer, options);
    const { name, ...rest } = options;
    checkChoice(this.type, 'name', name, Object.keys(FACTORS));
    this.name = name;
    const entry: Entry = FACTORS[name];
    const keys = [...entry.required, ...(Object.keys(entry.defaults) as (keyof HuggingFaceOptions)[])];
    const required = Object.fromEntries(entry.required.map((key) => [key, undefined]));
    const given = this.readOptions<HuggingFaceOptions>(rest, { ...required, ...entry.defaults });
    for (const key of entry.required) checkType(given[key] !== undefined, this.type, key, 'set', given[key]);
    this.#check(given);
    this.options = Object.fromEntries(keys.map((key) => [key, given[key]]));
    this.#factor = this.#bind(entry, this.#complete({ ...this.options }));
    this.start();
  }

  #check(given: HuggingFaceOptions): void {
    for (const key of COUNTS) if (given[key] !== undefined) checkInteger(this.type, key, given[key], 0);
    for (const key of NUMBERS) if (given[key] !== undefined) checkFinite(this.type, key, given[key]);
    if (given.timescale !== undefined) checkInteger(this.type, 'timescale', given.timescale, 1);
    if (given.warmupType !== undefined) checkChoice(this.type, 'warmupType', given.warmupType, SHAPES);
    if (given.decayType !== undefined) checkChoice(this.type, 'decayType', given.decayType, SHAPES);
  }

  /** Defaults that follow from other options. */
  #complete(options: HuggingFaceOptions): Required<HuggingFaceOptions> {
    const lrInit = this.#lrInit();
    if (this.name === 'inverse_sqrt') options.timescale ??= options.numWarmupSteps || 10_000;
    if (this.name === 'polynomial') {
      checkRange(
        options.lrEnd! < lrInit,
        this.type,
        'lrEnd',
        `less than the learning rate, ${lrInit},`,
        options.lrEnd,
      );
      const { numTrainingSteps, numWarmupSteps } = options;
      const ok = numTrainingSteps !== numWarmupSteps; // 0 / 0 at that step
      checkRange(ok, this.type, 'numTrainingSteps', 'another number than numWarmupSteps', numTrainingSteps);
    }
    if ('minLrRate' in FACTORS[this.name].defaults) {
      const one = (options.minLr === undefined) !== (options.minLrRate === undefined);
      if (!one)
        throw new ArgumentError(message(this.type, 'minLr or minLrRate', 'set, one of them,', options.minLr));
      options.minLrRate ??= options.minLr! / lrInit;
    }
    if (this.name === 'warmup_stable_decay') {
      const { numTrainingSteps, numWarmupSteps, numDecaySteps } = options;
      const set = options.numStableSteps !== undefined || numTrainingSteps !== undefined;
      checkType(set, this.type, 'numTrainingSteps or numStableSteps', 'set', undefined);
      options.numStableSteps ??= numTrainingSteps! - numWarmupSteps! - numDecaySteps!;
    }
    return options as Required<HuggingFaceOptions>;
  }

  /** The optimizer's default learning rate, which Transformers takes for the first one. */
  #lrInit(): number {
    const value = (this.optimizer.defaults as unknown as Record<string, unknown>)[this.parameter];
    if (typeof value !== 'number')
      throw new ArgumentRangeError(message(this.type, this.parameter, 'a number', value));
    return value;
  }

  #bind({ factor, ownWarmup }: Entry, options: Required<HuggingFaceOptions>): Factor {
    const lrInit = this.#lrInit();
    return (step) => {
      if (!ownWarmup && step < options.numWarmupSteps) return warmup(step, options.numWarmupSteps);
      return factor(step, options, lrInit);
    };
  }

  /** What the constructor took stays with it. */
  protected override get optionKeys(): readonly string[] {
    return [];
  }

  protected override compute(values: Float64Array): void {
    this.closedForm(this.lastEpoch, values);
  }

  protected override closedForm(epoch: number, values: Float64Array): void {
    this.scaleBase(values, this.#factor(epoch));
  }

  override toJSON(): Record<string, unknown> {
    const set = Object.entries(this.options).filter(([, value]) => value !== undefined);
    return { ...super.toJSON(), name: this.name, ...Object.fromEntries(set) };
  }
}

export interface GetSchedulerOptions {
  numWarmupSteps?: number;
  numTrainingSteps?: number;
  /** The other options of the schedule. */
  schedulerSpecificKwargs?:
    Omit<HuggingFaceOptions, 'numWarmupSteps' | 'numTrainingSteps'> | ReduceLROnPlateauOptions;
}

/**
 * The schedule of a name, as `get_scheduler` of Hugging Face Transformers constructs it: constant, constant_with_warmup,
 * linear, cosine, cosine_with_restarts, cosine_with_min_lr, cosine_warmup_with_min_lr, polynomial, inverse_sqrt,
 * warmup_stable_decay, reduce_lr_on_plateau.
 *
 * @throws ArgumentError, ArgumentRangeError for an unknown name, a missing or wrong option
 */
export function getScheduler(
  name: HuggingFaceName | 'reduce_lr_on_plateau',
  optimizer: Optimizer,
  { numWarmupSteps, numTrainingSteps, schedulerSpecificKwargs }: GetSchedulerOptions = {},
): LRScheduler {
  if (name === 'reduce_lr_on_plateau') {
    return new ReduceLROnPlateau(optimizer, schedulerSpecificKwargs as ReduceLROnPlateauOptions);
  }
  const options: HuggingFaceLROptions = { name, ...(schedulerSpecificKwargs as HuggingFaceOptions) };
  const entry: Entry | undefined = FACTORS[name];
  // As in Transformers, the two counts may be given to schedules that do not need them.
  const takes = (key: keyof HuggingFaceOptions): boolean =>
    entry !== undefined && (entry.required.includes(key) || key in entry.defaults);
  if (takes('numWarmupSteps')) options.numWarmupSteps = numWarmupSteps;
  if (takes('numTrainingSteps')) options.numTrainingSteps = numTrainingSteps;
  return new HuggingFaceLR(optimizer, options);
}
