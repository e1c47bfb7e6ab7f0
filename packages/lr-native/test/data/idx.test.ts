import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadIdx, parseIdx } from '../../src/data/index.ts';
import { FileError } from '../../src/file.ts';
import { RUNS } from '../damage.ts';

/** An IDX file of that element type code and shape, with `body` after the header. */
function idx(code: number, shape: number[], body: Uint8Array | number[]): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  header.setUint16(0, 0);
  header.setUint8(2, code);
  header.setUint8(3, shape.length);
  shape.forEach((size, i) => header.setUint32(4 + 4 * i, size));
  return Buffer.concat([new Uint8Array(header.buffer), Uint8Array.from(body)]);
}

const good = idx(8, [2, 3], [1, 2, 3, 4, 5, 255]);

describe('parseIdx', () => {
  it.each([
    ['uint8', idx(0x08, [2], [7, 255]), 'uint8', [7, 255]],
    ['int8', idx(0x09, [2], [7, 255]), 'int32', [7, -1]],
    ['int16', idx(0x0b, [2], [1, 0, 255, 254]), 'int32', [256, -2]],
    ['int32', idx(0x0c, [1], [255, 255, 255, 253]), 'int32', [-3]],
    ['float32', idx(0x0d, [1], [0x3f, 0xc0, 0, 0]), 'float32', [1.5]],
    ['float64', idx(0x0e, [1], [0xbf, 0xf8, 0, 0, 0, 0, 0, 0]), 'float64', [-1.5]],
    ['no elements', idx(0x08, [0, 28, 28], []), 'uint8', []],
  ])('reads %s', (_, bytes, dtype, values) => {
    for (const file of [bytes, gzipSync(bytes)]) {
      const tensor = parseIdx(file);
      expect(tensor.dtype).toBe(dtype);
      expect(Array.from(tensor.data as Uint8Array)).toEqual(values);
    }
  });

  it('reads any shape, gzipped or not', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5), { minLength: 1, maxLength: 4 }), fc.boolean(), (shape, gzipped) => {
        const body = Uint8Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i);
        const bytes = idx(8, shape, body);
        const tensor = parseIdx(gzipped ? gzipSync(bytes) : bytes);
        expect(tensor.shape).toEqual(shape);
        expect(tensor.data).toEqual(body);
      }),
    );
  });

  it('shares no memory with the file', () => {
    const bytes = Uint8Array.from(good);
    const { data } = parseIdx(bytes);
    bytes.fill(0);
    expect(Array.from(data as Uint8Array)).toEqual([1, 2, 3, 4, 5, 255]);
  });
});

const zeros = (n: number): Uint8Array => new Uint8Array(n);
const retrailed = (bytes: Uint8Array, length: number): Uint8Array => {
  const copy = Buffer.from(bytes);
  copy.writeUInt32LE(length, copy.length - 4);
  return copy;
};

