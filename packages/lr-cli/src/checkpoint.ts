/**
 * Checkpoints of a run: a folder each, `step-00001876`, with every tensor in safetensors files and the rest in state.json.
 * A folder is written under another name and renamed when it is whole, so one that has its name can be read.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSafetensors, saveSafetensors, syncFolder, Tensor, type nn } from '@org/lr-native';
import type { OptimizerStateDict } from '@org/lr-core';
import { reason, UsageError } from './errors.ts';

/** What a checkpoint holds beside the tensors: plain data. */
export interface RunState {
  /** What the run was made from; a checkpoint goes on only with the same. */
  readonly fingerprint: Readonly<Record<string, unknown>>;
  [key: string]: unknown;
}

export interface Checkpoint {
  /** The folder it was read from. */
  path: string;
  state: RunState;
  model: nn.StateDict;
  optimizer: OptimizerStateDict;
}

const NAME = /^step-(\d+)$/;
const TEMPORARY = /^\.step-\d+\.\d+\.tmp$/;

/** The names of the checkpoints in `folder`, newest first. */
function names(folder: string): string[] {
  const steps = list(folder).filter((name) => NAME.test(name));
  return steps.sort((a, b) => Number(NAME.exec(b)![1]) - Number(NAME.exec(a)![1]));
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new UsageError(`${folder}: cannot be read: ${reason(error)}`);
  }
}

/** @throws UsageError where `folder` is not there and cannot be made */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new UsageError(`${folder}: cannot be made: ${reason(error)}`);
  }
}

/** Lists of numbers in an optimizer's state become tensors, since JSON would be large and slow. */
function splitState(stateDict: OptimizerStateDict): {
  tensors: nn.StateDict;
  rest: OptimizerStateDict;
} {
  const tensors: nn.StateDict = {};
  const state = Object.fromEntries(
    Object.entries(stateDict.state).map(([index, entries]) => [
      index,
      Object.fromEntries(
        Object.entries(entries).filter(([key, value]) => {
          if (!Array.isArray(value)) return true;
          tensors[`${index}.${key}`] = new Tensor(Float32Array.from(value as (number | string)[], Number));
          return false;
        }),
      ),
    ]),
  );
  return { tensors, rest: { ...stateDict, state } };
}

/**
 * Writes a checkpoint and removes all but the newest `keep`.
 * @returns its folder
 */
export function saveCheckpoint(
  folder: string,
  step: number,
  parts: { state: RunState; model: nn.StateDict; optimizer: OptimizerStateDict },
  keep: number,
): string {
  const name = `step-${String(step).padStart(8, '0')}`;
  const path = join(folder, name);
  const temporary = join(folder, `.${name}.${process.pid}.tmp`);
  makeFolder(folder);
  for (const left of list(folder).filter((entry) => TEMPORARY.test(entry)))
    rmSync(join(folder, left), { recursive: true });
  mkdirSync(temporary);
  const { tensors, rest } = splitState(parts.optimizer);
  saveSafetensors(join(temporary, 'model.safetensors'), parts.model);
  saveSafetensors(join(temporary, 'optimizer.safetensors'), tensors);
  const json = JSON.stringify({ ...parts.state, optimizer: rest });
  writeFileSync(join(temporary, 'state.json'), json, { flush: true });
  syncFolder(temporary);
  rmSync(path, { recursive: true, force: true });
  renameSync(temporary, path);
  syncFolder(folder);
  for (const old of names(folder).slice(keep)) rmSync(join(folder, old), { recursive: true });
  return path;
}

/**
 * The newest checkpoint in `folder`, or undefined where there is none.
 * @throws UsageError where it cannot be read or its run was made from something else; it lists the differences
 */
export function loadCheckpoint(folder: string, fingerprint: RunState['fingerprint']): Checkpoint | undefined {
  const name = names(folder)[0];
  if (name === undefined) return undefined;
  const path = join(folder, name);
  let saved: RunState & { optimizer: OptimizerStateDict };
  let model: nn.StateDict;
  let tensors: nn.StateDict;
  try {
    saved = JSON.parse(readFileSync(join(path, 'state.json'), 'utf8')) as typeof saved;
    model = loadSafetensors(join(path, 'model.safetensors'));
    tensors = loadSafetensors(join(path, 'optimizer.safetensors'));
  } catch (error) {
    throw new UsageError(`${path}: cannot be read: ${reason(error)}; remove that folder to go on without it`);
  }
  const differences = Object.keys({ ...fingerprint, ...saved.fingerprint }).filter(
    (key) => JSON.stringify(fingerprint[key]) !== JSON.stringify(saved.fingerprint[key]),
  );
  if (differences.length > 0) {
    throw new UsageError(
      `${path}: is of another run, which differs in ${differences.join(', ')}; ` +
        'give another --checkpoint-dir, or leave out --resume',
    );
  }
  const { optimizer, ...state } = saved;
  for (const [key, { data }] of Object.entries(tensors)) {
    const dot = key.indexOf('.');
    (optimizer.state[key.slice(0, dot)] ??= {})[key.slice(dot + 1)] = data;
  }
  return { path, state, model, optimizer };
}
