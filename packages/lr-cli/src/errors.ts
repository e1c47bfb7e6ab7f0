/** What ends the command early, and the exit code each kind of error has. Imports nothing: `lr doctor` needs it whole. */

/** The command line or a file given on it is wrong; the message says what to change. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Ended by a signal after the step at hand was finished and saved. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  /** 128 + the signal's number. */
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The loss of a step is NaN or infinite, so going on would make the weights so as well. Exit code 1. */
export class NonfiniteError extends Error {
  override readonly name = 'NonfiniteError';
}

/** The typed errors, of all packages, that say that an argument, a file or a device given to them is wrong. */
const USAGE: ReadonlySet<string> = new Set([
  'UsageError',
  'ArgumentError',
  'ArgumentRangeError',
  'ShapeError',
  'DeviceError',
  'FileError',
]);

export const isUsage = (error: unknown): error is Error => error instanceof Error && USAGE.has(error.name);

/** 2 for bad usage, config or data, 128 + N after signal N, 1 for anything else. */
export function exitCode(error: unknown): number {
  if (error instanceof Interrupted) return error.exitCode;
  return isUsage(error) ? 2 : 1;
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EEXIST: 'there is a file of that name',
  EISDIR: 'it is a directory',
  ENOTDIR: 'part of the path is not a directory',
  ENOSPC: 'no space left on the device',
};

/** Why a system call failed, in words. */
export function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return WORDS[code ?? ''] ?? message;
}

/** `make()`, whose typed error is given the path of the config that caused it. */
export function at<T>(path: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!isUsage(error)) throw error;
    throw new UsageError(`${path}: ${error.message}`, { cause: error });
  }
}
