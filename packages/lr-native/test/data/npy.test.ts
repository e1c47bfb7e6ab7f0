import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadNpy, loadNpz, parseNpy, parseNpz, saveNpy, saveNpz } from '../../src/data/index.ts';
import { npyBytes } from '../../src/data/npy.ts';
import { FileError } from '../../src/file.ts';
import { Tensor } from '../../src/tensor.ts';
import type { DType } from '../../src/dtype.ts';
import { RUNS } from '../damage.ts';

interface Fixtures {
  npy: { name: string; file: string; dtype: DType; shape: number[]; values: number[] }[];
  pickled: string;
  structured: string;
  complex: string;
  text: string;
  npz: string;
  npzCompressed: string;
  npzValues: Record<string, number[]>;
}
const fixtures = JSON.parse(
  readFileSync(new URL('../fixtures/npy.json', import.meta.url), 'utf8'),
) as Fixtures;
const decode = (base64: string): Buffer => Buffer.from(base64, 'base64');

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'lr-npy-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

describe('npy', () => {
  it.each(fixtures.npy)('reads NumPy’s $name', ({ file, dtype, shape, values }) => {
    const tensor = parseNpy(decode(file));
    expect(tensor.dtype).toBe(dtype);
    expect(tensor.shape).toEqual(shape);
    expect(Array.from(tensor.data as Float32Array, Number)).toEqual(values);
  });

  // What tensors hold is written as NumPy writes it.
  const native = ['float32', 'float64', 'uint8', 'int32', 'int64', 'scalar', 'one dimension', 'empty'];
  it.each(fixtures.npy.filter(({ name }) => native.includes(name)))(
    'writes NumPy’s bytes of $name',
    ({ file }) => {
      expect(Buffer.from(npyBytes(parseNpy(decode(file)))).toString('base64')).toBe(file);
    },
  );

  it('reads what it wrote, leaving no temporary file', () => {
    const file = join(dir, 'x.npy');
    const tensor = new Tensor(Float32Array.of(1, -0, NaN, Infinity, 5, 1e-45), [3, 2]);
    saveNpy(file, tensor);
    expect(loadNpy(file)).toEqual(tensor);
    expect(readdirSync(dir)).toEqual(['x.npy']);
    expect(() => saveNpy(file, [1] as never)).toThrow(
      '[saveNpy] expected tensor to be a Tensor but received [1]',
    );
    expect(() => loadNpy(join(dir, 'none.npy'))).toThrow('none.npy to be a readable file');
  });
});

/** A version 1 file with that header. */
function npy(header: string, body: Uint8Array = new Uint8Array(0)): Uint8Array {
  const start = Buffer.alloc(10);
  start.write('\x93NUMPY\x01\x00', 'latin1');
  start.writeUInt16LE(header.length, 8);
  return Buffer.concat([start, Buffer.from(header, 'latin1'), body]);
}
const good = Buffer.from(npyBytes(new Tensor(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3])));
const header = (shape: string, descr = '<f4', order = 'False'): string =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;

describe('a wrong .npy file is a FileError', () => {
  it.each<[string, Uint8Array, string]>([
    ['nothing', Buffer.alloc(0), 'begin with "\\x93NUMPY" but received ""'],
    ['only a magic string', good.subarray(0, 8), 'hold a header but received 8 bytes'],
    ['version 4', Buffer.from(good).fill(4, 6, 7), 'be of version 1, 2 or 3 but received version 4'],
    ['a cut header', good.subarray(0, 60), 'hold a header of 118 bytes but received 60 bytes in all'],
    [
      'a huge header',
      Buffer.from(good).fill(2, 6, 7).fill(255, 8, 12),
      'header of at most 65536 bytes but received 4294967295 bytes',
    ],
    [
      'a cut body',
      good.subarray(0, -1),
      'hold 152 bytes, as its header says (shape (2, 3), descr <f4) but received 151',
    ],
    ['a byte too many', Buffer.concat([good, Buffer.alloc(1)]), 'but received 153'],
    ['huge dimensions', npy(header('(4294967296, 4294967296, 4294967296, 0)')), ''],
    ['dimensions that overflow', npy(header('(9007199254740991, 9007199254740991)')), 'hold 3.245'],
    ['unsafe dimensions', npy(header('(99999999999999999999,)')), 'have the header'],
    ['negative dimensions', npy(header('(-1,)')), 'have the header'],
    ['a shape that is no tuple', npy(header('(3)')), 'have the header'],
    ['an expression', npy(header('(1+1,)')), 'have the header'],
    ['code', npy("__import__('os').system('true')"), 'have the header'],
    [
      'a key twice',
      npy("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}"),
      'have the header',
    ],
    ['a key too few', npy("{'descr': '<f4', 'shape': ()}"), 'have the header'],
    [
      'a key too many',
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (), 'x': 'y'}"),
      'have the header',
    ],
    ['__proto__', npy(header('()', '<__proto__')), 'have the header'],
    ['an unknown type', npy(header('()', '<f3')), 'have a descr of b1, u1, i1, u2'],
    ['unsigned 64 bits', npy(header('()', '<u8')), 'have a descr of b1, u1, i1, u2'],
    ['pickled objects', decode(fixtures.pickled), 'but received "|O'],
    ['records', decode(fixtures.structured), 'have the header'],
    ['complex numbers', decode(fixtures.complex), 'but received "<c8"'],
    ['text', decode(fixtures.text), 'but received "<U2"'],
  ])('%s', (_, bytes, text) => {
    if (text === '') return expect(parseNpy(bytes).size).toBe(0);
    expect(() => parseNpy(bytes, 'x.npy')).toThrow(FileError);
    expect(() => parseNpy(bytes, 'x.npy')).toThrow('[loadNpy] expected x.npy to ');
    return expect(() => parseNpy(bytes, 'x.npy')).toThrow(text);
  });
});

