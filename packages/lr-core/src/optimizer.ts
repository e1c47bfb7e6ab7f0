/**
 * The base of all optimizers: parameter groups, state, hooks, state dicts. What one does with a gradient is in
 * optimizers/<name>.ts; the arithmetic is in reference/<kind>.ts.
 *
 * To write an optimizer: extend `Optimizer`, pass the defaults to `super`, and implement `updateGroup`.
 */
import { ArgumentError, checkType, message, StateError } from './check.ts';
import { placedLike, stateZeros } from './kernels.ts';
import { camelCase, copyOption, OptionCheck, unknownOption } from './options.ts';
import type { DeviceBuffer, Parameter } from './param.ts';
import { decode, decodeFloats, decodeNumber, encode } from './state-dict.ts';
import { StepBatch, type ParamState } from './step-batch.ts';
import type { StepKernelKind } from './step-kernels.ts';
import { warn } from './warn.ts';
import { checkGrad, isParameter, isSparse, writable } from './storage.ts';

/** What every optimizer's options have. */
export interface BaseOptions {
  lr: number;
}

/** Parameters and the hyper-parameters they share; keys are option names, and schedulers add keys of their own. */
export type ParamGroup<T extends object = BaseOptions> = T & {
  params: Parameter[];
  paramNames?: string[];
  initialLr?: number;
  [key: string]: unknown;
};

/** `[name, parameter]` */
export type NamedParameter = readonly [string, Parameter];

/** A group as users write it: options that it lacks come from the optimizer's. */
export type ParamGroupInput<T extends object = BaseOptions> = Partial<T> & {
  params: Parameter | Iterable<Parameter> | Iterable<NamedParameter>;
  [key: string]: unknown;
};

/** What an optimizer optimizes: parameters, `[name, parameter]` pairs, or groups. */
export type Params<T extends object = BaseOptions> =
  Iterable<Parameter> | Iterable<NamedParameter> | Iterable<ParamGroupInput<T>>;

/** Evaluates the model again: clears gradients, computes the loss and its gradients, returns the loss. */
export type Closure = () => number;

/** Plain data (numbers, strings, arrays, objects) that shares nothing with the optimizer. */
export interface OptimizerStateDict {
  /** The optimizer's class. */
  type?: string;
  /** By the parameter's position, counted over the groups in order. */
  state: Record<string, Record<string, unknown>>;
  /** The groups' options; `params` holds positions. */
  paramGroups: (Record<string, unknown> & { params: number[] })[];
}

/** Runs before a step, and may return the closure that the step is to call instead of `closure`. */
export type StepPreHook = (optimizer: Optimizer, closure: Closure | undefined) => Closure | void;
export type StepPostHook = (optimizer: Optimizer, closure: Closure | undefined) => void;
export type StateDictPreHook = (optimizer: Optimizer) => void;
/** May return another state dict to use instead. */
export type StateDictHook = (
  optimizer: Optimizer,
  stateDict: OptimizerStateDict,
) => OptimizerStateDict | void;
export type LoadPostHook = (optimizer: Optimizer) => void;

export interface HookOptions {
  /** Run before the hooks registered so far. Default `false`. */
  prepend?: boolean;
}

/**
 * The arrays and numbers in the state of a parameter, by key.
 * `required` ones are in every state, `optional` ones only with the option that needs them.
 */
export interface StateLayout {
  readonly numbers?: readonly string[];
  readonly required?: readonly string[];
  readonly optional?: readonly string[];
}

function addHook<T>(hooks: T[], hook: T, options: HookOptions = {}): () => void {
  checkType(typeof hook === 'function', 'registerHook', 'hook', 'a function', hook);
  if (options.prepend) hooks.unshift(hook);
  else hooks.push(hook);
  return () => {
    const at = hooks.indexOf(hook);
    if (at >= 0) hooks.splice(at, 1);
  };
}

const globalPreHooks: StepPreHook[] = [];
const globalPostHooks: StepPostHook[] = [];

/** Runs `hook` before the steps of every optimizer, ahead of its own hooks. @returns a function that removes it */
export function registerOptimizerStepPreHook(hook: StepPreHook): () => void {
  return addHook(globalPreHooks, hook);
}

