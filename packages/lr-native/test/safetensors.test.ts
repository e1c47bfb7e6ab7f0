import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import {
  FileError,
  Tensor,
  fromTypedArray,
  loadSafetensors,
  nn,
  readSafetensors,
  saveSafetensors,
  tensor,
} from '../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'lr-safetensors-'));
const path = join(folder, 'x.safetensors');
afterAll(() => rmSync(folder, { recursive: true }));

function write(header: unknown, body: Uint8Array = new Uint8Array(0), length?: bigint): void {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(length ?? BigInt(json.length));
  writeFileSync(path, Buffer.concat([prefix, json, body]));
}

describe('safetensors', () => {
  it('saves and loads every type, with text', () => {
    const record = {
      flags: tensor(Uint8Array.of(1, 0, 255)),
      mask: new Tensor(Uint8Array.of(1, 0), [2], 'bool'),
      weight: tensor([
        [1.5, -0],
        [NaN, Infinity],
      ]),
      scalar: tensor(7, { shape: [] }),
      empty: tensor([[], []]),
      index: tensor(BigInt64Array.of(-1n, 2n ** 40n)),
      double: tensor(Float64Array.of(1 / 3)),
      int: tensor(Int32Array.of(-5)),
      ['__proto__']: tensor([1]),
    };
    saveSafetensors(path, record, { format: 'pt', note: 'ü' });
    const { tensors, metadata } = readSafetensors(path);
    expect(metadata).toEqual({ format: 'pt', note: 'ü' });
    expect(Object.keys(tensors).sort()).toEqual(Object.keys(record).sort());
    for (const [name, { dtype, shape, data }] of Object.entries(record)) {
      const loaded = Object.entries(tensors).find(([key]) => key === name)![1];
      expect([loaded.dtype, loaded.shape, loaded.data]).toEqual([dtype, shape, data]);
    }
    expect(readdirSync(folder)).toEqual(['x.safetensors']);
  });

  it('carries a model', () => {
    const [a, b] = [new nn.Linear(3, 2), new nn.Linear(3, 2)];
    saveSafetensors(path, a.stateDict());
    b.loadStateDict(loadSafetensors(path));
    expect(b.weight.data).toEqual(a.weight.data);
  });

  it('reads half precision exactly', () => {
    // 1, -2, 65504, 2^-24, 2^-14, -0, inf, 1/3
    const half = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400, 0x8000, 0x7c00, 0x3555);
    write({ x: { dtype: 'F16', shape: [8], data_offsets: [0, 16] } }, new Uint8Array(half.buffer));
    expect(Array.from(loadSafetensors(path)['x']!.data as Float32Array)).toEqual([
      1,
      -2,
      65504,
      2 ** -24,
      2 ** -14,
      -0,
      Infinity,
      0.333251953125,
    ]);
    write(
      { x: { dtype: 'BF16', shape: [2], data_offsets: [0, 4] } },
      new Uint8Array(Uint16Array.of(0x3f80, 0xc049).buffer),
    );
    expect(Array.from(loadSafetensors(path)['x']!.data as Float32Array)).toEqual([1, -3.140625]);
  });

  it('reads every type as the Python library and PyTorch do', () => {
    const fixture = new URL('./fixtures/', import.meta.url);
    const expected = JSON.parse(readFileSync(new URL('safetensors.json', fixture), 'utf8')) as Record<
      string,
      { shape: number[]; values: (number | string)[] }
    >;
    const { tensors, metadata } = readSafetensors(fileURLToPath(new URL('all-types.safetensors', fixture)));
    expect(metadata).toEqual({ format: 'pt', note: 'zwölf "Zoll"' });
    expect(Object.keys(tensors).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, { shape, values }] of Object.entries(expected)) {
      const { data, shape: read } = tensors[name]!;
      expect(read, name).toEqual(shape);
      const given = Array.from(data as ArrayLike<number | bigint>, (value) =>
        typeof value === 'bigint' || !Number.isFinite(value) || Object.is(value, -0)
          ? Object.is(value, -0)
            ? '-0'
            : String(value)
          : value,
      );
      expect(given, name).toEqual(values);
    }
  });

  it('refuses unsigned values that do not fit, and six-bit floats', () => {
    write({ x: { dtype: 'U64', shape: [1], data_offsets: [0, 8] } }, new Uint8Array(8).fill(255));
    expect(() => loadSafetensors(path)).toThrow(
      /values below 2\^63 in "x" but received 18446744073709551615/,
    );
    write({ x: { dtype: 'F6_E2M3', shape: [4], data_offsets: [0, 3] } }, new Uint8Array(3));
    expect(() => loadSafetensors(path)).toThrow(/a type that tensors can hold but received F6_E2M3/);
  });

  it('four-bit floats: two in a byte, the low half first', () => {
    write({ x: { dtype: 'F4', shape: [4], data_offsets: [0, 2] } }, Uint8Array.of(0x21, 0xf8));
    expect(Array.from(loadSafetensors(path)['x']!.data as Float32Array)).toEqual([0.5, 1, -0, -6]);
  });

  const f32 = (shape: unknown, offsets: unknown): object => ({
    x: { dtype: 'F32', shape, data_offsets: offsets },
  });
  const four = new Uint8Array(16);
  it.each<[string, () => void, RegExp]>([
    ['no file', () => rmSync(path, { force: true }), /to be a readable file/],
    ['empty', () => writeFileSync(path, ''), /begin with 8 bytes/],
    ['short', () => writeFileSync(path, new Uint8Array(7)), /begin with 8 bytes/],
    ['header longer than the file', () => write('{}', four, 1000n), /have the header of 1000 bytes/],
    ['header of 2^63 bytes', () => write('{}', four, 2n ** 63n), /have the header of/],
    ['no JSON', () => write('{"x":'), /the end of the header/],
    ['no UTF-8', () => write(Buffer.from([0x7b, 0xff, 0x7d]).toString('latin1')), /JSON/],
    ['no object', () => write('[1]'), /have a JSON object as its header/],
    ['no entry', () => write({ x: 1 }), /describe "x" by dtype/],
    [
      'unknown type',
      () => write({ x: { dtype: 'F8', shape: [], data_offsets: [0, 1] } }),
      /give "x" a dtype of/,
    ],
    [
      'type of the prototype',
      () => write({ x: { dtype: 'toString', shape: [], data_offsets: [0, 1] } }),
      /a dtype of/,
    ],
    ['negative length', () => write(f32([-1], [0, 4]), four), /a shape of integers >= 0/],
    ['no shape', () => write(f32(undefined, [0, 16]), four), /describe "x" by dtype, shape/],
    ['huge shape', () => write(f32([2 ** 40, 2 ** 40], [0, 16]), four), /bytes for "x"/],
    ['one offset', () => write(f32([4], [0]), four), /two data_offsets/],
    ['offsets in reverse', () => write(f32([4], [16, 0]), four), /two data_offsets/],
    ['fewer bytes than the shape', () => write(f32([4], [0, 12]), four), /have 16 bytes for "x"/],
    ['a gap', () => write(f32([3], [4, 16]), four), /begin at 0/],
    ['bytes at the end', () => write(f32([3], [0, 12]), four), /have 12 bytes of elements/],
    ['bytes missing', () => write(f32([8], [0, 32]), four), /have 32 bytes of elements/],
    [
      'overlap',
      () =>
        write(
          {
            x: { dtype: 'F32', shape: [4], data_offsets: [0, 16] },
            y: { dtype: 'F32', shape: [1], data_offsets: [12, 16] },
          },
          four,
        ),
      /begin at 16/,
    ],
    ['metadata that is no text', () => write({ __metadata__: { a: 1 } }), /strings as __metadata__/],
  ])('refuses a file: %s', (_, make, text) => {
    make();
    expect(() => loadSafetensors(path)).toThrow(FileError);
    expect(() => loadSafetensors(path)).toThrow(text);
  });

  it('reads or refuses any damaged file', () => {
    saveSafetensors(path, { a: tensor([1, 2, 3]), b: tensor(Int32Array.of(1)) }, { k: 'v' });
    const good = readFileSync(path);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, value, end) => {
        const bad = Buffer.from(good);
        bad[at] = value;
        writeFileSync(path, bad.subarray(0, Math.max(end, at)));
        try {
          loadSafetensors(path);
        } catch (error) {
          expect(error).toBeInstanceOf(FileError);
        }
      }),
    );
  });

  it('writes nothing where an argument is wrong', () => {
    rmSync(path, { force: true });
    const save = (record: unknown, metadata?: unknown) => () =>
      saveSafetensors(path, record as Record<string, Tensor>, metadata as Record<string, string>);
    expect(save({ x: [1] })).toThrow(
      '[saveSafetensors] expected record["x"] to be a Tensor but received [1]',
    );
    expect(save({ __metadata__: tensor([1]) })).toThrow(
      '[saveSafetensors] expected a name to be any but __metadata__',
    );
    expect(save({ x: tensor([1]) }, { a: 1 })).toThrow(
      '[saveSafetensors] expected metadata["a"] to be a string but received 1',
    );
    expect(save(null)).toThrow(
      '[saveSafetensors] expected record to be a record of tensors but received null',
    );
    expect(readdirSync(folder)).toEqual([]);
    expect(() => saveSafetensors(join(folder, 'no', 'x'), { x: fromTypedArray(Float32Array.of(1)) })).toThrow(
      /ENOENT/,
    );
  });
});
