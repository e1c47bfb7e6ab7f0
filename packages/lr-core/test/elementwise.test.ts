/** Formulas compiled to WebAssembly and interpreted have the same bits, whatever the length. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import fc from 'fast-check';
import { applier, interpreterHost, type Formula } from '../src/reference/elementwise.ts';
import { lerp, maximum } from '../src/reference/float32.ts';
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
    ['sign', formulas.sign, (a) => (a > 0 ? 1 : a < 0 ? -1 : 0)],
  ];

test('this engine compiles', () => {
  const host = wasmHost()!;
  tape.begin(host.uniforms);
  store(0, add(load(0), uniform(1)));
  const program = host.compile(tape.current().slice());
  host.roles[0]!.set([1, 2, 3, 4, 5]);
  program(host.roles, host.uniforms, 5);
  expect([...host.roles[0]!.subarray(0, 5)]).toEqual([2, 3, 4, 5, 6]);
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
