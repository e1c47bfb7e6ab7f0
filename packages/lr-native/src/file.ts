/**
 * Files as every reader and writer of this package takes them: read whole, written so that they are whole or not there.
 * A reader checks every length before it uses it and throws FileError, which names the file, what was expected of it
 * and what came.
 */
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
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

/** Bytes that are read from the first to the last, each once. */
export interface ByteSource {
  /** How many there are. */
  readonly size: number;
  /** Fills `into` with the next ones. @throws FileError where there are fewer */
  read(into: Uint8Array): void;
}

/** Bytes in memory as a source; `name` stands for the file in errors. */
export function sourceOf(op: string, name: string, bytes: Uint8Array): ByteSource {
  let at = 0;
  return {
    size: bytes.length,
    read: (into) => {
      const part = bytes.subarray(at, (at += into.length));
      checkFile(part.length === into.length, op, name, `hold ${at} bytes`, `${bytes.length}`);
      into.set(part);
    },
  };
}

export interface ReadOptions {
  /** The most that is read; default 4 GiB less a byte. */
  maxBytes?: number;
  /** Whether a symbolic link is followed; default true. */
  followLinks?: boolean;
}

/**
 * `read` of a regular file, which is closed after it.
 *
 * @throws FileError where there is none, it has more than `maxBytes`, or ends while it is read
 */
export function withFile<T>(
  op: string,
  file: string,
  read: (source: ByteSource) => T,
  { maxBytes = Infinity, followLinks = true }: ReadOptions = {},
): T {
  let descriptor: number | undefined;
  try {
    // Without waiting: opening a pipe would block until somebody writes into it.
    const flags = constants.O_RDONLY | constants.O_NONBLOCK | (followLinks ? 0 : constants.O_NOFOLLOW);
    descriptor = openSync(file, flags);
    const stat = fstatSync(descriptor);
    const kind = stat.isDirectory() ? 'a directory' : 'a special file';
    checkFile(stat.isFile(), op, file, 'be a regular file', kind);
    checkFile(stat.size <= maxBytes, op, file, `have at most ${maxBytes} bytes`, stat.size);
    return read(fileSource(op, file, descriptor, stat.size));
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new FileError(op, file, 'be a readable file', error.message, { cause: error });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error;

function fileSource(op: string, file: string, descriptor: number, size: number): ByteSource {
  return {
    size,
    read: (into) => {
      for (let at = 0; at < into.length;) {
        // In parts that any system reads at once
        const count = readSync(descriptor, into, at, Math.min(into.length - at, 1 << 30), null);
        checkFile(count > 0, op, file, `hold ${size} bytes`, 'fewer while it was read');
        at += count;
      }
    },
  };
}

/** The whole of a regular file. @throws FileError where there is none, or it has more than `maxBytes` */
export function readWholeFile(op: string, file: string, maxBytes = 0xffffffff): Buffer {
  const read = (source: ByteSource): Buffer => {
    const bytes = Buffer.allocUnsafeSlow(source.size);
    source.read(bytes);
    return bytes;
  };
  return withFile(op, file, read, { maxBytes });
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

/**
 * Removes what processes that were killed while they wrote `file` left beside it. What belongs to a process that lives is
 * left, whoever's it is; this process may not be writing the file.
 */
export function cleanTemporaries(file: string): void {
  const folder = dirname(file);
  const prefix = `${basename(file)}.`;
  for (const name of readdirSync(folder)) {
    const [, pid] = (name.startsWith(prefix) && /^(\d+)\.tmp$/.exec(name.slice(prefix.length))) || [];
    if (pid !== undefined && !isOther(Number(pid))) rmSync(join(folder, name), { force: true });
  }
}

/** Whether `pid` is of a process that lives and is not this one. */
function isOther(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
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
