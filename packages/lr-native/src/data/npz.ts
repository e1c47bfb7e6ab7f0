/**
 * NumPy's .npz format: a ZIP archive of .npy files, stored or deflated. Such files are hostile input: every offset and
 * length is checked before it is used, what unpacks to more than it says is refused, and names are only ever keys.
 */
import { checkType } from '@org/lr-core';
import { zlib } from '../builtins.ts';
import type { DType } from '../dtype.ts';
import { checkFile, readWholeFile, writeFileAtomic } from '../file.ts';
import type { Tensor } from '../tensor.ts';
import { npyBytes, parseNpy } from './npy.ts';
import { unpack } from './unpack.ts';

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const STORED = 0;
const DEFLATED = 8;
/**
 * The tensors of a .npz file by name.
 *
 * @throws FileError for anything but a well-formed archive of .npy files
 */
export function loadNpz(path: string): Map<string, Tensor<DType>> {
  return parseNpz(readWholeFile('loadNpz', path), path);
}

/**
 * As `loadNpz`, of bytes in memory. `name` stands for the file in errors.
 *
 * @throws FileError
 */
export function parseNpz(bytes: Uint8Array, name = 'the data'): Map<string, Tensor<DType>> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tensors = new Map<string, Tensor<DType>>();
  let end = 0; // of the entry before: entries that overlap could unpack to far more than the file
  for (const entry of readDirectory(name, buffer).sort((a, b) => a.offset - b.offset)) {
    const { key } = entry;
    checkFile(!tensors.has(key), 'loadNpz', name, 'have each array once', `${JSON.stringify(key)} twice`);
    checkFile(entry.offset >= end, 'loadNpz', name, 'have entries that do not overlap', JSON.stringify(key));
    const packed = readEntry(name, buffer, entry);
    end = packed.end;
    tensors.set(key, parseNpy(unpackEntry(name, packed.data, entry), `${name}: ${key}.npy`));
  }
  return tensors;
}

interface Entry {
  key: string;
  method: number;
  crc: number;
  packedBytes: number;
  bytes: number;
  /** Of the local header. */
  offset: number;
  /** Where the central directory begins, which is where the last entry ends at the latest. */
  limit: number;
}

function readDirectory(name: string, buffer: Buffer): Entry[] {
  const op = 'loadNpz';
  const endAt = buffer.length - 22; // no comment: NumPy writes none
  const ends = endAt >= 0 && buffer.readUInt32LE(endAt) === END && buffer.readUInt16LE(endAt + 20) === 0;
  checkFile(
    ends,
    op,
    name,
    'be a ZIP archive without a comment',
    `${buffer.length} bytes that do not end like one`,
  );
  const count = buffer.readUInt16LE(endAt + 10);
  const size = buffer.readUInt32LE(endAt + 12);
  const start = buffer.readUInt32LE(endAt + 16);
  const oneDisk = buffer.readUInt32LE(endAt + 4) === 0 && buffer.readUInt16LE(endAt + 8) === count;
  const fits = oneDisk && start + size === endAt;
  checkFile(
    fits,
    op,
    name,
    'have its directory before its end',
    `${count} entries in ${size} bytes at ${start}`,
  );
  const entries: Entry[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    const whole = at + 46 <= endAt && buffer.readUInt32LE(at) === CENTRAL;
    checkFile(whole, op, name, `have ${count} entries in its directory`, `${i}`);
    const nameBytes = buffer.readUInt16LE(at + 28);
    const next = at + 46 + nameBytes + buffer.readUInt16LE(at + 30) + buffer.readUInt16LE(at + 32);
    checkFile(next <= endAt, op, name, `have ${count} entries in its directory`, `${i}`);
    const file = buffer.toString('utf8', at + 46, at + 46 + nameBytes);
    checkFile(file.endsWith('.npy'), op, name, 'hold .npy files', JSON.stringify(file.slice(0, 80)));
    const flags = buffer.readUInt16LE(at + 8);
    checkFile((flags & 1) === 0, op, name, 'not be encrypted', JSON.stringify(file.slice(0, 80)));
    entries.push({
      key: file.slice(0, -'.npy'.length),
      method: buffer.readUInt16LE(at + 10),
      crc: buffer.readUInt32LE(at + 16),
      packedBytes: buffer.readUInt32LE(at + 20),
      bytes: buffer.readUInt32LE(at + 24),
      offset: buffer.readUInt32LE(at + 42),
      limit: start,
    });
    at = next;
  }
  checkFile(at === endAt, op, name, `have ${count} entries in its directory`, 'more');
  return entries;
}

