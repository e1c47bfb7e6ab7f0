/**
 * The base of all schedulers: base values, steps, state dicts, resuming, the warning on step order. What a scheduler
 * computes is in schedulers/<name>.ts.
 *
 * To write a scheduler: extend `LRScheduler`, read options with `readOptions`, implement `compute` (and `closedForm`
 * where one exists), name the fields that make up its state, and end the constructor with `this.start()`.
 */
import { ArgumentRangeError, checkInteger, checkType, message, StateError } from './check.ts';
import { Optimizer } from './optimizer.ts';
import { withDefaults } from './options.ts';
import { decode, encode } from './state-dict.ts';
import { warn } from './warn.ts';

/** What every scheduler takes. */
export interface SchedulerOptions {
  /** The last epoch of the run that is resumed; -1 (default) starts one. The optimizer must have its state then. */
  lastEpoch?: number;
  /**
   * The hyper-parameter to schedule. Default `'lr'`; `'weightDecay'`, `'momentum'` (which is `betas[0]` where there are
   * betas) or any other number of the groups.
   */
  parameter?: string;
}

/** Plain data that survives `structuredClone` and JSON, and shares nothing with the scheduler. */
export type SchedulerStateDict = Record<string, unknown>;

/** What ReduceLROnPlateau watches: a number, or a tensor of one element. */
export type Metric = number | { item(): number };

/** A parameter group as schedulers see it. */
export type Hyperparameters = Record<string, number> & { betas?: number[] };

const ORDER_WARNING =
  'Detected call of `lr_scheduler.step()` before `optimizer.step()`. Call them in the opposite order: ' +
  '`optimizer.step()` before `lr_scheduler.step()`. Otherwise the first value of the learning rate schedule is skipped.';

const EPOCH_WARNING =
  'The epoch parameter of `scheduler.step()` is deprecated: call `scheduler.step()` without it. With an epoch the closed ' +
  'form is used instead of the chainable form, where there is one.';

/** Optimizers whose user was warned. */
const warned = new WeakSet<Optimizer>();

/** An argument in an array, since engines allocate a number for a double that they pass to a call. */
const factorCell = new Float64Array(1);

/**
 * Sets the learning rate of each parameter group, once an epoch or once a batch, after `optimizer.step()`.
 *
 * Constructing one sets the value of the first step; each `step()` sets the next.
 *
 * ```ts
 * class InverseLR extends LRScheduler {
 *   constructor(optimizer: Optimizer, options: SchedulerOptions = {}) {
 *     super(optimizer, options);
 *     this.start();
 *   }
 *   protected override get optionKeys() {
 *     return [];
 *   }
 *   protected override compute(values: Float64Array) {
 *     this.scaleBase(values, 1 / (1 + this.lastEpoch));
 *   }
 * }
 * ```
 */
export abstract class LRScheduler {
  readonly optimizer: Optimizer;
  /** The hyper-parameter that is scheduled, `lr` unless the options say otherwise. */
  readonly parameter: string;
  /** The value of each group that the schedule starts from; a group keeps it as `initialLr`. */
  baseLrs: number[] = [];
  /** The epoch whose value is set, counted from 0. */
  lastEpoch: number;
  /** How often the scheduler has stepped, the construction included. */
  stepCount = 0;

  /** The key under which groups keep their base value: `initialLr` for `lr`. */
  protected readonly initialKey: string;
  /** While the first value is set. */
  protected isInitial = false;

  /** What `compute` writes to, kept so that a step allocates nothing. */
  #values = new Float64Array(0);
  #lastLr = new Float64Array(0);
  #mark: Mark | undefined;
  readonly #betas: unknown[] = [];
  #seenSteps: number;
  #seenSkips: number;
  #warnedEpoch = false;

  constructor(optimizer: Optimizer, options: SchedulerOptions = {}) {
    checkType(optimizer instanceof Optimizer, this.type, 'optimizer', 'an Optimizer', optimizer);
    checkType(typeof options === 'object' && options !== null, this.type, 'options', 'an object', options);
    const { lastEpoch = -1, parameter = 'lr' } = options;
    checkInteger(this.type, 'lastEpoch', lastEpoch, -1);
    checkType(
      typeof parameter === 'string',
      this.type,
      'parameter',
      'the name of a hyper-parameter',
      parameter,
    );
    this.optimizer = optimizer;
    this.parameter = parameter;
    this.lastEpoch = lastEpoch;
    this.initialKey = this.groupKey('initial');
    this.#seenSteps = optimizer.stepCount;
    this.#seenSkips = optimizer.skippedStepCount;
    for (let i = 0; i < this.groups.length; i++) {
      const value: unknown = this.readHyper(i, parameter);
      checkType(typeof value === 'number', this.type, `paramGroups[${i}].${parameter}`, 'a number', value);
    }
  }

