/**
 * An event file as TensorBoard reads it: TFRecords of Event messages. It knows files, framing and disk errors; what an
 * event means is for summary-writer.ts.
 *
 * A TFRecord is: uint64 length, uint32 masked CRC-32C of those 8 bytes, the bytes, uint32 masked CRC-32C of the bytes;
 * all little-endian. (tensorflow/core/lib/io/record_writer.cc)
 */
import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import crc32c from 'crc-32/crc32c.js';
import { EventSchema } from './proto/tensorboard_pb.ts';

export type EventInit = MessageInitShape<typeof EventSchema>;

/** An event file could not be created or written. `code` is the system's, for instance `ENOSPC`. */
export class EventFileError extends Error {
  override readonly name: string = 'EventFileError';
  readonly path: string;
  readonly code: string | undefined;

  constructor(action: string, path: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`[SummaryWriter] could not ${action} ${path}: ${reason}`, { cause });
    this.path = path;
    this.code = (cause as NodeJS.ErrnoException | undefined)?.code;
  }
}

/** Bytes that wait in memory at most. */
const BUFFER_BYTES = 65536;
const LONGEST_TIMEOUT_MS = 2147483647;

const openFiles = new Set<EventFile>();
let nextUid = 0;

function flushAtExit(): void {
  for (const file of openFiles) file.write();
}

/** Seconds since 1970, as every event carries. */
export function wallClock(): number {
  return Date.now() / 1000;
}

function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c.buf(bytes) >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** `data` framed as one TFRecord. */
export function tfRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(data.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc(data), true);
  return record;
}

/**
 * Opens `events.out.tfevents.<seconds>.<host>.<pid>.<counter><suffix>` in `dir`. The file must be a new one: writers in
 * worker threads share the process id and count apart.
 */
function createFile(dir: string, suffix: string): { fd: number; path: string } {
  const seconds = String(Math.floor(wallClock())).padStart(10, '0');
  for (;;) {
    const path = join(
      dir,
      `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.${nextUid++}${suffix}`,
    );
    try {
      mkdirSync(dir, { recursive: true });
      return { fd: openSync(path, 'wx'), path };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || nextUid > 1e6) {
        throw new EventFileError('create', path, error);
      }
    }
  }
}

/** A file system that cannot synchronise is not a disk that fails. */
function sync(fd: number): void {
  try {
    fsyncSync(fd);
  } catch (error) {
    if (!['EINVAL', 'ENOSYS', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/**
 * A writer of one event file. Records wait in memory until 64 KiB have gathered, `flushSecs` have passed, `flush()` is
 * called or the process exits; what was flushed survives a crash.
 *
 * Logging must not end a training run, so the first disk error is thrown once, as an EventFileError, by whichever call
 * comes next. After it the file is cut back to its last whole record, what could not be written is dropped, and later
 * records are tried again in silence: `dropped` counts.
 */
export class EventFile {
  readonly path: string;
  /** Records lost to disk errors. */
  dropped = 0;
  readonly #fd: number;
  readonly #flushMs: number;
  #size = 0;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #pendingSince = 0;
  #timer: NodeJS.Timeout | undefined;
  #failed = false;
  #toReport: EventFileError | null = null;

  /** @throws EventFileError if the directory or the file cannot be made */
  constructor(dir: string, flushSecs: number, suffix: string) {
    ({ fd: this.#fd, path: this.path } = createFile(dir, suffix));
    this.#flushMs = Math.min(flushSecs * 1000, LONGEST_TIMEOUT_MS);
    if (openFiles.size === 0) process.on('exit', flushAtExit);
    openFiles.add(this);
    this.append({
      wallTime: wallClock(),
      what: { case: 'fileVersion', value: 'brain.Event:2' },
      sourceMetadata: { writer: '@org/lr-tensorboard' },
    });
    this.flush();
  }

  /** @throws EventFileError once, after a disk error */
  append(event: EventInit): void {
    const record = tfRecord(toBinary(EventSchema, create(EventSchema, event)));
    if (this.#pending.length === 0) {
      this.#pendingSince = performance.now();
      this.#timer = setTimeout(() => this.write(), this.#flushMs).unref();
    }
    this.#pending.push(record);
    this.#pendingBytes += record.length;
    if (this.#pendingBytes >= BUFFER_BYTES || performance.now() - this.#pendingSince >= this.#flushMs)
      this.write();
    this.#report();
  }

  /** Writes what waits in memory and has the disk store it. @throws EventFileError once, after a disk error */
  flush(): void {
    this.write();
    this.#attempt('flush', () => sync(this.#fd));
    this.#report();
  }

  /** Flushes and closes. @throws EventFileError once, after a disk error */
  close(): void {
    if (!openFiles.delete(this)) return;
    if (openFiles.size === 0) process.off('exit', flushAtExit);
    this.write();
    this.#attempt('flush', () => sync(this.#fd));
    this.#attempt('close', () => closeSync(this.#fd));
    this.#report();
  }

  /** Hands what waits in memory to the operating system; a failure is kept for the next call that may throw. */
  write(): void {
    clearTimeout(this.#timer);
    if (this.#pending.length === 0) return;
    const records = this.#pending.length;
    const bytes = Buffer.concat(this.#pending, this.#pendingBytes);
    this.#pending = [];
    this.#pendingBytes = 0;
    const written = this.#attempt('write', () => {
      let done = 0;
      while (done < bytes.length)
        done += writeSync(this.#fd, bytes, done, bytes.length - done, this.#size + done);
    });
    if (written) {
      this.#size += bytes.length;
    } else {
      this.dropped += records;
      this.#attempt('truncate', () => ftruncateSync(this.#fd, this.#size));
    }
  }

  #attempt(action: string, work: () => void): boolean {
    try {
      work();
      return true;
    } catch (error) {
      if (!this.#failed) this.#toReport = new EventFileError(action, this.path, error);
      this.#failed = true;
      return false;
    }
  }

  #report(): void {
    const error = this.#toReport;
    this.#toReport = null;
    if (error !== null) throw error;
  }
}
