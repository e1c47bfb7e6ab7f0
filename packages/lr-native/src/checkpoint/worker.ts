/** The thread that writes checkpoints, one after another, while training goes on. Imports nothing that loads the addon. */
import { parentPort } from 'node:worker_threads';
import { nodeFiles } from './file-operations.ts';
import { writeCheckpoint, type CheckpointWrite, type CheckpointWritten } from './folder.ts';

export interface WriteRequest {
  readonly id: number;
  /** Of all arrays. */
  readonly buffers: readonly ArrayBuffer[];
  readonly write: CheckpointWrite;
}

/** An error of the file system with what structured cloning would drop. */
export interface WriteFailure {
  readonly message: string;
  readonly code: string | undefined;
}

/** With the request's arrays, moved back. */
export type WriteAnswer = { readonly id: number; readonly buffers: readonly ArrayBuffer[] } & (
  { readonly written: CheckpointWritten } | { readonly failure: WriteFailure }
);

parentPort!.on('message', ({ id, buffers, write }: WriteRequest) => {
  let answer: WriteAnswer;
  try {
    answer = { id, buffers, written: writeCheckpoint(nodeFiles, write) };
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    answer = { id, buffers, failure: { message, code } };
  }
  parentPort!.postMessage(answer, buffers);
});
