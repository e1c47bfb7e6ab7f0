/** The main thread's side of worker.ts: one thread for the process, started at the first checkpoint. */
import type { Worker } from 'node:worker_threads';
import { workerThreads } from '../builtins.ts';
import { workerUrl } from '../worker-url.ts';
import type { CheckpointWrite, CheckpointWritten } from './folder.ts';
import type { WriteAnswer, WriteRequest } from './worker.ts';

interface Pending {
  resolve: (written: CheckpointWritten) => void;
  reject: (error: Error) => void;
}

const pending = new Map<number, Pending>();
let requests = 0;
let thread: Worker | undefined;

function start(): Worker {
  const worker = new (workerThreads().Worker)(workerUrl('checkpoint/worker'));
  worker.on('message', (answer: WriteAnswer) => {
    const { resolve, reject } = pending.get(answer.id)!;
    pending.delete(answer.id);
    keepSpare(answer.buffers);
    if (pending.size === 0) worker.unref();
    if ('written' in answer) resolve(answer.written);
    else reject(Object.assign(new Error(answer.failure.message), { code: answer.failure.code }));
  });
  const fail = (error: Error): void => {
    thread = undefined;
    for (const { reject } of pending.values()) reject(error);
    pending.clear();
  };
  worker.once('error', fail);
  worker.once('exit', (code) =>
    fail(new Error(`the thread that writes checkpoints ended with code ${code}`)),
  );
  return worker;
}

/** Memory of the checkpoint written last, by its size, for the next: the page faults of fresh memory take longer than the copy. */
let spare = new Map<number, ArrayBuffer[]>();

function keepSpare(buffers: readonly ArrayBuffer[]): void {
  spare = new Map();
  for (const buffer of buffers) {
    const others = spare.get(buffer.byteLength);
    if (others === undefined) spare.set(buffer.byteLength, [buffer]);
    else others.push(buffer);
  }
}

/** A copy whose buffer is its own. */
export function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(spare.get(bytes.length)?.pop() ?? new ArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

/** Hands `write` to the thread; its arrays are moved there. The process stays alive until it is written. */
export function writeInThread(write: CheckpointWrite): Promise<CheckpointWritten> {
  const worker = (thread ??= start());
  const id = requests++;
  const buffers = write.files.flatMap(({ parts }) => parts.map(({ buffer }) => buffer as ArrayBuffer));
  const request: WriteRequest = { id, buffers, write };
  return new Promise((resolve, reject) => {
    pending.set(id, { resolve, reject });
    worker.ref();
    worker.postMessage(request, buffers);
  });
}