/** Runs `hook` after the steps of every optimizer, behind its own hooks. @returns a function that removes it */
export function registerOptimizerStepPostHook(hook: StepPostHook): () => void {
  return addHook(globalPostHooks, hook);
}

/** Group keys that are no hyper-parameters. */
const STRUCTURE = new Set(['params', 'paramNames']);

/**
 * What all optimizers share: parameter groups, state, closures, hooks and state dicts, as PyTorch's `torch.optim.Optimizer`.
 *
 * ```ts
 * class SignSGD extends Optimizer<{ lr: number }> {
 *   constructor(params: Iterable<Parameter>, { lr = 0.01 } = {}) {
 *     super(params, { lr });
 *   }
 *   protected override updateGroup({ lr }: ParamGroup<{ lr: number }>, params: readonly Parameter[]) {
 *     for (const { data, grad } of params as Param[]) {
 *       if (grad instanceof Float32Array) grad.forEach((g, i) => (data[i]! -= lr * Math.sign(g)));
 *     }
 *   }
 * }
 * ```
 *
 * @typeParam T the options, all of them present in `defaults` and in every group
 */
export abstract class Optimizer<T extends object = BaseOptions> {
  paramGroups: ParamGroup<T>[] = [];
  readonly defaults: T;
  /** What the optimizer remembers of each parameter; an entry appears at its first step. */
  readonly state: Map<Parameter, ParamState> = new Map();

  /** How many steps ran, be it with null gradients only. */
  stepCount = 0;
  /** How many steps were skipped on purpose; see `skipStep`. */
  skippedStepCount = 0;

  #stepping = false;
  #skip = false;
  readonly #batches = new Map<ParamGroup<T>, StepBatch[]>();
  readonly #partitions = new Map<ParamGroup<T>, { params: Parameter[]; lists: (readonly Parameter[])[] }>();
  readonly #preHooks: StepPreHook[] = [];
  readonly #postHooks: StepPostHook[] = [];
  readonly #stateDictPreHooks: StateDictPreHook[] = [];
  readonly #stateDictPostHooks: StateDictHook[] = [];
  readonly #loadPreHooks: StateDictHook[] = [];
  readonly #loadPostHooks: LoadPostHook[] = [];

  /**
   * @param params parameters, `[name, parameter]` pairs, or groups
   * @param defaults the options that groups lack
   * @throws ArgumentError, ArgumentRangeError for a wrong option, for no or duplicate parameters
   */
  constructor(params: Params<T>, defaults: T) {
    this.defaults = defaults;
    this.checkOptions(new OptionCheck(this.type, '', defaults));
    const items = this.#listOf('params', params);
    checkType(items.length > 0, this.type, 'params', 'a list of at least one parameter', items);
    const groups = isGroup(items[0]) ? items : [{ params: items }];
    for (const group of groups) this.addParamGroup(group as ParamGroupInput<T>);
  }

  /** The name of the class in messages and state dicts. */
  get type(): string {
    return this.constructor.name;
  }

  /** Updates the parameters of `group` that are in `params` (each once); those whose gradient is null stay. */
  protected abstract updateGroup(group: ParamGroup<T>, params: readonly Parameter[]): void;

  /** Throws unless the hyper-parameters are legal. */
  protected checkOptions(check: OptionCheck<T>): void {
    void check;
  }

  /** Throws unless a parameter may be optimized. Called when its group is added. */
  protected checkParam(param: Parameter): void {
    void param;
  }

  /** Throws unless `updateGroup` takes a gradient of this kind: dense, unless overridden. */
  protected checkSparsity(group: ParamGroup<T>, sparse: boolean): void {
    void group;
    if (sparse) throw new ArgumentError(message(this.type, 'gradients', 'dense', 'a sparse gradient'));
  }

  /** The types whose state dicts can be loaded. */
  protected get compatibleTypes(): readonly string[] {
    return [this.type];
  }

  /** The keys of a parameter's state; undefined where anything may be in it. */
  protected get stateLayout(): StateLayout | undefined {
    return undefined;
  }

  /** The length of the state array `key`: the parameter's, unless overridden. */
  protected stateLength(key: string, param: Parameter): number {
    void key;
    return param.data.length;
  }