  /** The name of the class in messages and state dicts. */
  get type(): string {
    return this.constructor.name;
  }

  /**
   * Writes the next value of every group to `values`: those of `this.lastEpoch`, from those that the groups have. Changes
   * nothing else.
   */
  protected abstract compute(values: Float64Array): void;

  /** Writes the values of `epoch` to `values`, from the base values alone. Absent where there is no such formula. */
  protected closedForm?(epoch: number, values: Float64Array): void;

  /** The fields that the constructor takes as options. */
  protected abstract get optionKeys(): readonly string[];

  /** The other fields that make up the scheduler's state. */
  protected get stateKeys(): readonly string[] {
    return [];
  }

  /** The keys of the groups that the scheduler writes, besides the scheduled hyper-parameter. */
  protected get groupKeys(): readonly string[] {
    return [this.initialKey];
  }

  /** The optimizer's groups, as numbers. */
  protected get groups(): readonly Hyperparameters[] {
    return this.optimizer.paramGroups as unknown as readonly Hyperparameters[];
  }

  /** Where groups keep a value that goes with the scheduled one: `groupKey('max')` is `maxLr` for `lr`. */
  protected groupKey(prefix: string): string {
    return prefix + this.parameter[0]!.toUpperCase() + this.parameter.slice(1);
  }

  /**
   * The options with defaults filled in.
   *
   * @throws ArgumentError for an unknown option
   */
  protected readOptions<T extends object>(options: Partial<T> & SchedulerOptions, defaults: T): T {
    return withDefaults<T & SchedulerOptions>(
      this.type,
      { lastEpoch: -1, parameter: 'lr', ...defaults },
      options as Partial<T & SchedulerOptions>,
    );
  }

  /** `value`, or the same value for each group. @throws unless there are as many as groups, all of them numbers */
  protected perGroup(name: string, value: unknown): number[] {
    const count = this.groups.length;
    const values: unknown[] = Array.isArray(value) ? value : new Array<unknown>(count).fill(value);
    if (values.length !== count) {
      throw new ArgumentRangeError(
        message(this.type, name, `a number or ${count} numbers, one a group,`, value),
      );
    }
    values.forEach((item, i) => {
      const at = Array.isArray(value) ? `${name}[${i}]` : name;
      checkType(typeof item === 'number', this.type, at, 'a number', item);
      if (Number.isNaN(item)) throw new ArgumentRangeError(message(this.type, at, 'a number', item));
    });
    return [...values] as number[];
  }

  protected readHyper(group: number, key: string): number {
    return readHyper(this.groups[group]!, key);
  }

  protected writeHyper(group: number, key: string, value: number): void {
    const target = this.groups[group]!;
    if (key !== 'momentum' || target.betas === undefined) {
      target[key] = value;
      return;
    }
    if (target.betas !== this.#betas[group]) {
      target.betas = [...target.betas]; // from here on ours, so that later steps need no copy
      this.#betas[group] = target.betas;
    }
    target.betas[0] = value;
  }

  /** Every value as the groups have it. */
  protected keep(values: Float64Array): void {
    const { groups, parameter } = this;
    for (let i = 0; i < values.length; i++) values[i] = readHyper(groups[i]!, parameter);
  }

  /** Every value of the groups times `factor`. */
  protected scale(values: Float64Array, factor: number): void {
    factorCell[0] = factor;
    this.#scaleByCell(values);
  }

