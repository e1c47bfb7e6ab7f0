/**
 * Schedules as data: plain JSON such as `{ "type": "StepLR", "stepSize": 30 }`, checked against a table of options, made
 * into schedulers and back (`scheduler.toJSON()`), and previewed without an optimizer.
 *
 * To add a scheduler: a row in `TYPES`. The ranges of options are its constructor's business.
 */
import { ArgumentError, checkAtLeast, checkInteger, checkType, message } from './check.ts';
import { Optimizer, type BaseOptions } from './optimizer.ts';
import { Param } from './param.ts';
import type { LRScheduler, Metric } from './scheduler.ts';
import { decode } from './state-dict.ts';
import { checkFinite } from './schedulers/checks.ts';
import * as schedulers from './schedulers/index.ts';

/** A scheduler as data. `SequentialLR` and `ChainedScheduler` hold others in `schedulers`; an array stands for the latter. */
export type Schedule = ScheduleObject | readonly Schedule[];

export interface ScheduleObject {
  type: string;
  schedulers?: readonly Schedule[];
  [option: string]: unknown;
}

/** A length of time: a number of scheduler steps, or one of these, which `resolveUnits` turns into one. */
export type Duration = number | { steps: number } | { epochs: number } | { ratio: number };

/** What units refer to. */
export interface UnitContext {
  /** How many scheduler steps an epoch has: the batches, or 1 for a scheduler that steps once an epoch. */
  stepsPerEpoch?: number;
  /** How many scheduler steps the run has: what `ratio` is a part of. */
  totalSteps?: number;
}

/** What an option may be; `?` after it: it may be absent. */
type Kind =
  | 'number'
  | 'numbers' // one, or one a group
  | 'duration'
  | 'durations'
  | 'boolean'
  | 'string'
  | 'lambda' // a registered function's name
  | 'lambdas' // one, or one a group
  | 'schedules';

interface TypeEntry {
  readonly options: Readonly<Record<string, Kind | `${Kind}?`>>;
  readonly create: (optimizer: Optimizer, options: Record<string, unknown>) => LRScheduler;
}

type SchedulerClass = new (optimizer: Optimizer, options: never) => LRScheduler;

function entry(Class: SchedulerClass, options: TypeEntry['options']): TypeEntry {
  return { options, create: (optimizer, given) => new Class(optimizer, given as never) };
}

