/** Files that are whole or not there: written under a temporary name, fsynced, renamed, the folder fsynced. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { reason, UsageError } from './errors.ts';

export function fsyncPath(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** @throws UsageError that names the file and why it could not be written; nothing of it is left behind */
export function writeFileAtomic(file: string, content: string | Uint8Array): void {
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}.tmp`);
  try {
    writeFileSync(temporary, content, { flush: true });
    renameSync(temporary, file);
    fsyncPath(dirname(file));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new UsageError(`${file}: cannot be written: ${reason(error)}`, { cause: error });
  }
}
