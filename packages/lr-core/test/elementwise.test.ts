/** Formulas compiled to WebAssembly and interpreted have the same bits, whatever the length. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import fc from 'fast-check';
import { applier, type Formula } from '../src/reference/elementwise.ts';
import { lerp, maximum } from '../src/reference/float32.ts';
import { Adam, Param } from '../src/index.ts';
import { fastestHost, interpreterHost } from '../src/reference/host.ts';
import * as formulas from '../src/reference/formulas.ts';
import * as tape from '../src/reference/tape.ts';
import { CHUNK, wasmHost } from '../src/reference/wasm.ts';

const { add, sub, mul, div, neg, abs, sqrt, max, ifGreater, load, store, uniform } = tape;
const SPECIAL = [0, -0, 1, -1, NaN, Infinity, -Infinity, 1e-45, -1e-45, 3.4e38, 1.17e-38, 0.1, -7.25];

/** All pairs of special values. */
const A = Float32Array.from(SPECIAL.flatMap((a) => SPECIAL.map(() => a)));
const B = Float32Array.from(SPECIAL.flatMap(() => SPECIAL));

/** `formula` of roles 0 and 1, stored into role 2, on both hosts. */
function both(formula: () => tape.Value, a = A, b = B): Float32Array[] {
  return [undefined, interpreterHost()].map((host) => {
    const out = new Float32Array(a.length);
    const apply = applier(() => store(2, formula()), host);
    apply([a, b, out], new Float64Array(0), 0, new Float64Array(0));
    return out;
  });
}

const f = Math.fround;
const operations: [string, (a: tape.Value, b: tape.Value) => tape.Value, (a: number, b: number) => number][] =
  [
    ['add', add, (a, b) => f(a + b)],
    ['sub', sub, (a, b) => f(a - b)],
    ['mul', mul, (a, b) => f(a * b)],
    ['div', div, (a, b) => f(a / b)],
    ['neg', neg, (a) => -a],
    ['abs', abs, (a) => Math.abs(a)],
    ['sqrt', sqrt, (a) => f(Math.sqrt(a))],
    ['max', max, (a, b) => Math.max(a, b)],
    ['ifGreater', (a, b) => ifGreater(a, b, uniform(2), a), (a, b) => (a > b ? 2 : a)],
    ['lerp by 0.3', (a, b) => formulas.lerp(a, b, 0.3), (a, b) => lerp(a, b, f(0.3))],
    ['lerp by 0.7', (a, b) => formulas.lerp(a, b, 0.7), (a, b) => lerp(a, b, f(0.7))],
    ['sign', tape.sign, (a) => (a > 0 ? 1 : a < 0 ? -1 : 0)],
  ];

test('this engine compiles', () => {
  const { place, compile } = wasmHost()!;
  tape.begin(place.uniforms);
  store(0, add(load(0), uniform(1)));
  const program = compile(tape.current().slice());
  const chunk = place.roles[0]!;
  chunk.set([1, 2, 3, 4, 5]);
  program(place, 5, [chunk.byteOffset]);
  expect([...chunk.subarray(0, 5)]).toEqual([2, 3, 4, 5, 6]);
});