  /**
   * Updates every parameter that has a gradient; one whose gradient is null is skipped, its step counter too.
   *
   * @param closure called once before the update (LBFGS: many times)
   * @returns what the closure returned, the loss before the update; undefined without a closure
   * @throws ArgumentError, ShapeError for a gradient that does not fit its parameter, before anything has changed
   */
  step(closure?: Closure): number | undefined {
    checkType(
      closure === undefined || typeof closure === 'function',
      this.type,
      'closure',
      'a function',
      closure,
    );
    this.#stepping = true;
    this.#skip = false;
    try {
      for (const hook of hooksNow(globalPreHooks, this.#preHooks)) closure = this.#runPreHook(hook, closure);
      const loss = this.update(closure);
      if (this.#skip) this.skippedStepCount++;
      else this.stepCount++;
      for (const hook of hooksNow(this.#postHooks, globalPostHooks))
        hook(this as unknown as Optimizer, closure);
      return loss;
    } finally {
      this.#stepping = false;
    }
  }

  #runPreHook(hook: StepPreHook, closure: Closure | undefined): Closure | undefined {
    const next = hook(this as unknown as Optimizer, closure);
    if (next == null) return closure;
    checkType(
      typeof next === 'function',
      this.type,
      'the result of a step pre hook',
      'a closure or undefined',
      next,
    );
    return next;
  }

  /**
   * Declares a step skipped on purpose, for instance since gradients are not finite. Called in a closure or a pre hook,
   * it makes the running step change nothing; called instead of `step`, it counts one skipped step. Schedulers neither
   * advance nor warn for a skipped step.
   */
  skipStep(): void {
    if (this.#stepping) this.#skip = true;
    else this.skippedStepCount++;
  }

  /** Whether the running step is to change nothing. */
  protected get isSkipping(): boolean {
    return this.#skip;
  }

  /** The step between the hooks. */
  protected update(closure: Closure | undefined): number | undefined {
    const loss = closure?.();
    if (this.#skip) return loss;
    for (const group of this.paramGroups) this.#checkGrads(group);
    for (const group of this.paramGroups) {
      for (const params of this.#withoutDuplicates(group)) this.updateGroup(group, params);
    }
    return loss;
  }

  /** The group's parameters as lists in which none occurs twice, computed anew when the group has changed. */
  #withoutDuplicates(group: ParamGroup<T>): readonly (readonly Parameter[])[] {
    const { params } = group;
    let known = this.#partitions.get(group);
    if (known === undefined || !isSame(known.params, params)) {
      known = { params: [...params], lists: withoutDuplicates(params) };
      this.#partitions.set(group, known);
    }
    return known.lists;
  }

  #checkGrads(group: ParamGroup<T>): void {
    for (const param of group.params) {
      if (param.grad === null) continue;
      checkGrad(this.type, param);
      this.checkSparsity(group, isSparse(param.grad));
    }
  }

  /**
   * Clears the gradients of all parameters.
   *
   * @param options.setToNone `true` (default): gradients become null, so that a step skips parameters without a new one;
   *   `false`: gradients become zeros, on which momentum and weight decay still act, and null stays null
   */
  zeroGrad(options: { setToNone?: boolean } = {}): void {
    for (const group of this.paramGroups) {
      for (const param of group.params) {
        const { grad } = param;
        if (grad === null) continue;
        if (options.setToNone ?? true) param.grad = null;
        else if (isSparse(grad)) grad.values.fill(0);
        else writable(this.type, grad).fill(0);
      }
    }
  }

  /**
   * Adds a group, for instance layers that are no longer frozen.
   *
   * @throws ArgumentError, ArgumentRangeError for a wrong option, a parameter that another group has, names in some
   *   groups only
   */
  addParamGroup(input: ParamGroupInput<T>): void {
    const at = `paramGroups[${this.paramGroups.length}]`;
    checkType(isGroup(input), this.type, at, 'an object with params', input);
    const { params, paramNames } = this.#readParams(`${at}.params`, input.params);
    const group = { params } as ParamGroup<T>;
    if (paramNames !== undefined) group.paramNames = paramNames;
    this.#fillOptions(at, group, input);
    this.#checkMembership(at, group);
    this.paramGroups.push(group);
  }

  #readParams(at: string, input: ParamGroupInput['params']): { params: Parameter[]; paramNames?: string[] } {
    const items: unknown[] = isParameter(input) ? [input] : this.#listOf(at, input);
    const named = items.filter((item) => Array.isArray(item)).length;
    checkType(named === 0 || named === items.length, this.type, at, 'all with names or all without', items);
    const params = items.map((item, i) => {
      const param: unknown = Array.isArray(item) ? item[1] : item;
      checkType(isParameter(param), this.type, `${at}[${i}]`, 'a parameter', param);
      const leaf = param as Parameter;
      const data: unknown = leaf.data;
      const isFloat =
        data instanceof Float32Array || typeof (data as DeviceBuffer | null)?.device === 'string';
      checkType(isFloat, this.type, `${at}[${i}].data`, 'float32', data);
      checkType(
        leaf.isLeaf !== false,
        this.type,
        `${at}[${i}]`,
        'a leaf, not the result of an operation,',
        leaf,
      );
      this.checkParam(leaf);
      return leaf;
    });
    if (named === 0) return { params };
    const paramNames = items.map((item) => {
      const name: unknown = (item as unknown[])[0];
      checkType(typeof name === 'string', this.type, at, 'pairs of a name and a parameter', name);
      return name as string;
    });
    return { params, paramNames };
  }

  #listOf(at: string, input: unknown): unknown[] {
    checkType(!isParameter(input), this.type, at, 'a list of parameters or groups', input);
    checkType(!(input instanceof Set), this.type, at, 'an ordered list, not a Set,', input);
    const iterable = input as Iterable<unknown>;
    const ok = typeof iterable === 'object' && iterable !== null && Symbol.iterator in iterable;
    checkType(ok, this.type, at, 'a list of parameters or groups', input);
    return [...iterable];
  }

  #fillOptions(at: string, group: ParamGroup<T>, input: Record<string, unknown>): void {
    const options = group as Record<string, unknown>;
    for (const [key, value] of Object.entries(input)) {
      if (STRUCTURE.has(key) || value === undefined) continue;
      if (key.includes('_') && camelCase(key) in this.defaults) {
        throw new ArgumentError(unknownOption(this.type, key, this.defaults));
      }
      options[key] = copyOption(value);
    }
    for (const [key, value] of Object.entries(this.defaults)) {
      if (!(key in options)) options[key] = copyOption(value);
    }
    this.checkOptions(new OptionCheck<T>(this.type, `${at}.`, group));
  }

  #checkMembership(at: string, group: ParamGroup<T>): void {
    const [first] = this.paramGroups;
    if (first !== undefined) {
      const consistent = (first.paramNames === undefined) === (group.paramNames === undefined);
      checkType(consistent, this.type, at, 'with names like the other groups, or without like them,', group);
    }
    const taken = new Set(this.paramGroups.flatMap((other) => other.params));
    const shared = group.params.findIndex((param) => taken.has(param));
    if (shared >= 0) {
      throw new ArgumentError(
        message(this.type, `${at}.params[${shared}]`, 'in no other group', group.params[shared]),
      );
    }
    if (new Set(group.params).size < group.params.length) {
      warn(`[${this.type}] ${at} has a parameter more than once: each step will update it as many times`);
    }
  }

  /** The state of a parameter, created where there is none. */
  protected stateOf(param: Parameter): ParamState {
    let state = this.state.get(param);
    if (state === undefined) this.state.set(param, (state = {}));
    return state;
  }

  /**
   * The arguments of a kernel call for `group`, kept from step to step.
   *
   * @param roles the state keys after parameter and gradient, null for one whose option is off; the same array for the
   *   same roles
   * @param variant tells the calls apart where a group's step needs several
   */
  protected batchOf(
    group: ParamGroup<T>,
    kind: StepKernelKind,
    roles: readonly (string | null)[],
    scalarCount: number,
    variant = 0,
  ): StepBatch {
    let batches = this.#batches.get(group);
    if (batches === undefined) this.#batches.set(group, (batches = []));
    const batch = (batches[variant] ??= new StepBatch(kind, roles.length, scalarCount));
    batch.begin(roles);
    return batch;
  }

  /** Everything a later run needs to go on: options and state, as plain data. */
  stateDict(): OptimizerStateDict {
    for (const hook of this.#stateDictPreHooks) hook(this as unknown as Optimizer);
    const indices = new Map<Parameter, number>();
    let position = 0;
    const paramGroups = this.paramGroups.map((group) => {
      const params = group.params.map((param) => {
        if (!indices.has(param)) indices.set(param, position);
        position++;
        return indices.get(param)!;
      });
      return { ...(encode({ ...group, params: [] }) as Record<string, unknown>), params };
    });
    const state: OptimizerStateDict['state'] = {};
    for (const [param, entry] of this.state) {
      const index = indices.get(param);
      if (index !== undefined) state[index] = encode(entry) as Record<string, unknown>;
    }
    let stateDict: OptimizerStateDict = { type: this.type, state, paramGroups };
    for (const hook of this.#stateDictPostHooks)
      stateDict = hook(this as unknown as Optimizer, stateDict) ?? stateDict;
    return stateDict;
  }

  /**
   * Takes over options and state of a state dict, by the parameters' positions. Each group's options are replaced
   * altogether; its parameters stay.
   *
   * @throws ArgumentError, ArgumentRangeError, ShapeError, StateError where it is of another optimizer or of other
   *   parameters; nothing has changed then
   */
  loadStateDict(stateDict: OptimizerStateDict): void {
    const op = `${this.type}.loadStateDict`;
    checkType(typeof stateDict === 'object' && stateDict !== null, op, 'stateDict', 'an object', stateDict);
    let source = { ...stateDict };
    for (const hook of this.#loadPreHooks) source = hook(this as unknown as Optimizer, source) ?? source;
    const { type } = source;
    if (type !== undefined && !this.compatibleTypes.includes(type)) {
      throw new StateError(message(op, 'type', this.compatibleTypes.join(' or '), type));
    }
    const groups = this.#decodeGroups(op, source.paramGroups);
    const state = this.#decodeStates(op, source);
    this.paramGroups.forEach((group, i) => replaceOptions(group, groups[i]!));
    this.state.clear();
    for (const [param, entry] of state) this.state.set(param, entry);
    for (const hook of this.#loadPostHooks) hook(this as unknown as Optimizer);
  }

  #decodeGroups(op: string, saved: OptimizerStateDict['paramGroups']): Record<string, unknown>[] {
    checkType(Array.isArray(saved), op, 'paramGroups', 'an array', saved);
    if (saved.length !== this.paramGroups.length) {
      throw new StateError(message(op, 'paramGroups', `${this.paramGroups.length} groups`, saved.length));
    }
    return saved.map((group, i) => {
      const at = `paramGroups[${i}]`;
      checkType(Array.isArray(group?.params), op, `${at}.params`, 'an array', group?.params);
      const count = this.paramGroups[i]!.params.length;
      if (group.params.length !== count) {
        throw new StateError(message(op, `${at}.params`, `${count} parameters`, group.params.length));
      }
      const options = decode({ ...group, params: [] }) as Record<string, unknown>;
      for (const [key, value] of Object.entries(this.defaults)) {
        if (key in options) continue;
        if (typeof value !== 'boolean') {
          throw new StateError(
            message(op, at, `options of ${this.type}, which have ${key},`, Object.keys(group)),
          );
        }
        options[key] = value; // flags that older state dicts lack
      }
      // A schedule may end below 0, if only by rounding, and its run must resume.
      const { lr } = options;
      const scheduled = 'initialLr' in options && typeof lr === 'number';
      const checked = scheduled ? { ...options, lr: Math.abs(lr) } : options;
      this.checkOptions(new OptionCheck<T>(op, `${at}.`, checked as T));
      return options;
    });
  }

  #decodeStates(op: string, source: OptimizerStateDict): Map<Parameter, ParamState> {
    checkType(
      typeof source.state === 'object' && source.state !== null,
      op,
      'state',
      'an object',
      source.state,
    );
    const params = new Map<string, Parameter>();
    source.paramGroups.forEach((group, i) =>
      group.params.forEach((id, j) => params.set(String(id), this.paramGroups[i]!.params[j]!)),
    );
    const states = new Map<Parameter, ParamState>();
    for (const [id, entry] of Object.entries(source.state)) {
      const param = params.get(id);
      if (param === undefined) throw new StateError(message(op, 'state', 'of parameters in paramGroups', id));
      checkType(typeof entry === 'object' && entry !== null, op, `state[${id}]`, 'an object', entry);
      states.set(param, this.decodeState(op, `state[${id}]`, param, entry));
    }
    return states;
  }

  /** The state of one parameter out of a state dict, checked. */
  protected decodeState(
    op: string,
    at: string,
    param: Parameter,
    entry: Record<string, unknown>,
  ): ParamState {
    const layout = this.stateLayout;
    if (layout === undefined) return decodeUnknown(entry);
    const { numbers = [], required = [], optional = [] } = layout;
    const state: ParamState = {};
    for (const key of [...numbers, ...required]) {
      if (!(key in entry))
        throw new StateError(message(op, at, `state of ${this.type}, with ${key},`, Object.keys(entry)));
    }
    for (const [key, value] of Object.entries(entry)) {
      const name = `${at}.${key}`;
      if (numbers.includes(key)) state[key] = decodeNumber(op, name, value);
      else if (required.includes(key) || optional.includes(key)) {
        const floats = decodeFloats(op, name, value, this.stateLength(key, param), stateZeros);
        state[key] = placedLike(this.type, param.data, floats);
      } else
        throw new StateError(message(op, at, `state of ${this.type}, without ${key},`, Object.keys(entry)));
    }
    return state;
  }

  /** @returns a function that removes the hook */
  registerStepPreHook(hook: StepPreHook): () => void {
    return addHook(this.#preHooks, hook);
  }

  /** @returns a function that removes the hook */
  registerStepPostHook(hook: StepPostHook): () => void {
    return addHook(this.#postHooks, hook);
  }

  /** `hook` runs before `stateDict` reads anything. @returns a function that removes the hook */
  registerStateDictPreHook(hook: StateDictPreHook, options?: HookOptions): () => void {
    return addHook(this.#stateDictPreHooks, hook, options);
  }

  /** `hook` may change or replace what `stateDict` returns. @returns a function that removes the hook */
  registerStateDictPostHook(hook: StateDictHook, options?: HookOptions): () => void {
    return addHook(this.#stateDictPostHooks, hook, options);
  }

  /** `hook` may replace what `loadStateDict` reads. @returns a function that removes the hook */
  registerLoadStateDictPreHook(hook: StateDictHook, options?: HookOptions): () => void {
    return addHook(this.#loadPreHooks, hook, options);
  }

  /** `hook` runs after `loadStateDict`. @returns a function that removes the hook */
  registerLoadStateDictPostHook(hook: LoadPostHook, options?: HookOptions): () => void {
    return addHook(this.#loadPostHooks, hook, options);
  }
}

function isGroup(value: unknown): value is ParamGroupInput {
  return typeof value === 'object' && value !== null && 'params' in value && !isParameter(value);
}

function replaceOptions(group: Record<string, unknown>, options: Record<string, unknown>): void {
  for (const key of Object.keys(group)) {
    if (key !== 'params' && !(key === 'paramNames' && options[key] === undefined)) delete group[key];
  }
  for (const [key, value] of Object.entries(options)) if (key !== 'params') group[key] = value;
}

/** State whose layout nobody declared: lists of numbers are float arrays. */
function decodeUnknown(entry: Record<string, unknown>): ParamState {
  const state: ParamState = {};
  for (const [key, value] of Object.entries(entry)) {
    const decoded = decode(value);
    const isFloats = Array.isArray(decoded) && decoded.every((item) => typeof item === 'number');
    state[key] = isFloats ? Float32Array.from(decoded) : decoded;
  }
  return state;
}

const NO_HOOKS: readonly never[] = [];

/** The hooks of both lists as they are now: a hook may remove itself. */
function hooksNow<H>(first: readonly H[], second: readonly H[]): readonly H[] {
  return first.length + second.length === 0 ? NO_HOOKS : [...first, ...second];
}

function isSame(a: readonly Parameter[], b: readonly Parameter[]): boolean {
  return a.length === b.length && a.every((param, i) => param === b[i]);
}

/** `params` as lists in which none occurs twice; the first list has every parameter. */
function withoutDuplicates(params: readonly Parameter[]): (readonly Parameter[])[] {
  if (new Set(params).size === params.length) return [params];
  const lists: Parameter[][] = [];
  for (const param of params) {
    const list = lists.find((candidate) => !candidate.includes(param));
    if (list === undefined) lists.push([param]);
    else list.push(param);
  }
  return lists;
}
