import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as exactMath from '../src/exact-math.ts';

type Name = 'cos' | 'exp' | 'log' | 'pow';
interface Fixture {
  seed: number;
  count: number;
  functions: Record<
    Name,
    { random: { ranges: [number, number, string?][]; lastBytes: string }[]; hard: string[][] }
  >;
}

const fixture = JSON.parse(
  readFileSync(new URL('./fixtures/exact-math.json', import.meta.url), 'utf8'),
) as Fixture;
const names = Object.keys(fixture.functions) as Name[];
const call = (name: Name, [x, y]: number[]): number => exactMath[name](x!, y!);

/** Like `splitmix64` of the generator. */
function splitmix64(seed: bigint): () => bigint {
  let state = seed;
  return () => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let z = state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  };
}

const view = new DataView(new ArrayBuffer(8));
const fromHex = (hex: string): number => {
  view.setBigUint64(0, BigInt(`0x${hex}`));
  return view.getFloat64(0);
};
const lastByte = (x: number): number => {
  view.setFloat64(0, x);
  return view.getUint8(7);
};

describe.each(names)('exactMath.%s against mpmath', (name) => {
  const { random, hard } = fixture.functions[name];

  it('is correctly rounded at random arguments', () => {
    const next = splitmix64(BigInt(fixture.seed + names.indexOf(name)));
    for (const { ranges, lastBytes } of random) {
      const expected = Buffer.from(lastBytes, 'base64');
      expect(expected.length).toBe(fixture.count);
      for (let i = 0; i < fixture.count; i++) {
        const args = ranges.map(([low, high, kind]) => {
          const x = low + (high - low) * (Number(next() >> 11n) * 2 ** -53);
          return kind === undefined ? x : Math.trunc(x);
        });
        const ours = call(name, args);
        const rough = Math[name](args[0]!, args[1]!);
        const near = ours === rough || Math.abs(ours - rough) <= 1e-13 * Math.abs(rough) + 2e-323;
        if (!near || lastByte(ours) !== expected[i]) {
          expect.unreachable(
            `${name}(${args.join(', ')}) = ${ours}, Math has ${rough}, its last byte is ${expected[i]}`,
          );
        }
      }
    }
  });

  it('is correctly rounded at hard cases', () => {
    for (const row of hard) {
      const values = row.map(fromHex);
      const args = values.slice(0, -1);
      expect(call(name, args), `${name}(${args.join(', ')})`).toBe(values.at(-1));
    }
  });
});

describe('exactMath special values', () => {
  it.each([
    [NaN, NaN],
    [Infinity, NaN],
    [-Infinity, NaN],
    [0, 1],
    [-0, 1],
  ])('cos(%d) is %d', (x, y) => expect(exactMath.cos(x)).toBe(y));

  it.each([
    [NaN, NaN],
    [Infinity, Infinity],
    [-Infinity, 0],
    [1e308, Infinity],
    [-1e308, 0],
    [-0, 1],
  ])('exp(%d) is %d', (x, y) => expect(exactMath.exp(x)).toBe(y));

  it.each([
    [NaN, NaN],
    [-1, NaN],
    [-Infinity, NaN],
    [-0, -Infinity],
    [0, -Infinity],
    [1, 0],
    [Infinity, Infinity],
  ])('log(%d) is %d', (x, y) => expect(exactMath.log(x)).toBe(y));

  it("pow has C's special values, which differ from those of ** at 1 and -1", () => {
    const bases = [0, -0, 0.25, -0.25, 1, -1, 4, -4, Infinity, -Infinity, NaN];
    const exponents = [0, -0, 0.5, -0.5, 1, -1, 2, -2, 3, Infinity, -Infinity, NaN];
    for (const x of bases) {
      for (const y of exponents) {
        const expected = x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y;
        expect(exactMath.pow(x, y), `pow(${x}, ${y})`).toBe(expected);
      }
    }
  });

  it('pow(0.9, 4) is 0.6561, unlike 0.9 ** 4 in V8', () => expect(exactMath.pow(0.9, 4)).toBe(0.6561));
});

describe('exactMath properties', () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

  it('cos is even and within [-1, 1]', () => {
    fc.assert(
      fc.property(finite, (x) => {
        expect(exactMath.cos(-x)).toBe(exactMath.cos(x));
        expect(Math.abs(exactMath.cos(x))).toBeLessThanOrEqual(1);
      }),
      { numRuns: 1000 },
    );
  });

  it('exp and log do not decrease', () => {
    fc.assert(
      fc.property(finite, finite, (a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        expect(exactMath.exp(low)).toBeLessThanOrEqual(exactMath.exp(high));
        expect(exactMath.log(Math.abs(a)) <= exactMath.log(Math.abs(b))).toBe(
          Math.abs(a) <= Math.abs(b) || exactMath.log(Math.abs(a)) === exactMath.log(Math.abs(b)),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('pow agrees with exact arithmetic: squares, roots, powers of two', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 94906265 }), fc.integer({ min: -1074, max: 1023 }), (n, e) => {
        expect(exactMath.pow(n, 2)).toBe(n * n);
        expect(exactMath.pow(n * n, 0.5)).toBe(n);
        expect(exactMath.pow(2, e)).toBe(2 ** e);
        expect(exactMath.pow(n, -1)).toBe(1 / n);
      }),
      { numRuns: 500 },
    );
  });
});
