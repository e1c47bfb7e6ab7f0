/** The thread that writes checkpoints, one after another, while training goes on. Imports nothing that loads the addon. */
import { parentPort } from 'node:worker_threads';
import { nodeFiles } from './file-operations.ts';
import { writeCheckpoint, type CheckpointWrite, type CheckpointWritten } from './folder.ts';

export interface WriteRequest {
  readonly id: number;
  readonly write: CheckpointWrite;
}

/** An error of the file system with what structured cloning would drop. */
export interface WriteFailure {
  readonly message: string;
  readonly code: string | undefined;
}

export type WriteAnswer = { readonly id: number } & (
  { readonly written: CheckpointWritten } | { readonly failure: WriteFailure }
);

parentPort!.on('message', ({ id, write }: WriteRequest) => {
  let answer: WriteAnswer;
  try {
    answer = { id, written: writeCheckpoint(nodeFiles, write) };
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    answer = { id, failure: { message, code } };
  }
  parentPort!.postMessage(answer);
});
