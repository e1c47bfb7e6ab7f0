/** What ends the command early, and the exit code each kind of error has. */
import { ArgumentError, ArgumentRangeError, ShapeError } from '@org/lr-core';

/** The command line or a file given on it is wrong; the message says what to change. Exit code 2. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}

/** Ended by a signal after the work at hand was finished and saved. Exit code 128 + the signal's number. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** 2 for bad usage, config or data, 130 or 143 after a signal, 1 for anything else. */
export function exitCode(error: unknown): number {
  if (error instanceof Interrupted) return error.exitCode;
  const usage = [UsageError, ArgumentError, ArgumentRangeError, ShapeError].some(
    (type) => error instanceof type,
  );
  return usage ? 2 : 1;
}

/** Why a system call failed, in words. */
export function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const words: Record<string, string> = {
    ENOENT: 'no such file',
    EACCES: 'permission denied',
    EISDIR: 'it is a directory',
    ENOTDIR: 'part of the path is not a directory',
    ENOSPC: 'no space left on the device',
  };
  return (code !== undefined ? words[code] : undefined) ?? message;
}
