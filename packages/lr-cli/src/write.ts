/** Files that a command was asked to write: whole or not there. */
import { writeFileAtomic } from '@org/lr-native';
import { reason, UsageError } from './errors.ts';

/** @throws UsageError that names the file and why it could not be written; nothing of it is left behind */
export function writeFile(file: string, content: string | Uint8Array): void {
  try {
    writeFileAtomic(file, [typeof content === 'string' ? Buffer.from(content) : content]);
  } catch (error) {
    throw new UsageError(`${file}: cannot be written: ${reason(error)}`, { cause: error });
  }
}