  #scaleByCell(values: Float64Array): void {
    const { groups, parameter } = this;
    const factor = factorCell[0]!;
    for (let i = 0; i < values.length; i++) values[i] = readHyper(groups[i]!, parameter) * factor;
  }

  /** Every base value times `factor`. */
  protected scaleBase(values: Float64Array, factor: number): void {
    this.checkGroupCount();
    const { baseLrs } = this;
    for (let i = 0; i < baseLrs.length; i++) values[i] = baseLrs[i]! * factor;
  }

  /** @throws StateError where groups were added, for which a schedule from base values has none */
  protected checkGroupCount(): void {
    const { length } = this.groups;
    if (length !== this.baseLrs.length) {
      const expectation = `${this.baseLrs.length} groups, as when the scheduler was constructed,`;
      throw new StateError(message(this.type, 'paramGroups', expectation, length));
    }
  }

  /**
   * Sets base values and the first value. The last act of a constructor.
   *
   * @param base the groups' base values; default what they keep from an earlier scheduler or have now
   */
  protected start(base?: readonly number[]): void {
    const initial = this.groups.map((group, i) => {
      const kept: unknown = base?.[i] ?? group[this.initialKey];
      if (typeof kept === 'number') return kept;
      if (this.lastEpoch !== -1) {
        const expectation = `set, which resuming with lastEpoch ${this.lastEpoch} needs: load the optimizer's state first,`;
        throw new StateError(message(this.type, `paramGroups[${i}].${this.initialKey}`, expectation, kept));
      }
      return this.readHyper(i, this.parameter);
    });
    this.baseLrs = initial;
    this.initialStep();
    initial.forEach((value, i) => (this.groups[i]![this.initialKey] = value));
  }

  /** Sets the value of the next epoch as the first one. */
  protected initialStep(): void {
    this.stepCount = 0;
    this.isInitial = true;
    try {
      this.update(this.lastEpoch + 1, 1, false);
    } finally {
      this.isInitial = false;
    }
  }

  /** Writes computed values to the groups. */
  protected apply(values: Float64Array): void {
    this.writeAll(this.parameter, values);
  }

  /** Writes one value a group. */
  protected writeAll(key: string, values: Float64Array): void {
    const { groups } = this;
    if (key === 'lr') {
      for (let i = 0; i < values.length; i++) groups[i]!.lr = values[i]!;
    } else if (key === 'momentum' && groups[0]?.betas === undefined) {
      for (let i = 0; i < values.length; i++) groups[i]!.momentum = values[i]!;
    } else {
      for (let i = 0; i < values.length; i++) this.writeHyper(i, key, values[i]!);
    }
  }

  /** Moves to `epoch`: computes, then writes; nothing has changed where computing throws. */
  protected update(epoch: number, stepCount: number, closed: boolean): void {
    const lastEpoch = this.lastEpoch;
    const lastCount = this.stepCount;
    const values = (this.#values = sized(this.#values, this.groups.length));
    this.lastEpoch = epoch;
    this.stepCount = stepCount;
    let ok = false;
    try {
      if (closed && this.closedForm !== undefined) this.closedForm(epoch, values);
      else this.compute(values);
      this.#checkValues(values, epoch);
      ok = true;
    } finally {
      if (!ok) {
        this.lastEpoch = lastEpoch;
        this.stepCount = lastCount;
      }
    }
    this.apply(values);
    this.#lastLr = sized(this.#lastLr, values.length);
    this.#lastLr.set(values);
  }

  #checkValues(values: Float64Array, epoch: number): void {
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value === value) continue;
      throw new ArgumentRangeError(
        message(this.type, `${this.parameter} of group ${i} at epoch ${epoch}`, 'a number', value),
      );
    }
  }

  /** Notes the groups' values as the last ones. */
  protected recordLastLr(): void {
    this.#lastLr = sized(this.#lastLr, this.groups.length);
    this.keep(this.#lastLr);
  }

  /** Whether a step is to do nothing, since all steps of the optimizer after the last one were skipped on purpose. */
  protected isSkipped(): boolean {
    const { stepCount, skippedStepCount } = this.optimizer;
    const skipped = skippedStepCount !== this.#seenSkips && stepCount === this.#seenSteps;
    this.#seenSteps = stepCount;
    this.#seenSkips = skippedStepCount;
    return skipped;
  }

  /** Warns, once an optimizer, of a first step before the optimizer's. */
  protected checkOrder(): void {
    if (this.stepCount !== 1 || this.optimizer.stepCount > 0 || warned.has(this.optimizer)) return;
    warned.add(this.optimizer);
    warn(ORDER_WARNING);
  }

  /** @throws unless `epoch` is a finite number >= 0; warns once that it is deprecated */
  protected checkEpoch(epoch: number): void {
    checkType(typeof epoch === 'number', this.type, 'epoch', 'a number >= 0', epoch);
    if (!(epoch >= 0 && epoch < Infinity))
      throw new ArgumentRangeError(message(this.type, 'epoch', 'a number >= 0', epoch));
  }

  protected warnOfEpoch(): void {
    if (!this.#warnedEpoch) warn(EPOCH_WARNING);
    this.#warnedEpoch = true;
  }

  /**
   * Sets the value of the next epoch. Call it after `optimizer.step()`. After optimizer steps that were all skipped
   * (`optimizer.skipStep()`) it does nothing.
   *
   * @param epoch deprecated: jump to the closed form at this epoch
   */
  step(epoch?: number): void {
    if (epoch !== undefined) this.checkEpoch(epoch);
    if (this.isSkipped()) return;
    this.checkOrder();
    if (epoch === undefined) {
      this.advance();
      return;
    }
    this.warnOfEpoch();
    this.update(epoch, this.stepCount + 1, true);
  }

  /** The step of a scheduler that another one owns: without the warning. */
  advance(metric?: Metric): void {
    void metric;
    this.update(this.lastEpoch + 1, this.stepCount + 1, false);
  }

  /** Notes what a step may change, but for a cycled momentum, until `undo`. For schedulers that own this one. */
  mark(): void {
    const { fields } = this;
    const mark = (this.#mark ??= new Mark(['lastEpoch', 'stepCount', ...this.stateKeys]));
    for (let k = 0; k < mark.keys.length; k++) mark.fields[k] = fields[mark.keys[k]!];
    mark.lastLr = sized(mark.lastLr, this.#lastLr.length);
    mark.lastLr.set(this.#lastLr);
    mark.values = sized(mark.values, this.groups.length);
    this.keep(mark.values);
  }

  /** Brings back what `mark` noted. For schedulers that own this one. */
  undo(): void {
    const { fields } = this;
    const mark = this.#mark!;
    mark.keys.forEach((key, k) => (fields[key] = mark.fields[k]));
    this.#lastLr = mark.lastLr.slice();
    this.writeAll(this.parameter, mark.values);
  }

  /** Sets the value of epoch 0 as at the construction, from what the groups have. For schedulers that own this one. */
  restart(): void {
    this.rewind();
    this.initialStep();
  }

  /** Forgets every step; values stay. For schedulers that own this one. */
  rewind(): void {
    this.lastEpoch = -1;
  }

  /** Sets every group to its base value. For schedulers that own this one. */
  reset(): void {
    for (let i = 0; i < this.groups.length; i++) {
      this.writeHyper(
        i,
        this.parameter,
        this.groups[i]![this.initialKey] ?? this.readHyper(i, this.parameter),
      );
    }
  }

  /** Begins at epoch 0 in the middle of another schedule: the closed form where there is one. For schedulers that own this one. */
  enter(metric?: Metric): void {
    void metric;
    this.update(0, this.stepCount, true);
  }

  /** The value that a group has now. */
  current(group: number): number {
    return this.readHyper(group, this.parameter);
  }

  /** The value of each group as the last step left it. */
  getLastLr(): number[] {
    return Array.from(this.#lastLr);
  }

  /** What `compute` gives now: the chainable form at `lastEpoch`. Changes nothing; for the current values see `getLastLr`. */
  getLr(): number[] {
    warn('To get the last learning rate computed by the scheduler, please use `getLastLr()`.');
    const values = new Float64Array(this.groups.length);
    this.compute(values);
    return Array.from(values);
  }

  /**
   * The values of `step` by the closed form, from the base values; changes nothing. It is another function than the one
   * that `step()` iterates: the last bits differ, and it knows nothing of changes made to the groups.
   *
   * @throws StateError where there is no closed form
   */
  at(step: number): number[] {
    this.checkEpoch(step);
    if (this.closedForm === undefined) {
      throw new StateError(message(this.type, 'the scheduler', 'one with a closed form', this.type));
    }
    const values = new Float64Array(this.baseLrs.length);
    this.closedForm(step, values);
    return Array.from(values);
  }

  /** The options, as `createScheduler` takes them. */
  toJSON(): Record<string, unknown> {
    const options: Record<string, unknown> = { type: this.type };
    for (const key of this.optionKeys) options[key] = this.fields[key];
    if (this.parameter !== 'lr') options.parameter = this.parameter;
    return encode(options) as Record<string, unknown>;
  }

  protected get fields(): Record<string, unknown> {
    return this as unknown as Record<string, unknown>;
  }

  /**
   * Everything that a later run needs to go on, the groups' scheduled values included: load it before or after the
   * optimizer's state, into a scheduler constructed before or after that.
   */
  stateDict(): SchedulerStateDict {
    const { type, baseLrs, lastEpoch, stepCount } = this;
    const state: Record<string, unknown> = { type, baseLrs, lastEpoch, stepCount, lastLr: this.getLastLr() };
    for (const key of [...this.optionKeys, ...this.stateKeys]) state[key] = this.fields[key];
    const keys = [this.parameter, ...this.groupKeys];
    state.groups = this.groups.map((_, i) =>
      Object.fromEntries(keys.map((key) => [key, this.readHyper(i, key)])),
    );
    return encode(state) as SchedulerStateDict;
  }

  /**
   * Goes on from `stateDict`: its options, its state, and the groups' scheduled values.
   *
   * @throws ArgumentError, StateError where it is of another scheduler or of other groups; nothing has changed then
   */
  loadStateDict(stateDict: SchedulerStateDict): void {
    this.prepareLoad(stateDict)();
  }

  /** Checks a state dict. @returns a function that takes it over */
  prepareLoad(stateDict: SchedulerStateDict): () => void {
    const op = `${this.type}.loadStateDict`;
    checkType(typeof stateDict === 'object' && stateDict !== null, op, 'stateDict', 'an object', stateDict);
    const saved = decode(stateDict) as Record<string, unknown>;
    if (saved.type !== this.type) throw new StateError(message(op, 'type', `"${this.type}"`, saved.type));
    const keys = ['baseLrs', 'lastEpoch', 'stepCount', 'lastLr', ...this.optionKeys, ...this.stateKeys];
    const current: Record<string, unknown> = { lastLr: this.getLastLr() };
    for (const key of keys)
      checkSame(op, key, key === 'lastLr' ? current.lastLr : this.fields[key], saved[key]);
    const groups = this.#checkGroups(op, saved.groups);
    return () => {
      for (const key of keys) {
        if (key === 'lastLr') this.#lastLr = Float64Array.from(saved.lastLr as number[]);
        else this.fields[key] = saved[key];
      }
      groups.forEach((values, i) => {
        for (const [key, value] of Object.entries(values)) this.writeHyper(i, key, value);
      });
      this.#seenSteps = this.optimizer.stepCount;
      this.#seenSkips = this.optimizer.skippedStepCount;
      this.afterLoad();
    };
  }

  /** Rebuilds what follows from the loaded fields. */
  protected afterLoad(): void {}

  #checkGroups(op: string, groups: unknown): Record<string, number>[] {
    checkType(Array.isArray(groups), op, 'groups', 'an array', groups);
    const list = groups as Record<string, number>[];
    if (list.length !== this.groups.length) {
      throw new StateError(message(op, 'groups', `${this.groups.length} groups`, list.length));
    }
    list.forEach((values, i) => {
      for (const key of [this.parameter, ...this.groupKeys]) {
        checkType(typeof values?.[key] === 'number', op, `groups[${i}].${key}`, 'a number', values?.[key]);
      }
    });
    return list;
  }
}

/** What `mark` notes, kept so that it allocates nothing. */
class Mark {
  readonly fields: unknown[] = [];
  lastLr = new Float64Array(0);
  /** The scheduled values of the groups. */
  values = new Float64Array(0);

  constructor(readonly keys: readonly string[]) {}
}

/** `array`, or a new one where its length is another. */
function sized(array: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  return array.length === length ? array : new Float64Array(length);
}

/** A hyper-parameter of a group. Named properties are read faster than computed ones, hence the first line. */
function readHyper(group: Hyperparameters, key: string): number {
  if (key === 'lr') return group.lr!;
  return key === 'momentum' && group.betas !== undefined ? group.betas[0]! : group[key]!;
}

/** What a state dict has in place of a value of unknown type. */
function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'an array' : value === null ? 'null' : `a ${typeof value}`;
}

/** @throws StateError unless `saved` is of the kind of `current`, an array of the same length but for milestones */
function checkSame(op: string, key: string, current: unknown, saved: unknown): void {
  const ok = current === null || saved === null ? saved !== undefined : kindOf(saved) === kindOf(current);
  if (!ok) throw new StateError(message(op, key, kindOf(current), saved));
  if (key !== 'milestones' && Array.isArray(saved) && saved.length !== (current as unknown[]).length) {
    throw new StateError(message(op, key, `${(current as unknown[]).length} numbers`, saved));
  }
}
