/** Files made to break a reader: each is read or refused with a FileError, whatever it says. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FileError, parseSafetensors } from '../src/index.ts';
import { RUNS } from './damage.ts';

function file(header: string | Uint8Array, body: Uint8Array): Uint8Array {
  const json = Buffer.from(header as string);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, body]);
}

const size = fc.oneof(
  { weight: 5, arbitrary: fc.nat(4) },
  fc.constantFrom(-1, 1.5, 2 ** 31, 2 ** 53, 1e300, '4', null, true, [2]),
);
const entry = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record(
      {
        dtype: fc.constantFrom('F32', 'U8', 'I64', 'BF16', 'F5', '', '__proto__', 7),
        shape: fc.oneof(
          { weight: 6, arbitrary: fc.array(size, { maxLength: 4 }) },
          fc.constant({ length: 2 }),
        ),
        data_offsets: fc.oneof(
          { weight: 6, arbitrary: fc.tuple(size, size) },
          fc.array(size, { maxLength: 3 }),
        ),
      },
      { requiredKeys: [] },
    ),
  },
  fc.constantFrom(null, 5, 'x', [], {}),
);
const name = fc.constantFrom('a', 'b', 'weight', '', '__proto__', 'constructor', '__metadata__', 'é\u0000');

describe('safetensors from elsewhere', () => {
  it('any header is read or refused', () => {
    let read = 0;
    fc.assert(
      fc.property(fc.dictionary(name, entry, { maxKeys: 3 }), fc.nat(20), (header, bytes) => {
        try {
          const { tensors } = parseSafetensors(file(JSON.stringify(header), new Uint8Array(bytes)));
          read++;
          const total = Object.values(tensors).reduce((sum, { data }) => sum + data.length, 0);
          expect(total).toBeLessThanOrEqual(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(FileError);
        }
      }),
      { numRuns: RUNS },
    );
    expect(read).toBeGreaterThan(0);
    expect(({} as Record<string, unknown>)['dtype']).toBeUndefined();
  });

  const x = '{"dtype":"U8","shape":[1],"data_offsets":[0,1]}';
  it.each<[string, string | Uint8Array, RegExp]>([
    ['a tensor twice', `{"x":${x},"x":${x}}`, /have every key of its header once/],
    ['a tensor twice, once escaped', `{"x":${x},"\\u0078":${x}}`, /have every key of its header once/],
    [
      'a field twice',
      '{"x":{"dtype":"F64","dtype":"U8","shape":[1],"data_offsets":[0,1]}}',
      /every key of its header once/,
    ],
    ['deep nesting', '['.repeat(100_000), /have a JSON object as its header/],
    [
      'deep nesting that closes',
      `{"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      /describe "x" by dtype/,
    ],
    [
      'bytes that are no UTF-8',
      Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d),
      /have a header of JSON/,
    ],
    ['a byte order mark', `\uFEFF{"x":${x}}`, /have a JSON object as its header/],
    ['half a surrogate pair in a name', `{"\\ud800":${x}}`, /is not Unicode text/],
    ['an unknown field', '{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"note":1}}', /describe "x" by/],
    ['a number as float', '{"x":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}', /a shape of integers/],
    ['a leading zero', '{"x":{"dtype":"U8","shape":[01],"data_offsets":[0,1]}}', /a shape of integers/],
    [
      'a shape whose product overflows to 0 or 1',
      `{"x":{"dtype":"U8","shape":[${2 ** 32},${2 ** 32},${2 ** 32}],"data_offsets":[0,1]}}`,
      /bytes for "x"/,
    ],
    [
      'a shape of infinity times 0',
      `{"x":{"dtype":"U8","shape":[${'9007199254740991,'.repeat(30)}0],"data_offsets":[0,0]}}`,
      /bytes for "x"/,
    ],
    [
      '65 dimensions',
      `{"x":{"dtype":"U8","shape":[${'1,'.repeat(64)}1],"data_offsets":[0,1]}}`,
      /more than 64/,
    ],
    ['a second value', `{"x":${x}} {}`, /nothing after the JSON/],
    ['a comma at the end', `{"x":${x},}`, /have a header of JSON/],
    ['metadata twice', `{"__metadata__":{},"x":${x},"__metadata__":{}}`, /every key of its header once/],
    ['text twice', `{"__metadata__":{"a":"1","a":"2"},"x":${x}}`, /every key of its header once/],
    [
      'four-bit floats that end in half a byte',
      '{"x":{"dtype":"F4","shape":[1],"data_offsets":[0,1]}}',
      /bytes for "x"/,
    ],
  ])('refuses %s', (_, header, text) => {
    const parse = (): unknown => parseSafetensors(file(header, new Uint8Array(1)));
    expect(parse).toThrow(FileError);
    expect(parse).toThrow(text);
  });

  it('keys that look like keys inside strings are not counted', () => {
    const bytes = file(`{"__metadata__":{"a\\":":"\\"b\\": {\\"c\\":1}"},"x" : ${x}}`, new Uint8Array(1));
    expect(parseSafetensors(bytes).metadata).toEqual({ 'a":': '"b": {"c":1}' });
  });
});
