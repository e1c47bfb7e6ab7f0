/**
 * Files as every reader and writer of this package takes them: read whole, written so that they are whole or not there.
 * A reader checks every length before it uses it and throws FileError, which names the file, what was expected of it
 * and what came.
 */
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { show } from '@org/lr-core';

/** A file that cannot be read, or does not hold what its format or its header says. */
export class FileError extends Error {
  override readonly name = 'FileError';
  readonly file: string;

  constructor(op: string, file: string, expectation: string, received: unknown, options?: ErrorOptions) {
    const text = typeof received === 'string' ? received : show(received);
    super(`[${op}] expected ${file} to ${expectation} but received ${text}`, options);
    this.file = file;
  }
}

/** @throws FileError unless `ok`; a string `received` is said as it is */
export function checkFile(
  ok: boolean,
  op: string,
  file: string,
  expectation: string,
  received: unknown,
): asserts ok {
  if (!ok) throw new FileError(op, file, expectation, received);
}

/** The whole of a regular file. @throws FileError where there is none, or it has more than `maxBytes` */
export function readWholeFile(op: string, file: string, maxBytes = 0xffffffff): Buffer {
  try {
    const stat = statSync(file);
    checkFile(
      stat.isFile(),
      op,
      file,
      'be a regular file',
      stat.isDirectory() ? 'a directory' : 'a special file',
    );
    checkFile(stat.size <= maxBytes, op, file, `have at most ${maxBytes} bytes`, stat.size);
    return readFileSync(file);
  } catch (error) {
    if (error instanceof FileError) throw error;
    throw new FileError(op, file, 'be a readable file', (error as Error).message, { cause: error });
  }
}

/** Writes `parts` one after another to a temporary name beside `file`, syncs, and renames: never half a file. */
export function writeFileAtomic(file: string, parts: readonly Uint8Array[]): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    const descriptor = openSync(temporary, 'w');
    try {
      for (const part of parts) writeFileSync(descriptor, part);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(dirname(file));
}

/** Makes the names in `folder` durable: a rename survives a power cut only after it. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
