/**
 * Checkpoints of a run: everything that a process needs to go on as if it had not ended. Tensors are safetensors files,
 * the rest is JSON, and a manifest has the length and SHA-256 of each. How they lie on disk is folder.ts's.
 */
import { lstatSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { checkInteger, checkType } from '@org/lr-core';
import type { Optimizer } from '@org/lr-core';
import { crypto } from '../builtins.ts';
import type { DataLoaderState } from '../data/data-loader.ts';
import type { DType } from '../dtype.ts';
import { FileError, checkFile, withFile } from '../file.ts';
import type { ByteSource } from '../file.ts';
import { Module, stateOf } from '../nn/module.ts';
import type { StateDict } from '../nn/module.ts';
import { defaultGenerator } from '../random.ts';
import type { GeneratorState } from '../random.ts';
import { encodeSafetensors, readSafetensorsFrom } from '../safetensors.ts';
import type { SafetensorsFile } from '../safetensors.ts';
import type { Tensor } from '../tensor.ts';
import { nodeFiles } from './file-operations.ts';
import {
  checkpointNames,
  removeLeftovers,
  type Best,
  type CheckpointWrite,
  type CheckpointWritten,
} from './folder.ts';
import {
  MANIFEST,
  MAX_MANIFEST_BYTES,
  isRecord,
  parseManifest,
  type Manifest,
  type ManifestFile,
} from './manifest.ts';
import { matchOptimizer, optimizerRecord } from './optimizer-file.ts';
import { differences, fromJson, toJson, type Plain } from './plain.ts';
import { copyOf, writeInThread } from './writer.ts';

/** Whatever has state as plain data: a scheduler, or several in one object. */
export interface Stateful {
  stateDict(): unknown;
  loadStateDict(state: never): void;
}

/** Whatever draws numbers: a Generator. */
export interface Stream {
  getState(): GeneratorState;
  setState(state: GeneratorState): unknown;
}

/** The parts of a run. The state of the default generator is saved and restored with any of them. */
export interface CheckpointParts {
  model?: Module;
  optimizer?: Optimizer;
  scheduler?: Stateful | readonly Stateful[];
  /** A DataLoader: its order and how far it is in it. */
  loader?: { getState(): DataLoaderState; setState(state: DataLoaderState): void };
  /** Random streams beside the default one, by names of your own. */
  generators?: Readonly<Record<string, Stream>>;
  /** What the run was made from, as plain data: a checkpoint goes on only with the same. */
  config?: unknown;
}

/** What is saved beside the parts. */
export interface CheckpointContents extends CheckpointParts {
  /** How far the run is, as plain data, of which `step` names the checkpoint. */
  progress: { readonly step: number; readonly [key: string]: unknown };
  /** What was measured, such as valLoss; `best` is chosen by one of them. */
  metrics?: Readonly<Record<string, number>>;
  /** More tensors, such as averaged weights; `loadCheckpoint` returns them. */
  tensors?: Readonly<Record<string, Tensor<DType>>>;
}

export interface SaveCheckpointOptions {
  /** How many of the run's newest checkpoints stay; default 2. */
  keep?: number;
  /** The metric whose best checkpoint stays as well; default none. */
  best?: Best | null;
}

export interface LoadedCheckpoint {
  readonly path: string;
  readonly step: number;
  readonly progress: { readonly step: number; readonly [key: string]: unknown };
  readonly metrics: Readonly<Record<string, number>>;
  readonly tensors: Readonly<Record<string, Tensor<DType>>>;
  /** Newer checkpoints that could not be read, and why. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

/** A checkpoint of another model, optimizer or config than the run that is to go on with it. */
export class CheckpointMismatchError extends Error {
  override readonly name = 'CheckpointMismatchError';
  readonly path: string;
  /** A line each, such as `model: fc.weight of shape [10, 4] there, [10, 8] here`. */
  readonly differences: readonly string[];

  constructor(path: string, differences: readonly string[]) {
    super(`[loadCheckpoint] expected ${path} to be of this run but it differs in\n${differences.join('\n')}`);
    this.path = path;
    this.differences = differences;
  }
}

const MODEL = 'model.safetensors';
const OPTIMIZER = 'optimizer.safetensors';
const TENSORS = 'tensors.safetensors';
const STATE = 'state.json';
const MAX_STATE_BYTES = 64_000_000;

/** Of each folder, the run that this process writes to it: a process that loads a checkpoint goes on with its run. */
const runs = new Map<string, string>();

const listOf = (scheduler: CheckpointParts['scheduler']): readonly Stateful[] =>
  scheduler === undefined ? [] : Array.isArray(scheduler) ? scheduler : [scheduler as Stateful];

/**
 * Writes a checkpoint to a new folder in `folder`, in a thread of its own. Everything is copied before this returns, so
 * training may go on; the promise is kept once the checkpoint is on disk for good. Checkpoints are written in the order
 * of the calls, and each call holds a copy until it is written: await one before the next.
 *
 * ```ts
 * const saved = saveCheckpoint('checkpoints', { model, optimizer, scheduler, loader, progress: { step, epoch } });
 * // … more steps …
 * await saved;
 * ```
 *
 * @returns where it is, and what failed after it was safe, such as the removal of an old one
 * @throws ArgumentError, ArgumentRangeError before anything is written, as a rejected promise; the error of the file
 *   system, and the earlier checkpoints are whole then
 */
export async function saveCheckpoint(
  folder: string,
  contents: CheckpointContents,
  options: SaveCheckpointOptions = {},
): Promise<CheckpointWritten> {
  return writeInThread(snapshot(folder, contents, options));
}

/** A copy of everything, ready to be written. */
export function snapshot(
  folder: string,
  contents: CheckpointContents,
  { keep = 2, best = null }: SaveCheckpointOptions = {},
): CheckpointWrite {
  const op = 'saveCheckpoint';
  checkType(typeof folder === 'string', op, 'folder', 'a string', folder);
  checkType(isRecord(contents), op, 'the contents', 'an object', contents);
  const {
    model,
    optimizer,
    scheduler,
    loader,
    generators = {},
    config,
    progress,
    metrics = {},
    tensors,
  } = contents;
  checkType(isRecord(progress), op, 'progress', 'an object with a step', progress);
  checkInteger(op, 'progress.step', progress.step, 0);
  checkInteger(op, 'options.keep', keep, 1);
  checkType(model === undefined || model instanceof Module, op, 'model', 'a Module', model);
  for (const [name, value] of Object.entries(metrics))
    checkType(typeof value === 'number', op, `metrics.${name}`, 'a number', value);
  const isBest =
    best === null || (typeof best.metric === 'string' && (best.mode === 'min' || best.mode === 'max'));
  checkType(isBest, op, 'options.best', '{ metric, mode: "min" or "max" }', best);

  const streams = Object.entries(generators).map(([name, stream]) => [name, stream.getState()]);
  const state = {
    progress,
    metrics,
    config,
    scheduler: listOf(scheduler).map((part) => part.stateDict()),
    loader: loader?.getState(),
    rng: defaultGenerator.getState(),
    generators: Object.fromEntries(streams) as Record<string, GeneratorState>,
  };
  const json = new Uint8Array(Buffer.from(JSON.stringify(toJson(op, 'the contents', state))));
  const files = [{ name: STATE, parts: [json] }];
  if (model !== undefined)
    files.push({ name: MODEL, parts: encodeSafetensors(op, Object.fromEntries(stateOf(model))) });
  if (optimizer !== undefined) {
    const record = optimizerRecord(op, optimizer, model);
    files.push({ name: OPTIMIZER, parts: encodeSafetensors(op, record.tensors, record.metadata) });
  }
  if (tensors !== undefined) files.push({ name: TENSORS, parts: encodeSafetensors(op, tensors) });
  const absolute = resolve(folder);
  let run = runs.get(absolute);
  if (run === undefined) runs.set(absolute, (run = crypto().randomUUID()));
  const finite = Object.fromEntries(Object.entries(metrics).filter(([, value]) => Number.isFinite(value)));
  const copies = files.map(({ name, parts }) => ({ name, parts: parts.map(copyOf) }));
  return { folder: absolute, run, step: progress.step, metrics: finite, files: copies, keep, best };
}

/** Removes what interrupted saves left in `folder`: at a run's start, when no other process writes to it. */
export function cleanCheckpoints(folder: string): void {
  removeLeftovers(nodeFiles, folder);
}

interface Contents {
  readonly path: string;
  readonly manifest: Manifest;
  readonly state: Record<string, unknown>;
  readonly model: SafetensorsFile | undefined;
  readonly optimizer: SafetensorsFile | undefined;
  readonly tensors: SafetensorsFile | undefined;
}

/**
 * Goes on from the newest checkpoint in `folder` that can be read: its state is taken over by `parts`, and by the
 * default generator.
 *
 * @returns what it holds beside them; undefined where `folder` has no checkpoint or is not there
 * @throws FileError where none of the checkpoints can be read, naming each; CheckpointMismatchError where the newest one
 *   is of another run, and nothing has changed then
 */
export function loadCheckpoint(folder: string, parts: CheckpointParts = {}): LoadedCheckpoint | undefined {
  const op = 'loadCheckpoint';
  checkType(typeof folder === 'string', op, 'folder', 'a string', folder);
  checkType(isRecord(parts), op, 'the parts', 'an object', parts);
  const found = newest(folder);
  if (found === undefined) return undefined;
  const { contents, skipped } = found;
  const { path, manifest, state } = contents;
  apply(contents, parts);
  runs.set(resolve(folder), manifest.run);
  return {
    path,
    step: manifest.step,
    progress: state['progress'] as LoadedCheckpoint['progress'],
    metrics: state['metrics'] as LoadedCheckpoint['metrics'],
    tensors: contents.tensors?.tensors ?? {},
    skipped,
  };
}

function newest(folder: string): { contents: Contents; skipped: LoadedCheckpoint['skipped'] } | undefined {
  let names;
  try {
    names = checkpointNames(nodeFiles, folder);
  } catch (error) {
    throw new FileError('loadCheckpoint', folder, 'be a folder', (error as Error).message, { cause: error });
  }
  if (names.length === 0) return undefined;
  const skipped: { path: string; reason: string }[] = [];
  for (const { name } of names) {
    const path = join(folder, name);
    try {
      return { contents: read(path), skipped };
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      skipped.push({ path, reason: error.message });
    }
  }
  const reasons = skipped.map(({ path, reason }) => `${path}: ${reason}`).join('\n');
  throw new FileError('loadCheckpoint', folder, 'have a checkpoint that can be read', `none:\n${reasons}`);
}

/** All of a checkpoint, each byte of it checked. @throws FileError */
function read(path: string): Contents {
  const op = 'loadCheckpoint';
  checkFile(isFolder(path), op, path, 'be a folder', 'something else');
  const file = join(path, MANIFEST);
  const text = withFile(op, file, readText, { maxBytes: MAX_MANIFEST_BYTES, followLinks: false });
  const manifest = parseManifest(text, file);
  const files = new Map(Object.entries(manifest.files));
  const part = <T>(name: string, parse: (source: ByteSource, file: string) => T): T | undefined => {
    const listed = files.get(name);
    files.delete(name);
    return listed && verified(join(path, name), listed, parse);
  };
  const state = part(STATE, parseState);
  checkFile(state !== undefined, op, path, `have ${STATE}`, 'none');
  const contents = {
    path,
    manifest,
    state,
    model: part(MODEL, readSafetensorsFrom),
    optimizer: part(OPTIMIZER, readSafetensorsFrom),
    tensors: part(TENSORS, readSafetensorsFrom),
  };
  checkFile(files.size === 0, op, file, 'list files of a checkpoint', [...files.keys()]);
  return contents;
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function readText(source: ByteSource): string {
  const bytes = Buffer.alloc(source.size);
  source.read(bytes);
  return bytes.toString();
}

/** What `parse` makes of a file that has the length and the hash that its manifest lists. */
function verified<T>(
  path: string,
  { bytes, sha256 }: ManifestFile,
  parse: (source: ByteSource, path: string) => T,
): T {
  const op = 'loadCheckpoint';
  const read = (source: ByteSource): T => {
    checkFile(source.size === bytes, op, path, `have ${bytes} bytes`, `${source.size}`);
    const hash = crypto().createHash('sha256');
    const hashing = {
      size: source.size,
      read: (into: Uint8Array) => {
        source.read(into);
        hash.update(into);
      },
    };
    const value = parse(hashing, path);
    const digest = hash.digest('hex');
    checkFile(digest === sha256, op, path, `have the SHA-256 ${sha256}`, digest);
    return value;
  };
  return withFile(op, path, read, { followLinks: false });
}

function parseState(source: ByteSource, path: string): Record<string, unknown> {
  const op = 'loadCheckpoint';
  checkFile(
    source.size <= MAX_STATE_BYTES,
    op,
    path,
    `have at most ${MAX_STATE_BYTES} bytes`,
    `${source.size}`,
  );
  const text = readText(source);
  let state: unknown;
  try {
    state = fromJson(JSON.parse(text));
  } catch (error) {
    throw new FileError(op, path, 'hold JSON', (error as Error).message, { cause: error });
  }
  const whole =
    isRecord(state) &&
    isRecord(state['progress']) &&
    isRecord(state['metrics']) &&
    isRecord(state['rng']) &&
    isRecord(state['generators']) &&
    Array.isArray(state['scheduler']);
  checkFile(whole, op, path, 'hold the state of a run', text.slice(0, 60));
  return state as Record<string, unknown>;
}

/** @throws CheckpointMismatchError before anything is changed */
function apply({ path, state, model, optimizer }: Contents, parts: CheckpointParts): void {
  const schedulers = listOf(parts.scheduler);
  const savedSchedulers = state['scheduler'] as unknown[];
  const savedStreams = state['generators'] as Record<string, GeneratorState>;
  const streams = Object.entries(parts.generators ?? {});
  const found: string[] = [];
  const lacks = (what: string, wanted: unknown, there: unknown): boolean => {
    if (wanted === undefined || there !== undefined) return false;
    found.push(`${what}: not in the checkpoint`);
    return true;
  };
  if (parts.config !== undefined) {
    const here = JSON.parse(JSON.stringify(toJson('loadCheckpoint', 'config', parts.config))) as Plain;
    found.push(...differences(toJson('loadCheckpoint', 'config', state['config'] ?? null), here));
  }
  if (!lacks('model', parts.model, model) && parts.model)
    found.push(...modelDifferences(model!, parts.model));
  let matched: ReturnType<typeof matchOptimizer> | undefined;
  if (!lacks('optimizer', parts.optimizer, optimizer) && parts.optimizer) {
    matched = matchOptimizer(
      'loadCheckpoint',
      join(path, OPTIMIZER),
      optimizer!,
      parts.optimizer,
      parts.model,
    );
    found.push(...matched.differences);
  }
  lacks('loader', parts.loader, state['loader']);
  for (const [name] of streams) lacks(`generators.${name}`, true, savedStreams[name]);
  if (schedulers.length > 0 && schedulers.length !== savedSchedulers.length)
    found.push(`scheduler: ${savedSchedulers.length} there, ${schedulers.length} here`);
  if (found.length > 0) throw new CheckpointMismatchError(path, found);

  const { loader } = parts;
  const undo: (() => void)[] = [];
  const setState = <S>(part: { getState(): S; setState(state: S): unknown }, saved: unknown): void => {
    const before = part.getState();
    undo.push(() => part.setState(before));
    part.setState(saved as S);
  };
  try {
    schedulers.forEach((scheduler, i) => {
      const before = scheduler.stateDict();
      undo.push(() => scheduler.loadStateDict(before as never));
      scheduler.loadStateDict(savedSchedulers[i] as never);
    });
    if (loader) setState(loader, state['loader']);
    for (const [name, stream] of streams) setState(stream, savedStreams[name]);
    setState(defaultGenerator, state['rng']);
    if (matched) parts.optimizer!.loadStateDict(matched.stateDict);
  } catch (error) {
    for (const restore of undo.reverse()) restore();
    const expectation = 'hold a state that the parts of the run can have';
    throw new FileError('loadCheckpoint', path, expectation, (error as Error).message, { cause: error });
  }
  // Names and shapes fit: it takes any values.
  parts.model?.loadStateDict(model!.tensors);
}

function modelDifferences({ tensors }: SafetensorsFile, model: Module): string[] {
  const shape = (state: StateDict) => (name: string) => `[${state[name]!.shape.join(', ')}]`;
  const here = model.stateDict();
  const [there, own] = [new Set(Object.keys(tensors)), Object.keys(here)];
  const [shapeThere, shapeHere] = [shape(tensors), shape(here)];
  return [
    ...own.filter((name) => !there.has(name)).map((name) => `model: ${name} is here only`),
    ...[...there].filter((name) => !Object.hasOwn(here, name)).map((name) => `model: ${name} is there only`),
    ...own
      .filter((name) => there.has(name) && shapeThere(name) !== shapeHere(name))
      .map((name) => `model: ${name} of shape ${shapeThere(name)} there, ${shapeHere(name)} here`),
  ];
}
