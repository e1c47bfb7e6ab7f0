/**
 * Files made from good ones by what goes wrong with files, and by what somebody who means harm would do: bits, bytes and
 * numbers changed, parts cut, doubled, moved or put in, JSON and protocol words in wrong places.
 *
 * LR_FUZZ is how many files of each format a test makes, for instance 10000; without it, a few hundred.
 */
import fc from 'fast-check';
import { expect } from 'vitest';
import { FileError } from '../src/index.ts';

export const RUNS = Number(process.env['LR_FUZZ'] || 300);
/** Milliseconds for that many. */
export const TIMEOUT = 120_000 + 200 * RUNS;

const EXTREMES = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];
const WORDS = [
  ...['{', '}', '[', ']', ',', ':', '"', '\\', '\\u0000', 'null', '-1', '1e999', '9007199254740993', '0.5'],
  ...[
    '"__proto__"',
    '"constructor"',
    '"dtype"',
    '"shape"',
    '"data_offsets"',
    '../../etc/passwd',
    '\uFEFF',
    '\xff',
  ],
  ...["'descr'", "'O'", '(1,)', 'PK\x01\x02', 'PK\x03\x04', '\x1f\x8b', '{"__proto__":{"polluted":1}}'],
];

type Edit = (bytes: Buffer) => Buffer;
const splice = (bytes: Buffer, at: number, cut: number, put: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + cut)]);

const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(place, fc.nat(255)).map(
    ([at, value]): Edit =>
      (bytes) =>
        splice(bytes, at * bytes.length, 1, Buffer.of(value)),
  ),
  fc.tuple(place, fc.nat(7)).map(([at, bit]): Edit => (bytes) => {
    const copy = Buffer.from(bytes);
    if (copy.length > 0) copy[Math.floor(at * copy.length)]! ^= 1 << bit;
    return copy;
  }),
  fc
    .tuple(place, fc.constantFrom(...EXTREMES), fc.constantFrom(1, 2, 4, 8), fc.boolean())
    .map(([at, value, width, little]): Edit => (bytes) => {
      const number = Buffer.alloc(8);
      if (little) number.writeUInt32LE(value >>> 0);
      else number.writeUInt32BE(value >>> 0, 4);
      return splice(
        bytes,
        at * bytes.length,
        width,
        little ? number.subarray(0, width) : number.subarray(8 - width),
      );
    }),
  fc.tuple(place, fc.constantFrom(...WORDS), fc.boolean()).map(([at, word, over]): Edit => (bytes) => {
    const put = Buffer.from(word, 'latin1');
    return splice(bytes, at * bytes.length, over ? put.length : 0, put);
  }),
  place.map(
    (at): Edit =>
      (bytes) =>
        bytes.subarray(0, at * bytes.length),
  ),
  fc.tuple(place, place, place).map(([from, to, at]): Edit => (bytes) => {
    const [a, b] = [Math.min(from, to), Math.max(from, to)];
    return splice(bytes, at * bytes.length, 0, bytes.subarray(a * bytes.length, b * bytes.length));
  }),
  fc.tuple(place, fc.nat(40)).map(
    ([at, cut]): Edit =>
      (bytes) =>
        splice(bytes, at * bytes.length, cut, Buffer.alloc(0)),
  ),
  fc.uint8Array({ maxLength: 40 }).map(
    (tail): Edit =>
      (bytes) =>
        Buffer.concat([bytes, tail]),
  ),
);

/** One of `files` with one to four things done to it. */
export function damaged(...files: readonly Uint8Array[]): fc.Arbitrary<Buffer> {
  return fc
    .tuple(fc.constantFrom(...files), fc.array(edit, { minLength: 1, maxLength: 4 }))
    .map(([file, edits]) => edits.reduce<Buffer>((bytes, change) => change(bytes), Buffer.from(file)));
}

/**
 * Reads every file that `files` makes: each is read, or refused with a FileError, within a second of computing, and nothing gets a
 * property that it has not. `kept` are files that once went wrong.
 */
export function expectReadOrRefused(
  files: fc.Arbitrary<Buffer>,
  read: (bytes: Buffer) => unknown,
  kept: readonly Buffer[] = [],
): void {
  let refused = 0;
  fc.assert(
    fc.property(files, (bytes) => {
      const before = process.cpuUsage();
      try {
        read(bytes);
      } catch (error) {
        refused++;
        expect(error).toBeInstanceOf(FileError);
      }
      const { user, system } = process.cpuUsage(before);
      expect(user + system).toBeLessThan(1e6);
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    }),
    { numRuns: RUNS, examples: kept.map((bytes) => [bytes]) },
  );
  expect(refused).toBeGreaterThan(RUNS / 2);
}