const TYPES: Readonly<Record<string, TypeEntry>> = {
  LambdaLR: entry(schedulers.LambdaLR, { lrLambda: 'lambdas' }),
  MultiplicativeLR: entry(schedulers.MultiplicativeLR, { lrLambda: 'lambdas' }),
  StepLR: entry(schedulers.StepLR, { stepSize: 'duration', gamma: 'number?' }),
  MultiStepLR: entry(schedulers.MultiStepLR, { milestones: 'durations', gamma: 'number?' }),
  ConstantLR: entry(schedulers.ConstantLR, { factor: 'number?', totalIters: 'duration?' }),
  LinearLR: entry(schedulers.LinearLR, {
    startFactor: 'number?',
    endFactor: 'number?',
    totalIters: 'duration?',
  }),
  ExponentialLR: entry(schedulers.ExponentialLR, { gamma: 'number' }),
  PolynomialLR: entry(schedulers.PolynomialLR, { totalIters: 'duration?', power: 'number?' }),
  CosineAnnealingLR: entry(schedulers.CosineAnnealingLR, { tMax: 'duration', etaMin: 'number?' }),
  CosineAnnealingWarmRestarts: entry(schedulers.CosineAnnealingWarmRestarts, {
    t0: 'duration',
    tMult: 'number?',
    etaMin: 'number?',
  }),
  CyclicLR: entry(schedulers.CyclicLR, {
    baseLr: 'numbers',
    maxLr: 'numbers',
    stepSizeUp: 'duration?',
    stepSizeDown: 'duration?',
    mode: 'string?',
    gamma: 'number?',
    scaleFn: 'lambda?',
    scaleMode: 'string?',
    cycleMomentum: 'boolean?',
    baseMomentum: 'numbers?',
    maxMomentum: 'numbers?',
  }),
  OneCycleLR: entry(schedulers.OneCycleLR, {
    maxLr: 'numbers',
    totalSteps: 'duration?',
    epochs: 'number?',
    stepsPerEpoch: 'number?',
    pctStart: 'number?',
    annealStrategy: 'string?',
    cycleMomentum: 'boolean?',
    baseMomentum: 'numbers?',
    maxMomentum: 'numbers?',
    divFactor: 'number?',
    finalDivFactor: 'number?',
    threePhase: 'boolean?',
  }),
  ReduceLROnPlateau: entry(schedulers.ReduceLROnPlateau, {
    mode: 'string?',
    factor: 'number?',
    patience: 'duration?',
    threshold: 'number?',
    thresholdMode: 'string?',
    cooldown: 'duration?',
    minLr: 'numbers?',
    eps: 'number?',
    verbose: 'boolean?',
  }),
  SWALR: entry(schedulers.SWALR, { swaLr: 'numbers', annealEpochs: 'duration?', annealStrategy: 'string?' }),
  NoamLR: entry(schedulers.NoamLR, { modelSize: 'number', warmupSteps: 'duration', factor: 'number?' }),
  HuggingFaceLR: entry(schedulers.HuggingFaceLR, {
    name: 'string',
    numWarmupSteps: 'duration?',
    numTrainingSteps: 'duration?',
    numCycles: 'number?',
    lrEnd: 'number?',
    power: 'number?',
    timescale: 'duration?',
    minLr: 'number?',
    minLrRate: 'number?',
    warmupLrRate: 'number?',
    numDecaySteps: 'duration?',
    numStableSteps: 'duration?',
    warmupType: 'string?',
    decayType: 'string?',
    minLrRatio: 'number?',
  }),
  SequentialLR: {
    options: { schedulers: 'schedules', milestones: 'durations' },
    create: (optimizer, { schedulers: children, ...options }) =>
      new schedulers.SequentialLR(optimizer, { ...options, schedulers: build(optimizer, children) } as never),
  },
  ChainedScheduler: {
    options: { schedulers: 'schedules' },
    create: (optimizer, { schedulers: children }) =>
      new schedulers.ChainedScheduler(build(optimizer, children), { optimizer }),
  },
};

/** Options that every scheduler but the composite ones takes. */
const COMMON: TypeEntry['options'] = { parameter: 'string?' };

/** The names that `type` may have. */
export const scheduleTypes: readonly string[] = Object.keys(TYPES);

function build(optimizer: Optimizer, children: unknown): LRScheduler[] {
  return (children as ScheduleObject[]).map(({ type, ...options }) =>
    TYPES[type]!.create(optimizer, options),
  );
}

/**
 * Checks `schedule` and replaces its units by numbers of steps.
 *
 * @returns a plain copy: arrays of schedules as ChainedScheduler, durations as numbers
 * @throws ArgumentError, ArgumentRangeError with the path of what is wrong, for instance `schedule.schedulers[1].gamma`
 */
export function resolveUnits(schedule: Schedule, context: UnitContext = {}): ScheduleObject {
  return read(schedule, 'schedule', context);
}

const OP = 'schedule';

function read(schedule: unknown, at: string, context: UnitContext): ScheduleObject {
  if (Array.isArray(schedule)) return read({ type: 'ChainedScheduler', schedulers: schedule }, at, context);
  checkType(typeof schedule === 'object' && schedule !== null, OP, at, 'an object with a type', schedule);
  const { type, ...given } = schedule as ScheduleObject;
  const known = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  if (known === undefined) {
    throw new ArgumentError(message(OP, `${at}.type`, `one of ${scheduleTypes.join(', ')}`, type));
  }
  const composite = 'schedulers' in known.options;
  const options = composite ? known.options : { ...known.options, ...COMMON };
  for (const key of Object.keys(given)) {
    const expectation = `an option of ${type} (${Object.keys(options).join(', ')})`;
    if (!Object.hasOwn(options, key)) throw new ArgumentError(message(OP, `${at}.${key}`, expectation, key));
  }
  const result: ScheduleObject = { type };
  for (const [key, kind] of Object.entries(options)) {
    const value = given[key];
    const optional = kind.endsWith('?');
    if (optional && value == null) continue;
    result[key] = readOption(value, (optional ? kind.slice(0, -1) : kind) as Kind, `${at}.${key}`, context);
  }
  return result;
}

