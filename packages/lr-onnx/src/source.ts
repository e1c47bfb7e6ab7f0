/** Where a model comes from, and the error of every model that is not what it claims to be or cannot be read here. */
import { FileError } from '@org/lr-native';

export interface Source {
  /** The public function that reads, for instance `importOnnx`. */
  readonly op: string;
  /** The path, or `the given bytes`. */
  readonly name: string;
  /** The folder that external data may lie in; null where the model came as bytes. */
  readonly folder: string | null;
}

export function fileError({ op, name }: Source, expectation: string, received: string): FileError {
  return new FileError(op, name, expectation, received);
}

/** `text` from a file, short and printable, in quotes. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}