describe.each(operations)('%s', (_name, operation, scalar) => {
  const want = A.map((a, i) => scalar(a, B[i]!));

  test.each([
    ['compiled', 0],
    ['interpreted', 1],
  ])('%s', (_host, which) => {
    const got = both(() => operation(load(0), load(1)))[which]!;
    expect(got).toEqual(want);
  });

  test('on random numbers', () => {
    const floats = fc.float32Array({ minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(floats, floats, (a, b) => {
        const values = Float32Array.from(a, (_, i) => b[i % b.length]!);
        const [compiled, interpreted] = both(() => operation(load(0), load(1)), a, values);
        expect(compiled).toEqual(interpreted);
        expect(compiled).toEqual(a.map((x, i) => scalar(x, values[i]!)));
      }),
      { seed: 7, numRuns: 50 },
    );
  });
});

test('lengths around a chunk, elements outside untouched', () => {
  const formula: Formula = () => {
    const x = add(load(0), uniform(1));
    store(0, x);
    store(2, mul(x, load(1)));
  };
  for (const length of [1, 3, 4, 5, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 7]) {
    const space = new Float32Array(length + 2).fill(9);
    const a = space.subarray(1, length + 1);
    a.forEach((_, i) => (a[i] = i));
    const out = new Float32Array(length);
    applier(formula)(
      [a, new Float32Array(length).fill(0.5), out],
      new Float64Array(0),
      0,
      new Float64Array(0),
    );
    expect([space[0], space[length + 1]]).toEqual([9, 9]);
    expect(a).toEqual(Float32Array.from({ length }, (_, i) => i + 1));
    expect(out).toEqual(Float32Array.from({ length }, (_, i) => (i + 1) / 2));
  }
});

describe('arrays in memory that programs reach', () => {
  const host = wasmHost()!;
  const formula: Formula = () => {
    const x = add(load(0), mul(load(1), uniform(0.5)));
    store(0, x);
    store(2, sub(load(2), x));
  };
  const none = new Float64Array(0);
  const filled = (array: Float32Array, seed: number): Float32Array => {
    for (let i = 0; i < array.length; i++) array[i] = Math.fround(Math.sin(i * seed));
    return array;
  };

  test('short ones are plain, long ones live there', () => {
    const [short, long] = [host.zeros(100), host.zeros(20_001)];
    expect([short.length, long.length]).toEqual([100, 20_001]);
    expect(host.placeOf(short)).toBeUndefined();
    expect(host.placeOf(long)).toBeDefined();
    expect(host.placeOf(long.subarray(0))).toBeUndefined();
    expect(long.every((x) => x === 0)).toBe(true);
  });

  test.each([16_384, 16_385, 20_001, 3 * CHUNK + 5])('%i elements, any of them there', (length) => {
    const apply = applier(formula, host);
    const make = (where: number): Float32Array[] =>
      [0, 1, 2].map((role) =>
        filled((where >> role) & 1 ? host.zeros(length) : new Float32Array(length), role + 1),
      );
    const want = make(0);
    applier(formula, interpreterHost())(want, none, 0, none);
    for (let where = 0; where < 8; where++) {
      const arrays = make(where);
      const neighbour = host.zeros(length).fill(3);
      apply(arrays, none, 0, none);
      expect(arrays).toEqual(want);
      expect(neighbour.every((x) => x === 3)).toBe(true);
    }
  });

  test('an array that is too short touches no neighbour', () => {
    const [short, neighbour] = [host.zeros(17_000), host.zeros(17_000)];
    const arrays = [filled(new Float32Array(20_000), 1), filled(new Float32Array(20_000), 2), short];
    expect(() => applier(formula, host)(arrays, none, 0, none)).toThrow(RangeError);
    expect(neighbour.every((x) => x === 0)).toBe(true);
  });

  test('in different memories', () => {
    const length = 20_001;
    const other = wasmHost()!;
    const make = (...zeros: ((length: number) => Float32Array)[]): Float32Array[] =>
      zeros.map((allocate, role) => filled(allocate(length), role + 1));
    const plain = (count: number): Float32Array => new Float32Array(count);
    const want = make(plain, plain, plain);
    applier(formula, interpreterHost())(want, none, 0, none);
    const got = make(other.zeros, host.zeros, other.zeros);
    applier(formula, host)(got, none, 0, none);
    expect(got).toEqual(want);
  });

  test('there is no room', () => {
    const api = (globalThis as unknown as { WebAssembly: { Memory: new (size: object) => object } })
      .WebAssembly;
    vi.stubGlobal('WebAssembly', {
      ...Object.fromEntries(
        Object.getOwnPropertyNames(api).map((name) => [
          name,
          (api as unknown as Record<string, unknown>)[name],
        ]),
      ),
      Memory: class extends api.Memory {
        constructor(size: { initial: number }) {
          if (size.initial > 100) throw new RangeError('no room');
          super(size);
        }
      },
    });
    const full = wasmHost()!;
    vi.unstubAllGlobals();
    const array = full.zeros(20_000);
    expect([array.length, full.placeOf(array)]).toEqual([20_000, undefined]);
  });
});

test('a state that is longer than a chunk is where kernels reach it, also when loaded', () => {
  const make = (): Adam => {
    const param = new Param(filledWithOnes(20_000));
    param.grad = filledWithOnes(20_000);
    return new Adam([param]);
  };
  const [optimizer, resumed] = [make(), make()];
  optimizer.step();
  resumed.loadStateDict(structuredClone(optimizer.stateDict()));
  for (const one of [optimizer, resumed]) {
    one.step();
    const state = [...one.state.values()][0] as { expAvg: Float32Array; expAvgSq: Float32Array };
    expect(fastestHost().placeOf!(state.expAvg)).toBeDefined();
    expect(fastestHost().placeOf!(state.expAvgSq)).toBeDefined();
  }
  expect(resumed.stateDict()).toEqual(optimizer.stateDict());
});

function filledWithOnes(length: number): Float32Array {
  return new Float32Array(length).fill(1);
}

test('branches of a formula are compiled apart', () => {
  const apply = applier((hyper, _scalars, _at, has) => {
    store(0, has(1) ? add(load(0), load(1)) : hyper[0] === 0 ? neg(load(0)) : load(0));
  });
  const [a, scalars] = [Float32Array.of(3), new Float64Array(0)];
  const seen = [
    [Float32Array.of(4), 0],
    [null, 0],
    [null, 1],
    [Float32Array.of(4), 1],
  ].map(([b, flag]) => {
    apply([a, b as Float32Array | null], scalars, 0, Float64Array.of(flag as number));
    return a[0];
  });
  expect(seen).toEqual([7, -7, -7, -3]);
});

test('maximum is NaN if either is', () => {
  expect([maximum(NaN, 1), maximum(1, NaN), maximum(1, 2), maximum(2, 1)]).toEqual([NaN, NaN, 2, 2]);
});

describe('all kernels give the same bits in an engine', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  /** The parameters after every fixture's steps, in modules loaded afresh. */
  const results = async (): Promise<Float32Array[][]> => {
    vi.resetModules();
    const { fixtures, runCase } = await import('./optimizer-fixtures.ts');
    return fixtures.cases
      .filter((_, i) => i % 4 === 0)
      .map((fixture) => runCase(fixture).params.map((param) => param.data));
  };

  test.each([
    ['without WebAssembly', () => undefined],
    [
      'that refuses to compile',
      () => ({
        Memory: (globalThis as unknown as { WebAssembly: { Memory: unknown } }).WebAssembly.Memory,
        Module: function refuse() {
          throw new Error('refused by the content security policy');
        },
      }),
    ],
  ])('%s', async (_what, engine) => {
    const want = await results();
    vi.stubGlobal('WebAssembly', engine());
    expect(await results()).toEqual(want);
  });
});