describe('a wrong file is a FileError that says what was expected and what came', () => {
  const gz = gzipSync(good);
  it.each<[string, Uint8Array, string]>([
    ['nothing', zeros(0), 'hold an IDX header but received 0 bytes'],
    ['three bytes', good.subarray(0, 3), 'hold an IDX header but received 3 bytes'],
    [
      'text',
      Buffer.from('<!DOCTYPE html>'),
      'begin with an IDX magic number 0x00000801 … 0x00000e08 but received 0x3c21444f',
    ],
    ['a type that is none', idx(0x0a, [1], [1]), 'begin with an IDX magic number'],
    ['no dimensions', idx(8, [], [1]), 'have 1 to 8 dimensions but received 0'],
    [
      '255 dimensions',
      idx(8, new Array<number>(255).fill(1), [1]),
      'have 1 to 8 dimensions but received 255',
    ],
    ['a cut header', good.subarray(0, 9), 'hold a header of 12 bytes but received 9 bytes'],
    ['a cut body', good.subarray(0, 15), 'hold 18 bytes, as its header says (2 x 3 uint8) but received 15'],
    [
      'a byte too many',
      Buffer.concat([good, zeros(1)]),
      'hold 18 bytes, as its header says (2 x 3 uint8) but received 19',
    ],
    [
      'huge dimensions',
      idx(8, [0xffffffff, 0xffffffff, 0xffffffff], []),
      'be of at most 4294967295 bytes but received',
    ],
    ['a product that wraps', idx(0x0e, [0x20000000, 8], [0]), 'be of at most 4294967295 bytes but received'],
    ['3 GB in 12 bytes', idx(8, [3_000_000_000], []), 'hold 3000000008 bytes'],
    ['cut gzip', gz.subarray(0, gz.length - 1), 'gzip trailer that says'],
    ['cut gzip header', gz.subarray(0, 5), 'hold an IDX header but received 0 bytes'],
    [
      'gzip with a wrong checksum',
      Buffer.from(gz).fill(7, gz.length - 8, gz.length - 4),
      'be gzipped data but received incorrect data check',
    ],
    ['gzip of text', gzipSync('hello world'), 'begin with an IDX magic number'],
    ['gzip that holds less', gzipSync(good.subarray(0, 15)), 'gzip trailer that says 15'],
    [
      'gzip that holds less and lies',
      retrailed(gzipSync(good.subarray(0, 15)), 18),
      'be gzipped data but received incorrect length check',
    ],
    ['gzip that holds more', gzipSync(Buffer.concat([good, zeros(9)])), 'gzip trailer that says 27'],
    [
      'a bomb that hides its size',
      retrailed(gzipSync(Buffer.concat([good, zeros(1e8)])), 18),
      'but received more',
    ],
    ['a bomb that admits its size', gzipSync(idx(8, [1e8], zeros(1e8))), 'hold at most 9'],
    ['gzip of damaged data', Buffer.from(gz).fill(255, 12, 20), 'be gzipped data but received'],
  ])('%s', (_, bytes, text) => {
    const before = process.memoryUsage().arrayBuffers;
    expect(() => parseIdx(bytes, 'train-images')).toThrow(FileError);
    expect(() => parseIdx(bytes, 'train-images')).toThrow(`[loadIdx] expected train-images to `);
    expect(() => parseIdx(bytes, 'train-images')).toThrow(text);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8e6);
  });

  it('whatever is changed, cut or added', () => {
    const files = [good, gz, idx(0x0d, [1, 1, 2], zeros(8)), gzipSync(idx(8, [3], [1, 2, 3]))];
    const damage = fc.record({
      file: fc.constantFrom(...files),
      at: fc.nat(60),
      byte: fc.nat(255),
      cut: fc.nat(60),
      added: fc.uint8Array({ maxLength: 9 }),
    });
    fc.assert(
      fc.property(damage, ({ file, at, byte, cut, added }) => {
        const bytes = Buffer.concat([file.subarray(0, Math.max(0, file.length - cut)), added]);
        if (bytes.length > 0) bytes[at % bytes.length] = byte;
        try {
          const { data, shape } = parseIdx(bytes);
          expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
        } catch (error) {
          expect(error).toBeInstanceOf(FileError);
        }
      }),
      { numRuns: RUNS },
    );
  });
});

describe('loadIdx', () => {
  let dir = '';
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'lr-idx-'));
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  it('reads a file', () => {
    const file = join(dir, 'x-idx2-ubyte.gz');
    writeFileSync(file, gzipSync(good));
    expect(loadIdx(file).toArray()).toEqual([
      [1, 2, 3],
      [4, 5, 255],
    ]);
  });

  it('names a file that is not there, or is a folder', () => {
    expect(() => loadIdx(join(dir, 'none'))).toThrow(
      `[loadIdx] expected ${join(dir, 'none')} to be a readable file`,
    );
    mkdirSync(join(dir, 'folder'));
    expect(() => loadIdx(join(dir, 'folder'))).toThrow('to be a regular file but received a directory');
  });
});