describe('npz', () => {
  it.each(['npz', 'npzCompressed'] as const)('reads NumPy’s %s', (name) => {
    const tensors = parseNpz(decode(fixtures[name]));
    const values = [...tensors].map(([key, { data }]) => [key, Array.from(data as Float32Array)]);
    expect(Object.fromEntries(values)).toEqual(fixtures.npzValues);
  });

  it.each([false, true])('reads what it wrote, compressed %s', (compressed) => {
    const tensors = new Map<string, Tensor<DType>>([
      ['x', new Tensor(new Float32Array(1000).fill(0.5), [10, 100])],
      ['__proto__', new Tensor(Int32Array.of(1, 2))],
      ['été', new Tensor(BigInt64Array.of(-5n), [])],
    ]);
    const file = join(dir, `x-${compressed}.npz`);
    saveNpz(file, tensors, { compressed });
    expect(loadNpz(file)).toEqual(tensors);
    saveNpz(file, { a: tensors.get('x')! }, { compressed });
    expect([...loadNpz(file).keys()]).toEqual(['a']);
    saveNpz(file, {});
    expect(loadNpz(file).size).toBe(0);
    expect(() => saveNpz(file, { '': tensors.get('x')! })).toThrow(
      '[saveNpz] expected a name to be of 1 to 65531 bytes',
    );
  });

  const archive = decode(fixtures.npz);
  const packed = decode(fixtures.npzCompressed);
  const directory = archive.readUInt32LE(archive.length - 6);
  const change = (bytes: Buffer, at: number, value: number): Buffer => {
    const copy = Buffer.from(bytes);
    copy.writeUInt32LE(value, at);
    return copy;
  };
  it.each<[string, Uint8Array, string]>([
    ['nothing', Buffer.alloc(0), 'be a ZIP archive without a comment'],
    ['a cut end', archive.subarray(0, -1), 'be a ZIP archive'],
    ['a directory elsewhere', change(archive, archive.length - 6, 0), 'have its directory before its end'],
    [
      'too few entries',
      change(archive, archive.length - 14, 0x00040004),
      'have 4 entries in its directory but received 3',
    ],
    [
      'too many entries',
      change(archive, archive.length - 14, 0x00020002),
      'have 2 entries in its directory but received more',
    ],
    ['an offset beyond', change(archive, directory + 42, 0xfffffff0), 'hold x.npy at 4294967280'],
    ['entries that overlap', change(archive, directory + 20, 0), 'hold 224 bytes of x.npy but received 0'],
    ['a size beyond', change(archive, directory + 20, 0xfffffff0), 'hold 4294967280 bytes of x.npy'],
    ['a wrong checksum', change(archive, directory + 16, 1), 'with the checksum 1 but received'],
    [
      'a size that is not so',
      change(packed, packed.readUInt32LE(packed.length - 6) + 24, 5),
      'hold 5 bytes of x.npy but received more',
    ],
    [
      'a bomb that admits it',
      change(packed, packed.readUInt32LE(packed.length - 6) + 24, 2e9),
      'hold at most 1048576 bytes of x.npy',
    ],
    ['an encrypted entry', change(archive, directory + 8, 1), 'not be encrypted'],
    [
      'another compression',
      change(archive, directory + 10, 9),
      'stored or deflated but received compression method 9',
    ],
  ])('refuses %s', (_, bytes, text) => {
    expect(() => parseNpz(bytes, 'x.npz')).toThrow(FileError);
    expect(() => parseNpz(bytes, 'x.npz')).toThrow(text);
  });

  it('refuses an archive whose entries share their data', () => {
    // Both directory entries lead to the first file: unpacked, it would count twice.
    const start = packed.readUInt32LE(packed.length - 6);
    const second = start + 46 + packed.readUInt16LE(start + 28) + packed.readUInt16LE(start + 30);
    expect(() => parseNpz(change(packed, second + 42, packed.readUInt32LE(start + 42)))).toThrow(
      'do not overlap',
    );
  });
});

describe('whatever is changed, cut or added to a file', () => {
  it('is read or refused', () => {
    const files = [
      good,
      decode(fixtures.npy[14]!.file),
      decode(fixtures.npz),
      decode(fixtures.npzCompressed),
      deflateRawSync(good),
    ];
    const damage = fc.record({
      file: fc.constantFrom(...files),
      changes: fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { maxLength: 3 }),
      cut: fc.oneof(fc.constant(0), fc.nat(200)),
      added: fc.uint8Array({ maxLength: 5 }),
    });
    fc.assert(
      fc.property(damage, ({ file, changes, cut, added }) => {
        const bytes = Buffer.concat([file.subarray(0, Math.max(0, file.length - cut)), added]);
        for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
        for (const parse of [parseNpy, parseNpz]) {
          try {
            parse(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(FileError);
          }
        }
      }),
      { numRuns: RUNS },
    );
  });
});
