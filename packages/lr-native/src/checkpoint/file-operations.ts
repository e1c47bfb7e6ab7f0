/** The system calls that a checkpoint is written with: an object, so that tests can make each of them fail. */
import * as fs from 'node:fs';

export interface FileOperations {
  /** As `mkdir -p`. @returns the first folder that was made, undefined where all were there */
  makeFolders(path: string): string | undefined;
  mkdir(path: string): void;
  /** Names, or an empty list where there is no such folder. */
  list(folder: string): string[];
  /** The text of a small file. */
  readText(path: string): string;
  /** For writing, and only if there is none yet. */
  create(path: string): number;
  openFolder(path: string): number;
  /** @returns how many of the bytes were written, which may be fewer */
  write(descriptor: number, bytes: Uint8Array): number;
  sync(descriptor: number): void;
  close(descriptor: number): void;
  rename(from: string, to: string): void;
  unlink(path: string): void;
  removeFolder(path: string): void;
}

export const nodeFiles: FileOperations = {
  makeFolders: (path) => fs.mkdirSync(path, { recursive: true }),
  mkdir: (path) => fs.mkdirSync(path),
  list: (folder) => {
    try {
      return fs.readdirSync(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  },
  readText: (path) => fs.readFileSync(path, 'utf8'),
  create: (path) => fs.openSync(path, 'wx'),
  openFolder: (path) => fs.openSync(path, 'r'),
  write: (descriptor, bytes) => fs.writeSync(descriptor, bytes),
  sync: (descriptor) => fs.fsyncSync(descriptor),
  close: (descriptor) => fs.closeSync(descriptor),
  rename: (from, to) => fs.renameSync(from, to),
  unlink: (path) => fs.unlinkSync(path),
  removeFolder: (path) => fs.rmdirSync(path),
};
