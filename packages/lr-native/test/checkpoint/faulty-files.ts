/** File operations of which the n-th goes wrong, on a real folder. */
import {
  appendFileSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { nodeFiles, type FileOperations } from '../../src/checkpoint/file-operations.ts';

/**
 * ENOSPC, EIO: the operation fails. short: a write takes half of its bytes. crash: the process ends before it, in the
 * middle of a write. power: the machine does, and loses all that was not synced.
 */
export type Fault = 'ENOSPC' | 'EIO' | 'short' | 'crash' | 'power';
export const FAULTS: readonly Fault[] = ['ENOSPC', 'EIO', 'short', 'crash', 'power'];

export class Crash extends Error {}

export class FaultyFiles implements FileOperations {
  /** Operations so far. */
  count = 0;
  readonly #at: number;
  readonly #fault: Fault | undefined;
  #crashed = false;
  readonly #paths = new Map<number, string>();
  /** Files with bytes that are not synced. */
  readonly #dirty = new Set<string>();
  /** What undoes each change of a folder that is not synced. */
  #undo: { folder: string; undo: () => void }[] = [];

  constructor(at = Infinity, fault?: Fault) {
    this.#at = at;
    this.#fault = fault;
  }

  get crashed(): boolean {
    return this.#crashed;
  }

  /** What is on disk after a power cut. */
  losePower(): void {
    for (const path of this.#dirty)
      if (existsSync(path)) truncateSync(path, Math.floor(readFileSync(path).length / 2));
    for (const { folder, undo } of this.#undo.reverse()) {
      // A folder whose own removal was synced takes what was in it along.
      if (existsSync(folder)) undo();
    }
  }

  #operation(): void {
    if (this.#crashed) throw new Crash();
    if (this.count++ !== this.#at) return;
    const fault = this.#fault!;
    if (fault === 'ENOSPC' || fault === 'EIO')
      throw Object.assign(new Error(`${fault}: made up`), { code: fault });
    if (fault !== 'short') {
      this.#crashed = true;
      throw new Crash();
    }
  }

  #changed(path: string, undo: () => void): void {
    this.#undo.push({ folder: dirname(path), undo });
  }

  makeFolders(path: string): string | undefined {
    this.#operation();
    return nodeFiles.makeFolders(path);
  }
  mkdir(path: string): void {
    this.#operation();
    nodeFiles.mkdir(path);
    this.#changed(path, () => rmSync(path, { recursive: true }));
  }
  list(folder: string): string[] {
    this.#operation();
    return nodeFiles.list(folder);
  }
  readText(path: string): string {
    this.#operation();
    return nodeFiles.readText(path);
  }
  create(path: string): number {
    this.#operation();
    const descriptor = nodeFiles.create(path);
    this.#paths.set(descriptor, path);
    this.#changed(path, () => rmSync(path));
    return descriptor;
  }
  openFolder(path: string): number {
    this.#operation();
    const descriptor = nodeFiles.openFolder(path);
    this.#paths.set(descriptor, path);
    return descriptor;
  }
  write(descriptor: number, bytes: Uint8Array): number {
    this.#dirty.add(this.#paths.get(descriptor)!);
    const half = bytes.subarray(0, Math.ceil(bytes.length / 2));
    const now = this.count;
    try {
      this.#operation();
    } catch (error) {
      if (this.#at === now) writeSync(descriptor, half);
      throw error;
    }
    return nodeFiles.write(descriptor, this.#at === now ? half : bytes);
  }
  sync(descriptor: number): void {
    this.#operation();
    nodeFiles.sync(descriptor);
    const path = this.#paths.get(descriptor)!;
    this.#dirty.delete(path);
    this.#undo = this.#undo.filter(({ folder }) => folder !== path);
  }
  close(descriptor: number): void {
    nodeFiles.close(descriptor); // so that the test does not run out of descriptors
    this.#operation();
  }
  rename(from: string, to: string): void {
    this.#operation();
    const replaced = readOrUndefined(to);
    nodeFiles.rename(from, to);
    this.#changed(to, () => {
      renameSync(to, from);
      if (replaced !== undefined) writeFileSync(to, replaced);
    });
  }
  unlink(path: string): void {
    this.#operation();
    const content = readFileSync(path);
    nodeFiles.unlink(path);
    this.#changed(path, () => appendFileSync(path, content));
  }
  removeFolder(path: string): void {
    this.#operation();
    nodeFiles.removeFolder(path);
    this.#changed(path, () => nodeFiles.makeFolders(path));
  }
}

function readOrUndefined(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
