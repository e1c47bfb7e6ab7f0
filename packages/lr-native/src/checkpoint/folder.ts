/**
 * A folder of checkpoints on disk. Each is a folder `step-<step>-<sequence>` that is written under a temporary name and
 * renamed once it is whole and synced, so one that has its name was whole when it got it. `latest` and `best` are
 * files that hold a name, replaced in the same way. What a checkpoint holds is not this file's.
 *
 * Nothing here imports the addon: it runs in a thread of its own (worker.ts).
 */
import { dirname, join } from 'node:path';
import { crypto } from '../builtins.ts';
import { FileError } from '../file.ts';
import type { FileOperations } from './file-operations.ts';
import { MANIFEST, manifestText, parseManifest, type Manifest, type ManifestFile } from './manifest.ts';

/** A checkpoint by what its name says. */
export interface CheckpointName {
  readonly name: string;
  readonly step: number;
  /** Counts the checkpoints of a folder, across runs. */
  readonly sequence: number;
}

/** Which metric makes a checkpoint the best. */
export interface Best {
  /** A key of the metrics that checkpoints are saved with, such as `valLoss`. */
  readonly metric: string;
  /** Whether the lowest or the highest is best. */
  readonly mode: 'min' | 'max';
}

/** A checkpoint to write. */
export interface CheckpointWrite {
  readonly folder: string;
  readonly run: string;
  readonly step: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly files: readonly { readonly name: string; readonly parts: readonly Uint8Array[] }[];
  /** How many of the run's newest stay. */
  readonly keep: number;
  /** The run's best stays too. */
  readonly best: Best | null;
}

export interface CheckpointWritten {
  readonly path: string;
  /** What failed once the checkpoint was safe, such as the removal of an old one. */
  readonly warnings: readonly string[];
}

const NAME = /^step-(\d{8,15})-(\d{6,15})$/;
/** Whatever begins so is what an interrupted write or removal left. */
const TEMPORARY = '.tmp-';

/** The checkpoints of a folder, newest first. */
export function checkpointNames(files: FileOperations, folder: string): CheckpointName[] {
  return files
    .list(folder)
    .flatMap((name) => {
      const [, step, sequence] = NAME.exec(name) ?? [];
      return step === undefined ? [] : [{ name, step: Number(step), sequence: Number(sequence) }];
    })
    .sort((a, b) => b.sequence - a.sequence || b.step - a.step);
}

/** Removes what interrupted writes left in `folder`, which no other process may be writing to. */
export function removeLeftovers(files: FileOperations, folder: string): void {
  for (const name of files.list(folder)) {
    if (name.startsWith(TEMPORARY)) remove(files, join(folder, name));
  }
}

/** @throws the error of the file system; the folder has then the checkpoints it had before */
export function writeCheckpoint(files: FileOperations, write: CheckpointWrite): CheckpointWritten {
  const { folder, step } = write;
  const warnings: string[] = [];
  const attempt = (what: string, work: () => void): void => {
    try {
      work();
    } catch (error) {
      warnings.push(`${what}: ${(error as Error).message}`);
    }
  };
  makeFolder(files, folder);
  attempt('leftovers were not removed', () => removeLeftovers(files, folder));
  const sequence = (checkpointNames(files, folder)[0]?.sequence ?? 0) + 1;
  const name = `step-${String(step).padStart(8, '0')}-${String(sequence).padStart(6, '0')}`;
  const temporary = join(folder, `${TEMPORARY}${name}`);
  const path = join(folder, name);
  try {
    files.mkdir(temporary);
    writeFiles(files, temporary, write);
    syncFolder(files, temporary);
    files.rename(temporary, path);
    syncFolder(files, folder);
  } catch (error) {
    attempt('leftovers were not removed', () => removeLeftovers(files, folder));
    throw error;
  }
  attempt('old checkpoints were not removed', () => {
    const best = retire(files, write);
    if (best !== undefined) attempt('best was not written', () => point(files, folder, 'best', best));
  });
  attempt('latest was not written', () => point(files, folder, 'latest', name));
  return { path, warnings };
}

