/** Optimizer state by parameter name, for models whose parameters have changed in number or order since it was saved. */
import { checkType, StateError } from './check.ts';
import type { Optimizer, OptimizerStateDict } from './optimizer.ts';

/** Plain data, as of `Optimizer.stateDict`, with names for positions. */
export interface NamedStateDict {
  type?: string;
  params: Record<string, { shape: number[]; state?: Record<string, unknown> }>;
  /** The groups' options; `params` holds names. */
  paramGroups: (Record<string, unknown> & { params: string[] })[];
}

export interface LoadNamedOptions {
  /** `true` (default): throw unless all names, shapes and groups match. `false`: load what matches. */
  strict?: boolean;
}

/** What `loadNamedStateDict` did; `String(report)` is for people. */
export interface LoadReport {
  /** Names whose state was loaded; the others keep the state they have. */
  readonly loaded: readonly string[];
  /** Names that the optimizer has and the state dict has not. */
  readonly missing: readonly string[];
  /** Names that the state dict has and the optimizer has not. */
  readonly unexpected: readonly string[];
  /** Names whose shapes differ. */
  readonly mismatched: readonly { name: string; expected: readonly number[]; received: readonly number[] }[];
  /** Groups that keep their options, since no saved group has the same parameters. */
  readonly keptGroups: readonly number[];
  toString(): string;
}

/** The names of all parameters, group after group. */
function namesOf(op: string, optimizer: Optimizer): string[] {
  const names = optimizer.paramGroups.flatMap(({ params, paramNames }) =>
    params.map((param, i) => paramNames?.[i] ?? param.name),
  );
  const named = names.every((name) => typeof name === 'string');
  checkType(named, op, 'the parameters of the optimizer', 'named, as [name, parameter] pairs,', names);
  const duplicate = names.find((name, i) => names.indexOf(name) !== i);
  checkType(duplicate === undefined, op, 'names', 'different from one another', duplicate);
  return names as string[];
}

/**
 * The optimizer's state dict with names for positions. Names are those of `[name, parameter]` pairs, else the
 * parameters' own.
 *
 * ```ts
 * const optimizer = new Adam([['weight', weight], ['bias', bias]]);
 * const saved = JSON.stringify(namedStateDict(optimizer));
 * ```
 *
 * @throws ArgumentError unless all parameters have names, and different ones
 */
export function namedStateDict(optimizer: Optimizer): NamedStateDict {
  const names = namesOf('namedStateDict', optimizer);
  const { type, state, paramGroups } = optimizer.stateDict();
  const params: NamedStateDict['params'] = {};
  optimizer.paramGroups
    .flatMap((group) => group.params)
    .forEach((param, i) => {
      const entry = state[i];
      params[names[i]!] = { shape: [...param.shape], ...(entry === undefined ? {} : { state: entry }) };
    });
  let position = 0;
  const groups = paramGroups.map((group) => {
    const named: NamedStateDict['paramGroups'][0] = {
      ...group,
      params: group.params.map(() => names[position++]!),
    };
    delete named['paramNames'];
    return named;
  });
  return { ...(type === undefined ? {} : { type }), params, paramGroups: groups };
}

/**
 * Loads what `namedStateDict` gave, whatever the order of parameters and groups.
 *
 * ```ts
 * const report = loadNamedStateDict(optimizer, JSON.parse(saved), { strict: false });
 * console.log(String(report));
 * ```
 *
 * @returns what was loaded and what was not
 * @throws StateError where something does not match and `strict` is not `false`, and whatever `Optimizer.loadStateDict`
 *   throws; nothing has changed then
 */
export function loadNamedStateDict(
  optimizer: Optimizer,
  saved: NamedStateDict,
  options: LoadNamedOptions = {},
): LoadReport {
  const op = 'loadNamedStateDict';
  checkType(
    typeof saved?.params === 'object' && saved.params !== null,
    op,
    'params',
    'an object',
    saved?.params,
  );
  checkType(Array.isArray(saved.paramGroups), op, 'paramGroups', 'an array', saved.paramGroups);
  const names = namesOf(op, optimizer);
  const own = optimizer.stateDict();
  const report = compare(optimizer, names, saved);
  if ((options.strict ?? true) && !isComplete(report)) {
    throw new StateError(`[${op}] expected the saved parameters to match but received\n${String(report)}`);
  }
  const state: OptimizerStateDict['state'] = {};
  const loaded = new Set(report.loaded);
  names.forEach((name, i) => {
    const entry = loaded.has(name) ? saved.params[name]!.state : own.state[i];
    if (entry !== undefined) state[i] = entry;
  });
  let position = 0;
  const paramGroups = own.paramGroups.map((group) => {
    const groupNames = group.params.map(() => names[position++]!);
    return { ...(sameGroup(saved, groupNames) ?? group), params: group.params };
  });
  const type = saved.type === undefined ? {} : { type: saved.type };
  optimizer.loadStateDict({ ...type, state, paramGroups });
  return report;
}

function sameGroup(
  saved: NamedStateDict,
  names: readonly string[],
): NamedStateDict['paramGroups'][0] | undefined {
  const wanted = new Set(names);
  return saved.paramGroups.find(
    ({ params }) => params.length === names.length && params.every((name) => wanted.has(name)),
  );
}

function compare(optimizer: Optimizer, names: readonly string[], saved: NamedStateDict): LoadReport {
  const loaded: string[] = [];
  const missing: string[] = [];
  const mismatched: { name: string; expected: readonly number[]; received: readonly number[] }[] = [];
  const params = optimizer.paramGroups.flatMap((group) => group.params);
  names.forEach((name, i) => {
    const entry = Object.hasOwn(saved.params, name) ? saved.params[name] : undefined;
    const { shape } = params[i]!;
    if (entry === undefined) missing.push(name);
    else if (String(entry.shape) !== String(shape))
      mismatched.push({ name, expected: shape, received: entry.shape });
    else loaded.push(name);
  });
  const unexpected = Object.keys(saved.params).filter((name) => !names.includes(name));
  let position = 0;
  const keptGroups = optimizer.paramGroups.flatMap((group, i) => {
    const groupNames = group.params.map(() => names[position++]!);
    return sameGroup(saved, groupNames) === undefined ? [i] : [];
  });
  return { loaded, missing, unexpected, mismatched, keptGroups, toString: describe };
}

function isComplete({ missing, unexpected, mismatched, keptGroups }: LoadReport): boolean {
  return missing.length + unexpected.length + mismatched.length + keptGroups.length === 0;
}

function describe(this: LoadReport): string {
  const shapes = this.mismatched.map(({ name, expected, received }) => {
    return `${name} (expected shape [${expected.join(', ')}], received [${received.join(', ')}])`;
  });
  const lines: [string, readonly unknown[]][] = [
    ['loaded', this.loaded],
    ['missing in the state dict', this.missing],
    ['not in the optimizer', this.unexpected],
    ['of another shape', shapes],
    ['groups that keep their options', this.keptGroups.map((i) => `paramGroups[${i}]`)],
  ];
  return lines
    .filter(([, items]) => items.length > 0)
    .map(([what, items]) => `${what} (${items.length}): ${items.join(', ')}`)
    .join('\n');
}