function readOption(value: unknown, kind: Kind, at: string, context: UnitContext): unknown {
  const list = (itemKind: Kind): unknown[] =>
    (value as unknown[]).map((item, i) => readOption(item, itemKind, `${at}[${i}]`, context));
  switch (kind) {
    case 'number': {
      const number = decode(value);
      checkType(typeof number === 'number', OP, at, 'a number', value);
      return number;
    }
    case 'numbers':
      return Array.isArray(value) ? list('number') : readOption(value, 'number', at, context);
    case 'lambdas':
      return Array.isArray(value) ? list('lambda') : readOption(value, 'lambda', at, context);
    case 'duration':
      return readDuration(value, at, context);
    case 'durations':
      checkType(Array.isArray(value), OP, at, 'an array', value);
      return list('duration');
    case 'schedules':
      checkType(Array.isArray(value), OP, at, 'an array of schedules', value);
      return (value as unknown[]).map((item, i) => read(item, `${at}[${i}]`, context));
    case 'lambda':
      checkType(typeof value === 'string', OP, at, 'the name of a function given to registerLambda', value);
      return value;
    case 'boolean':
    case 'string':
      checkType(typeof value === kind, OP, at, kind === 'string' ? 'a string' : 'true or false', value);
      return value;
  }
}

/** Steps: as they are; epochs and ratio: multiplied and rounded to the nearest step. */
function readDuration(value: unknown, at: string, { stepsPerEpoch, totalSteps }: UnitContext): number {
  if (typeof value === 'number') return value;
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const expectation = 'a number of steps, { steps }, { epochs } or { ratio }';
  checkType(entries.length === 1, OP, at, expectation, value);
  const [unit, amount] = entries[0] as [string, unknown];
  checkType(['steps', 'epochs', 'ratio'].includes(unit), OP, at, expectation, value);
  checkFinite(OP, `${at}.${unit}`, amount);
  if (unit === 'steps') return amount;
  const whole = unit === 'epochs' ? stepsPerEpoch : totalSteps;
  const name = unit === 'epochs' ? 'stepsPerEpoch' : 'totalSteps';
  checkType(whole !== undefined, OP, name, `set, since ${at} is in ${unit},`, whole);
  checkInteger(OP, name, whole, 1);
  return Math.round(amount * whole);
}

/**
 * Makes a scheduler of `schedule`. The optimizer stays as it is where that throws.
 *
 * @param context what `epochs` and `ratio` refer to
 * @throws ArgumentError, ArgumentRangeError with the path or the scheduler of what is wrong
 *
 * ```ts
 * const scheduler = createScheduler(optimizer, { type: 'CosineAnnealingLR', tMax: { epochs: 10 } }, { stepsPerEpoch: 500 });
 * JSON.stringify(scheduler); // the schedule again
 * ```
 */
export function createScheduler(
  optimizer: Optimizer,
  schedule: Schedule,
  context: UnitContext = {},
): LRScheduler {
  checkType(optimizer instanceof Optimizer, 'createScheduler', 'optimizer', 'an Optimizer', optimizer);
  const resolved = resolveUnits(schedule, context);
  build(new Rehearsal(optimizer.paramGroups, optimizer.defaults), [resolved]);
  return build(optimizer, [resolved])[0]!;
}

