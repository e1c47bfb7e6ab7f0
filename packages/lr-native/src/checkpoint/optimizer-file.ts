/**
 * An optimizer as a safetensors file, by parameter name: arrays of its state are tensors `<parameter>.<key>`, numbers
 * and the groups' options are JSON in the header's text. docs/checkpoints.md has the helper that reads and writes it in
 * Python.
 */
import { StateError, checkType } from '@org/lr-core';
import type { Optimizer, OptimizerStateDict, Parameter } from '@org/lr-core';
import type { DType } from '../dtype.ts';
import { FileError, checkFile, writeFileAtomic } from '../file.ts';
import type { Module } from '../nn/module.ts';
import { encodeSafetensors, readSafetensors } from '../safetensors.ts';
import type { SafetensorsFile } from '../safetensors.ts';
import { Tensor } from '../tensor.ts';
import { isRecord } from './manifest.ts';
import { fromJson, toJson, type Plain } from './plain.ts';

/** The text of the header. */
interface OptimizerJson {
  type: string;
  params: Record<string, { shape: number[]; state?: Plain }>;
  /** The groups' options; `params` holds names. */
  paramGroups: Record<string, Plain>[];
}

/**
 * The name of each parameter, group after group: of `[name, parameter]` pairs, else the model's, else the parameter's
 * own, else its position.
 */
function namesOf(op: string, optimizer: Optimizer, model?: Module): string[] {
  const ofModel = new Map<Parameter, string>(
    model?.namedParameters().map(([name, parameter]) => [parameter, name]),
  );
  const names = optimizer.paramGroups
    .flatMap(({ params, paramNames }) =>
      params.map((param, i) => paramNames?.[i] ?? ofModel.get(param) ?? param.name),
    )
    .map((name, i) => name ?? String(i));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  checkType(twice === undefined, op, 'the names of the parameters', 'different from one another', twice);
  return names;
}

/** The optimizer as the file has it, with its own arrays. */
export function optimizerRecord(op: string, optimizer: Optimizer, model?: Module): SafetensorsFile {
  const names = namesOf(op, optimizer, model);
  const tensors: [string, Tensor<DType>][] = [];
  const all = optimizer.paramGroups.flatMap(({ params }) => params);
  const params = all.map((param, i) => {
    const name = names[i]!;
    const state = optimizer.state.get(param);
    const put = (path: readonly string[], floats: Float32Array): string => {
      const shape = floats.length === param.data.length ? param.shape : [floats.length];
      const key = [name, ...path].join('.');
      tensors.push([key, new Tensor(floats, shape)]);
      return key;
    };
    const shape = [...param.shape];
    return [
      name,
      state === undefined ? { shape } : { shape, state: toJson(op, `state of ${name}`, state, put) },
    ] as const;
  });
  let position = 0;
  const paramGroups = optimizer.paramGroups.map(({ params, ...options }, i) => {
    delete options.paramNames;
    const json = toJson(op, `paramGroups[${i}]`, options) as Record<string, Plain>;
    return { ...json, params: params.map(() => names[position++]!) };
  });
  const json: OptimizerJson = { type: optimizer.type, params: Object.fromEntries(params), paramGroups };
  return {
    tensors: Object.fromEntries(tensors),
    metadata: { format: 'lr-optimizer', optimizer: JSON.stringify(json) },
  };
}

