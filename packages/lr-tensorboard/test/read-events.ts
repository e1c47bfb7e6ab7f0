/**
 * A reader of event files that shares nothing with the writer: its own CRC-32C, bit by bit, and its own walk over
 * protobuf's wire format.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}

export function masked(bytes: Uint8Array): number {
  const crc = BigInt(crc32c(bytes));
  return Number((((crc >> 15n) | (crc << 17n)) + 0xa282ead8n) & 0xffffffffn);
}

/** The TFRecords of `bytes`, framing included; throws where a checksum is wrong. An unfinished last one is left out. */
export function splitRecords(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const records: Uint8Array[] = [];
  let at = 0;
  while (at + 12 <= bytes.length) {
    const length = Number(view.getBigUint64(at, true));
    const end = at + length + 16;
    if (view.getUint32(at + 8, true) !== masked(bytes.subarray(at, at + 8)))
      throw new Error(`length crc at ${at}`);
    if (end > bytes.length) break;
    if (view.getUint32(end - 4, true) !== masked(bytes.subarray(at + 12, end - 4)))
      throw new Error(`crc at ${at}`);
    records.push(bytes.slice(at, end));
    at = end;
  }
  return records;
}

export type Fields = Map<number, (bigint | Uint8Array)[]>;

/** Fields by number: varints and fixed numbers as bigint, the rest as bytes. */
export function fields(bytes: Uint8Array): Fields {
  const out: Fields = new Map();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = view.getUint8(at++);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const type = key & 7;
    let value: bigint | Uint8Array;
    if (type === 0) value = varint();
    else if (type === 1) value = view.getBigUint64((at += 8) - 8, true);
    else if (type === 5) value = BigInt(view.getUint32((at += 4) - 4, true));
    else if (type === 2) {
      const length = Number(varint());
      value = bytes.subarray(at, (at += length));
    } else throw new Error(`wire type ${type}`);
    out.set(key >>> 3, [...(out.get(key >>> 3) ?? []), value]);
  }
  return out;
}

/** The message at a path of field numbers, the first of each. */
export function dig(bytes: Uint8Array, ...path: number[]): bigint | Uint8Array | undefined {
  return path.reduce<bigint | Uint8Array | undefined>(
    (message, number) => (message instanceof Uint8Array ? fields(message).get(number)?.[0] : undefined),
    bytes,
  );
}

export function asDouble(bits: unknown): number {
  return new Float64Array(BigUint64Array.of(bits as bigint).buffer)[0]!;
}

export function asFloat(bits: unknown): number {
  return new Float32Array(Uint32Array.of(Number(bits as bigint)).buffer)[0]!;
}

export function asText(bytes: unknown): string {
  return new TextDecoder().decode(bytes as Uint8Array);
}

export function eventFiles(dir: string): string[] {
  return readdirSync(dir)
    .filter((name) => name.startsWith('events.out.tfevents.'))
    .sort()
    .map((name) => join(dir, name));
}

/** The records of the only event file in `dir`. */
export function recordsOf(dir: string): Uint8Array[] {
  const [path, ...more] = eventFiles(dir);
  if (path === undefined || more.length > 0) throw new Error(`one event file expected in ${dir}`);
  return splitRecords(readFileSync(path));
}

/** Step, tag and value of every scalar in `dir`. */
export function scalarsOf(dir: string): { step: number; tag: string; value: number }[] {
  return recordsOf(dir).flatMap((record) => {
    const event = record.subarray(12, -4);
    const value = dig(event, 5, 1, 2);
    if (value === undefined) return [];
    return [{ step: Number(dig(event, 2) ?? 0n), tag: asText(dig(event, 5, 1, 1)), value: asFloat(value) }];
  });
}
