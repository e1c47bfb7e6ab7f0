/** A disk that fails: node:fs replaced by one that can be told to. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EventFileError, SummaryWriter } from '../src/index.ts';
import { scalarsOf, splitRecords } from './read-events.ts';

/** What fails, and how much a call to write takes at most. */
const disk = vi.hoisted(() => ({ fails: new Set<string>(), shortWrite: Infinity }));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const fail = (call: string): void => {
    if (disk.fails.has(call))
      throw Object.assign(new Error(`ENOSPC: no space left on device, ${call}`), { code: 'ENOSPC' });
  };
  return {
    ...fs,
    writeSync: (fd: number, bytes: Uint8Array, offset: number, length: number, position: number): number => {
      const taken = fs.writeSync(fd, bytes, offset, Math.min(length, disk.shortWrite), position);
      fail('write');
      return taken;
    },
    fsyncSync: (fd: number): void => {
      fail('fsync');
      fs.fsyncSync(fd);
    },
    ftruncateSync: (fd: number, size: number): void => {
      fail('ftruncate');
      fs.ftruncateSync(fd, size);
    },
  };
});

let dir: string;
let writer: SummaryWriter;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lr-tensorboard-'));
  writer = new SummaryWriter({ logDir: dir });
});
afterEach(() => {
  disk.fails.clear();
  disk.shortWrite = Infinity;
  vi.useRealTimers();
  rmSync(dir, { recursive: true });
});

const enospc = expect.objectContaining({
  name: 'EventFileError',
  code: 'ENOSPC',
  message: expect.stringMatching(
    /^\[SummaryWriter\] could not write .*events\.out\.tfevents.*: ENOSPC: no space left/,
  ),
});

test('short writes are completed', () => {
  disk.shortWrite = 7;
  for (let i = 0; i < 10; i++) writer.addScalar('a', i, i);
  writer.close();
  expect(scalarsOf(dir).length).toBe(10);
});

test('a full disk is reported once; the file stays whole, and goes on when there is space again', () => {
  writer.addScalar('a', 0, 0);
  writer.flush();
  writer.addScalar('a', 1, 1);
  disk.fails.add('write');
  disk.shortWrite = 5;
  expect(() => writer.flush()).toThrow(enospc);
  writer.addScalar('a', 2, 2);
  writer.flush();
  expect(writer.dropped).toBe(2);
  expect(splitRecords(readFileSync(writer.path)).reduce((sum, r) => sum + r.length, 0)).toBe(
    readFileSync(writer.path).length,
  );
  disk.fails.clear();
  writer.addScalar('a', 3, 3);
  writer.close();
  expect(scalarsOf(dir).map(({ step }) => step)).toEqual([0, 3]);
});

test('a failure behind a timer is kept for the next call', () => {
  vi.useFakeTimers();
  writer.addScalar('a', 0, 0);
  disk.fails.add('write');
  vi.advanceTimersByTime(120_000);
  expect(() => writer.addScalar('a', 1, 1)).toThrow(enospc);
  writer.addScalar('a', 2, 2);
  writer.close();
});

test('a write that fails and cannot be undone is still one error', () => {
  disk.fails.add('write').add('ftruncate').add('fsync');
  writer.addScalar('a', 0, 0);
  expect(() => writer.close()).toThrow(EventFileError);
  writer.close();
});

test('every file is closed although one fails', () => {
  writer.addScalars('main', { x: 1, y: 2 });
  disk.fails.add('write');
  expect(() => writer.close()).toThrow(enospc);
  expect(() => writer.flush()).toThrow(/closed/);
});

test('a log directory that cannot be made', () => {
  const file = join(dir, 'file');
  writeFileSync(file, '');
  expect(() => new SummaryWriter({ logDir: join(file, 'log') })).toThrow(
    expect.objectContaining({ name: 'EventFileError', code: 'ENOTDIR' }),
  );
  writer.close();
});
