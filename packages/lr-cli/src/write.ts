/** Files that a command was asked to write: whole or not there. */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { cleanTemporaries, writeFileAtomic } from '@org/lr-native';
import { reason, UsageError } from './errors.ts';
import { warn } from './output.ts';

/** @throws UsageError that names the file and why it could not be written; nothing of it is left behind */
export function writeFile(file: string, content: string | Uint8Array): void {
  try {
    writeFileAtomic(file, [typeof content === 'string' ? Buffer.from(content) : content]);
  } catch (error) {
    throw new UsageError(`${file}: cannot be written: ${reason(error)}`, { cause: error });
  }
}

/**
 * Removes what a killed run left of `file`, before this one takes long.
 * @throws UsageError unless the folder that it is to be in is there
 */
export function prepareFile(option: string, file: string): void {
  const folder = dirname(resolve(file));
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new UsageError(`${option} ${file}: there is no folder ${folder}`);
  }
  if (existsSync(file) && statSync(file).isDirectory())
    throw new UsageError(`${option} ${file}: it is a folder`);
  try {
    cleanTemporaries(file);
  } catch (error) {
    warn(`${option} ${file}: what a killed run may have left was not removed: ${reason(error)}`);
  }
}

/** @throws UsageError where `folder` is not there and cannot be made */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new UsageError(`${folder}: cannot be made: ${reason(error)}`, { cause: error });
  }
}