/** An optimizer of no parameters, with copies of the groups' hyper-parameters, that schedulers can be tried on. */
class Rehearsal extends Optimizer {
  constructor(groups: readonly object[], defaults: BaseOptions) {
    super(
      groups.map((group) => ({ ...group, params: [new Param([0])], paramNames: undefined })),
      defaults,
    );
    this.stepCount = 1; // no warning on step order
  }

  protected override updateGroup(): void {}
}

export interface PreviewOptions extends UnitContext {
  /** How many values to compute; at most that of the schedule, where it has an end. */
  steps: number;
  /** The learning rate (or whatever the schedule's `parameter` is) that the schedule starts from. */
  baseLr: number;
  /** What a ReduceLROnPlateau is told after each step. */
  metric?: (step: number) => Metric;
}

/**
 * The learning rate of each step, without an optimizer: the very bits that training would use.
 *
 * @param schedule data, or a function that makes a scheduler for the optimizer it gets (one group with lr, momentum and
 *   weightDecay)
 * @returns [steps]
 * @throws ArgumentError, ArgumentRangeError for a wrong schedule or option
 *
 * ```ts
 * preview({ type: 'StepLR', stepSize: 2 }, { steps: 5, baseLr: 1 }); // 1, 1, 0.1, 0.1, 0.01
 * ```
 */
export function preview(
  schedule: Schedule | ((optimizer: Optimizer) => LRScheduler),
  { steps, baseLr, metric, ...context }: PreviewOptions,
): Float64Array {
  checkInteger('preview', 'steps', steps, 0);
  checkFinite('preview', 'baseLr', baseLr);
  const parameter = typeof schedule === 'function' ? undefined : parameterOf(schedule);
  const options = {
    lr: baseLr,
    momentum: 0,
    weightDecay: 0,
    ...(parameter === undefined ? {} : { [parameter]: baseLr }),
  };
  const optimizer = new Rehearsal([options], options);
  const scheduler =
    typeof schedule === 'function' ? schedule(optimizer) : createScheduler(optimizer, schedule, context);
  const values = new Float64Array(steps);
  for (let i = 0; i < steps; i++) {
    if (i > 0) scheduler.advance(metric?.(i - 1));
    values[i] = scheduler.current(0);
  }
  return values;
}

/** The hyper-parameter of the first scheduler. */
function parameterOf(schedule: Schedule): string | undefined {
  const object = Array.isArray(schedule) ? undefined : (schedule as ScheduleObject);
  const children = object === undefined ? (schedule as readonly Schedule[]) : object.schedulers;
  if (children !== undefined && children.length > 0) return parameterOf(children[0]!);
  return typeof object?.parameter === 'string' ? object.parameter : undefined;
}

export interface WarmupOptions {
  /** How long the warmup takes. */
  duration: Duration;
  /** `'linear'` (default) rises from `startFactor` to 1; `'constant'` keeps `startFactor`, then jumps. */
  shape?: 'linear' | 'constant';
  /** In (0, 1], default 1/3. */
  startFactor?: number;
}

/**
 * `schedule` after a warmup: a SequentialLR of LinearLR or ConstantLR and `schedule`, which begins at its step 0 where the
 * warmup ends.
 *
 * ```ts
 * withWarmup({ type: 'CosineAnnealingLR', tMax: { ratio: 0.9 } }, { duration: { ratio: 0.1 } });
 * ```
 */
export function withWarmup(
  schedule: Schedule,
  { duration, shape = 'linear', startFactor = 1 / 3 }: WarmupOptions,
): ScheduleObject {
  checkType(
    shape === 'linear' || shape === 'constant',
    'withWarmup',
    'shape',
    '"linear" or "constant"',
    shape,
  );
  checkAtLeast('withWarmup', 'startFactor', startFactor, 0);
  const warmup =
    shape === 'linear'
      ? { type: 'LinearLR', startFactor, totalIters: duration }
      : { type: 'ConstantLR', factor: startFactor, totalIters: duration };
  return { type: 'SequentialLR', schedulers: [warmup, schedule], milestones: [duration] };
}
