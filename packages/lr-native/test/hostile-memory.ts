/** Large malformed files. `tsx hostile-memory.ts KIND FILE` reads one in a process of its own, and prints what that took. */
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import {
  FileError,
  Tensor,
  loadCheckpoint,
  loadIdx,
  loadNpy,
  loadNpz,
  loadSafetensors,
  saveNpz,
} from '../src/index.ts';
import { npyBytes } from '../src/data/npy.ts';

const MB = 1 << 20;

function safetensors(header: string, body: number): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, Buffer.from(header), Buffer.alloc(body)]);
}
function idx(count: number): Buffer {
  const bytes = Buffer.alloc(8 + count);
  bytes[2] = 8;
  bytes[3] = 1;
  bytes.writeUInt32BE(count, 4);
  return bytes;
}
const entry = (i: number): string => `"${i}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`;

/** Zeros with something now and then: about a hundred times smaller when deflated. */
function sparse(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i += 300) bytes[i] = i % 251;
  return bytes;
}

/** Makes the file, and reads it. */
export const KINDS: Readonly<
  Record<string, [make: (file: string) => Uint8Array, read: (path: string) => unknown]>
> = {
  'a safetensors header of nested lists': [
    () => safetensors(`{"a":${'[[],'.repeat(8 * MB)}`, 0),
    loadSafetensors,
  ],
  'a safetensors header of many tensors, the last of which is wrong': [
    () => safetensors(`{${Array.from({ length: 400_000 }, (_, i) => entry(i)).join(',')},"x":1}`, 0),
    loadSafetensors,
  ],
  'a safetensors file whose last tensor is wrong': [
    () =>
      safetensors(
        `{"a":{"dtype":"U8","shape":[${32 * MB}],"data_offsets":[0,${32 * MB}]},"b":{"dtype":"U8","shape":[1],"data_offsets":[${32 * MB},${32 * MB}]}}`,
        32 * MB,
      ),
    loadSafetensors,
  ],
  'an IDX file that is a byte short': [() => idx(32 * MB).subarray(0, -1), loadIdx],
  'a gzip bomb of a hundred times its size whose checksum is wrong': [
    () => {
      const whole = idx(80 * MB);
      whole.set(sparse(80 * MB - 8), 8);
      const packed = gzipSync(whole, { level: 1 });
      packed[packed.length - 6]! ^= 1;
      return packed;
    },
    loadIdx,
  ],
  'a gzipped IDX file of six times its size whose checksum is wrong': [
    () => {
      const whole = idx(160 * MB);
      // Three values, in an order without a pattern: a bit and a half each
      for (let i = 8, state = 1; i < whole.length; i++) {
        state = (Math.imul(state, 1664525) + 1013904223) | 0;
        whole[i] = (state >>> 16) % 3;
      }
      const packed = gzipSync(whole, { level: 1 });
      packed[packed.length - 6]! ^= 1;
      return packed;
    },
    loadIdx,
  ],
  'a gzip bomb that holds more than it says': [
    () => {
      const whole = idx(80 * MB);
      whole.writeUInt32BE(40 * MB, 4);
      const packed = gzipSync(whole, { level: 1 });
      packed.writeUInt32LE(40 * MB + 8, packed.length - 4);
      return packed;
    },
    loadIdx,
  ],
  'an npy file that is a byte long': [
    () => Buffer.concat([npyBytes(new Tensor(new Float32Array(16 * MB), [16 * MB])), Buffer.of(0)]),
    loadNpy,
  ],
  'an npz file whose last entry is wrong': [(file) => damagedNpz(file, false), loadNpz],
  'an npz bomb whose checksum is wrong': [(file) => damagedNpz(file, true), loadNpz],
  'a manifest of nested lists': [
    () => Buffer.from('[[],'.repeat(8 * MB)),
    (path) => loadCheckpoint(dirname(dirname(path))),
  ],
};

function damagedNpz(file: string, compressed: boolean): Buffer {
  const array = compressed ? sparse(80 * MB) : new Uint8Array(32 * MB);
  saveNpz(file, { a: new Tensor(array, [array.length]) }, { compressed });
  const bytes = readFileSync(file);
  bytes[bytes.indexOf('PK\x01\x02', bytes.length - 200, 'latin1') + 16]! ^= 1;
  return bytes;
}

const [, script, kind = '', file = ''] = process.argv;
if (script === fileURLToPath(import.meta.url)) {
  const [, read] = KINDS[kind]!;
  const before = {
    rss: process.memoryUsage().rss,
    most: process.resourceUsage().maxRSS,
    cpu: process.cpuUsage(),
  };
  let refused = false;
  try {
    read(file);
  } catch (error) {
    refused = error instanceof FileError;
  }
  const { user, system } = process.cpuUsage(before.cpu);
  const most = process.resourceUsage().maxRSS;
  // A peak no higher than that of starting up is none of the file's.
  const peak = most > before.most ? most * 1024 - before.rss : 0;
  console.log(JSON.stringify({ refused, peak, size: statSync(file).size, seconds: (user + system) / 1e6 }));
}