/** Makes `folder`, durably. */
function makeFolder(files: FileOperations, folder: string): void {
  const first = files.makeFolders(folder);
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) syncFolder(files, dirname(made));
}

function writeFiles(files: FileOperations, folder: string, write: CheckpointWrite): void {
  const listed: Record<string, ManifestFile> = {};
  for (const { name, parts } of write.files) {
    const hash = crypto().createHash('sha256');
    for (const part of parts) hash.update(part);
    writeFile(files, join(folder, name), parts);
    const bytes = parts.reduce((sum, { length }) => sum + length, 0);
    listed[name] = { bytes, sha256: hash.digest('hex') };
  }
  const { run, step, metrics } = write;
  const manifest = manifestText({ run, step, metrics, files: listed });
  writeFile(files, join(folder, MANIFEST), [Buffer.from(manifest)]);
}

function writeFile(files: FileOperations, path: string, parts: readonly Uint8Array[]): void {
  withDescriptor(files, files.create(path), (descriptor) => {
    for (const part of parts) {
      for (let at = 0; at < part.length;) {
        const count = files.write(descriptor, part.subarray(at));
        if (count === 0) throw new Error(`${path}: nothing could be written`);
        at += count;
      }
    }
    files.sync(descriptor);
  });
}

function syncFolder(files: FileOperations, folder: string): void {
  withDescriptor(files, files.openFolder(folder), (descriptor) => files.sync(descriptor));
}

function withDescriptor(files: FileOperations, descriptor: number, work: (descriptor: number) => void): void {
  let failed = true;
  try {
    work(descriptor);
    failed = false;
  } finally {
    try {
      files.close(descriptor);
    } catch (error) {
      // What close says may be what a write had to say; an error that is on its way already says more.
      if (!failed) throw error; // eslint-disable-line no-unsafe-finally
    }
  }
}

/** Makes the file `pointer` hold `name`, atomically. */
function point(files: FileOperations, folder: string, pointer: string, name: string): void {
  const temporary = join(folder, `${TEMPORARY}${pointer}`);
  writeFile(files, temporary, [Buffer.from(`${name}\n`)]);
  files.rename(temporary, join(folder, pointer));
  syncFolder(files, folder);
}

/** Removes the run's checkpoints but for the newest and the best. @returns the name of the best */
function retire(files: FileOperations, { folder, run, keep, best }: CheckpointWrite): string | undefined {
  const own = checkpointNames(files, folder).flatMap(({ name }) => {
    const manifest = readManifest(files, join(folder, name));
    return manifest?.run === run ? [{ name, manifest }] : [];
  });
  const winner = best === null ? undefined : bestOf(own, best);
  for (const { name } of own.slice(keep)) {
    if (name === winner) continue;
    // Out of sight first: a removal that is interrupted leaves no half of a checkpoint.
    const hidden = join(folder, `${TEMPORARY}${name}`);
    files.rename(join(folder, name), hidden);
    remove(files, hidden);
  }
  return winner;
}

function readManifest(files: FileOperations, path: string): Manifest | undefined {
  try {
    return parseManifest(files.readText(join(path, MANIFEST)), path);
  } catch (error) {
    const damaged = error instanceof FileError || (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (damaged) return undefined; // loadCheckpoint says what is wrong with it
    throw error;
  }
}

/** The first that reached the best value; undefined where none has the metric. */
function bestOf(
  newestFirst: readonly { name: string; manifest: Manifest }[],
  { metric, mode }: Best,
): string | undefined {
  let winner: { name: string; value: number } | undefined;
  for (const { name, manifest } of newestFirst.toReversed()) {
    const value = Object.hasOwn(manifest.metrics, metric) ? manifest.metrics[metric]! : NaN;
    const better = winner === undefined || (mode === 'min' ? value < winner.value : value > winner.value);
    if (Number.isFinite(value) && better) winner = { name, value };
  }
  return winner?.name;
}

/** A file, or a folder of files. */
function remove(files: FileOperations, path: string): void {
  let names: string[];
  try {
    names = files.list(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTDIR') throw error;
    return files.unlink(path);
  }
  for (const name of names) files.unlink(join(path, name));
  files.removeFolder(path);
}
