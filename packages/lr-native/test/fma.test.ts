import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fma32, fma64 } from '../src/fma.ts';

/** The double as numerator·2^exponent. */
function exact(value: number): { numerator: bigint; exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = (bits & 0xfffffffffffffn) | (biased === 0 ? 0n : 1n << 52n);
  return { numerator: value < 0 ? -fraction : fraction, exponent: Math.max(biased, 1) - 1075 };
}

/** a·b + c exactly, then rounded once to `bits` bits of mantissa, ties to even (normal numbers only). */
function reference(a: number, b: number, c: number, bits: number): number {
  const x = exact(a);
  const y = exact(b);
  const z = exact(c);
  const exponent = Math.min(x.exponent + y.exponent, z.exponent);
  const sum =
    ((x.numerator * y.numerator) << BigInt(x.exponent + y.exponent - exponent)) +
    (z.numerator << BigInt(z.exponent - exponent));
  const negative = sum < 0n;
  let magnitude = negative ? -sum : sum;
  const drop = BigInt(Math.max(0, magnitude.toString(2).length - bits));
  const rest = magnitude & ((1n << drop) - 1n);
  const half = drop === 0n ? 0n : 1n << (drop - 1n);
  magnitude >>= drop;
  if (drop > 0n && (rest > half || (rest === half && (magnitude & 1n) === 1n))) magnitude += 1n;
  const value = Number(magnitude) * 2 ** (exponent + Number(drop));
  return negative ? -value : value;
}

const scaled = (bits: number): fc.Arbitrary<number> =>
  fc
    .tuple(
      fc.bigInt({ min: -(2n ** BigInt(bits)) + 1n, max: 2n ** BigInt(bits) - 1n }),
      fc.integer({ min: -40, max: 40 }),
    )
    .map(([numerator, exponent]) => Number(numerator) * 2 ** exponent);

describe('fused multiply-add is rounded once', () => {
  it('in float32', () => {
    fc.assert(
      fc.property(scaled(24), scaled(24), scaled(24), (a, b, c) => {
        expect(fma32(a, b, c) + 0).toBe(reference(a, b, c, 24));
      }),
      { numRuns: 5000 },
    );
  });

  it('in float32 where two roundings are not one', () => {
    // a·b is 1 + 2^-24 in a double's reach; c moves the sum just off the middle between two float32 values.
    const a = 1 + 2 ** -12;
    const b = 1 - 2 ** -12;
    for (const c of [2 ** -24 + 2 ** -23, 2 ** -60, -(2 ** -60), 2 ** -24 + 2 ** -47, 2 ** -70]) {
      for (const [x, y, z] of [
        [a, b, c],
        [-a, b, c],
        [1, 1 + 2 ** -23, 2 ** -24 + 2 ** -47],
        [3, 2 ** -25, 1 + 2 ** -23],
      ] as const) {
        expect(fma32(x, y, Math.fround(z))).toBe(reference(x, y, Math.fround(z), 24));
      }
    }
    expect(fma32(1 + 2 ** -23, 2 ** -24, 1)).toBe(1 + 2 ** -23); // fround(a·b + c) loses the 2^-47 and ties to 1
  });

  it('in float64', () => {
    fc.assert(
      fc.property(scaled(53), scaled(53), scaled(53), (a, b, c) => {
        expect(fma64(a, b, c) + 0).toBe(reference(a, b, c, 53));
      }),
      { numRuns: 5000 },
    );
    expect(fma64(1 + 2 ** -52, 2 ** -53, 1)).toBe(1 + 2 ** -52);
    expect(fma64(0.1, 10, -1)).toBe(2 ** -54); // the rounding error of 0.1, times 10
  });
});