function readEntry(name: string, buffer: Buffer, entry: Entry): { data: Buffer; end: number } {
  const { key, offset, packedBytes, limit } = entry;
  const whole = offset + 30 <= limit && buffer.readUInt32LE(offset) === LOCAL;
  checkFile(whole, 'loadNpz', name, `hold ${key}.npy at ${offset}`, 'something else');
  const start = offset + 30 + buffer.readUInt16LE(offset + 26) + buffer.readUInt16LE(offset + 28);
  const end = start + packedBytes;
  checkFile(
    end <= limit,
    'loadNpz',
    name,
    `hold ${packedBytes} bytes of ${key}.npy at ${start}`,
    `${limit - start}`,
  );
  return { data: buffer.subarray(start, end), end };
}

function unpackEntry(name: string, data: Buffer, entry: Entry): Uint8Array {
  const op = 'loadNpz';
  const { key, method, bytes, crc } = entry;
  const known = method === STORED || method === DEFLATED;
  checkFile(known, op, name, `hold ${key}.npy stored or deflated`, `compression method ${method}`);
  if (method === STORED)
    checkFile(data.length === bytes, op, name, `hold ${bytes} bytes of ${key}.npy`, `${data.length}`);
  if (method === DEFLATED) return unpack(op, name, data, bytes, ` of ${key}.npy`, 'deflate', crc);
  const sum = zlib().crc32(data);
  checkFile(sum === crc, op, name, `hold ${key}.npy with the checksum ${crc}`, `${sum}`);
  return data;
}

export interface SaveNpzOptions {
  /** Deflate the arrays, as numpy.savez_compressed. Default false. */
  compressed?: boolean;
}

/**
 * Writes tensors by name as a .npz file that is whole or not there.
 *
 * @throws ArgumentError for a name that is no plain key
 */
export function saveNpz(
  path: string,
  tensors: Readonly<Record<string, Tensor<DType>>> | ReadonlyMap<string, Tensor<DType>>,
  options: SaveNpzOptions = {},
): void {
  const { constants, crc32, deflateRawSync } = zlib();
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [key, tensor] of tensors instanceof Map ? tensors : Object.entries(tensors)) {
    const file = Buffer.from(`${key}.npy`);
    checkType(key !== '' && file.length <= 0xffff, 'saveNpz', 'a name', 'of 1 to 65531 bytes', key);
    const content = npyBytes(tensor);
    const deflated = options.compressed ?? false;
    const packed = deflated ? deflateRawSync(content, { level: constants.Z_BEST_SPEED }) : content;
    const small = offset + packed.length < 0xffffffff && content.length < 0xffffffff;
    checkType(small, 'saveNpz', 'tensors', 'less than 4 GiB in all', key);
    // What both headers share: version 2.0, UTF-8 names, method, 1 January 1980, checksum, sizes, name.
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0);
    shared.writeUInt16LE(0x0800, 2);
    shared.writeUInt16LE(deflated ? DEFLATED : STORED, 4);
    shared.writeUInt16LE(0x21, 8);
    shared.writeUInt32LE(crc32(content), 10);
    shared.writeUInt32LE(packed.length, 14);
    shared.writeUInt32LE(content.length, 18);
    shared.writeUInt16LE(file.length, 22);
    parts.push(Buffer.concat([word(LOCAL), shared, file]), Buffer.from(packed));
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([word(CENTRAL), Buffer.from([20, 0]), shared, tail, file]));
    offset += 30 + file.length + packed.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(directory.length, 4);
  end.writeUInt16LE(directory.length, 6);
  end.writeUInt32LE(entries.length, 8);
  end.writeUInt32LE(offset, 12);
  writeFileAtomic(path, [...parts, entries, word(END), end]);
}

function word(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}