/** What a file says of an optimizer, checked against `optimizer`: what differs, and the state dict to load. */
export function matchOptimizer(
  op: string,
  path: string,
  { tensors, metadata }: SafetensorsFile,
  optimizer: Optimizer,
  model?: Module,
): { differences: string[]; stateDict: OptimizerStateDict } {
  const saved = parseJson(op, path, metadata['optimizer']);
  const names = namesOf(op, optimizer, model);
  const params = new Map(Object.entries(saved.params));
  const own = new Map(
    optimizer.paramGroups.flatMap((group) => group.params).map((param, i) => [names[i]!, param]),
  );
  const differences = [
    ...(saved.type === optimizer.type ? [] : [`optimizer: ${saved.type} there, ${optimizer.type} here`]),
    ...names.filter((name) => !params.has(name)).map((name) => `optimizer: ${name} is here only`),
    ...[...params.keys()].filter((name) => !own.has(name)).map((name) => `optimizer: ${name} is there only`),
    ...[...params].flatMap(([name, { shape }]) => {
      const here = own.get(name)?.shape;
      if (here === undefined || String(here) === String(shape)) return [];
      return [`optimizer: ${name} of shape [${shape.join(', ')}] there, [${here.join(', ')}] here`];
    }),
  ];
  const floats = (name: string): Float32Array => {
    const data = Object.hasOwn(tensors, name) ? tensors[name]!.data : undefined;
    if (data instanceof Float32Array) return data;
    throw new FileError(op, path, `have the float32 tensor ${JSON.stringify(name)}`, 'none');
  };
  const state: OptimizerStateDict['state'] = {};
  names.forEach((name, i) => {
    const entry = params.get(name)?.state;
    if (entry !== undefined) state[i] = fromJson(entry, floats) as Record<string, unknown>;
  });
  let position = 0;
  const paramGroups = optimizer.paramGroups.map((group, i) => {
    const members = names.slice(position, position + group.params.length);
    const positions = members.map(() => position++);
    const wanted = new Set(members);
    const match = saved.paramGroups.find((candidate) => {
      const listed = candidate['params'] as readonly string[];
      return listed.length === members.length && listed.every((name) => wanted.has(name));
    });
    if (match === undefined) differences.push(`optimizer: paramGroups[${i}] is here only`);
    return { ...(fromJson(match ?? {}) as object), params: positions };
  });
  return { differences, stateDict: { type: saved.type, state, paramGroups } };
}

/** @throws FileError unless it is what `optimizerRecord` writes */
function parseJson(op: string, path: string, text: string | undefined): OptimizerJson {
  checkFile(text !== undefined, op, path, 'have "optimizer" in its text', 'none');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new FileError(op, path, 'have JSON as "optimizer"', (error as Error).message, { cause: error });
  }
  const isNames = (value: unknown): boolean =>
    Array.isArray(value) && value.every((name) => typeof name === 'string');
  const isShape = (value: unknown): boolean => Array.isArray(value) && value.every(Number.isSafeInteger);
  const ok =
    isRecord(json) &&
    typeof json.type === 'string' &&
    isRecord(json.params) &&
    Object.values(json.params).every(
      (param) =>
        isRecord(param) && isShape(param.shape) && (param.state === undefined || isRecord(param.state)),
    ) &&
    Array.isArray(json.paramGroups) &&
    json.paramGroups.every((group) => isRecord(group) && isNames(group.params));
  checkFile(ok, op, path, 'describe an optimizer by type, params and paramGroups', text.slice(0, 60));
  return json as unknown as OptimizerJson;
}

/**
 * Writes an optimizer's options and state to a safetensors file, atomically, by the names of its parameters:
 * `new Adam(model.namedParameters())` gives the names that PyTorch has for them too.
 *
 * @throws ArgumentError where two parameters have one name; the error of the file system
 */
export function saveOptimizer(path: string, optimizer: Optimizer): void {
  checkType(typeof path === 'string', 'saveOptimizer', 'path', 'a string', path);
  const { tensors, metadata } = optimizerRecord('saveOptimizer', optimizer);
  writeFileAtomic(path, encodeSafetensors('saveOptimizer', tensors, metadata));
}

/**
 * Takes over what `saveOptimizer` or the Python helper wrote, whatever the order of the parameters.
 *
 * @throws FileError for a file that is damaged; StateError for one of another optimizer or of other parameters, and
 *   nothing has changed then
 */
export function loadOptimizer(path: string, optimizer: Optimizer): void {
  const op = 'loadOptimizer';
  checkType(typeof path === 'string', op, 'path', 'a string', path);
  const { differences, stateDict } = matchOptimizer(op, path, readSafetensors(path), optimizer);
  if (differences.length > 0)
    throw new StateError(`[${op}] expected ${path} to be of this optimizer but ${differences.join('; ')}`);
  optimizer.loadStateDict(stateDict);
}
