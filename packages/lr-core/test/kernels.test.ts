/** Choosing kernels, and what kernels are given. */
import { afterEach, describe, expect, test } from 'vitest';
import {
  Adam,
  ArgumentError,
  kernelsInUse,
  Param,
  registerKernels,
  SGD,
  SparseAdam,
  StateError,
  stepKernel,
  useKernels,
  type StepKernel,
} from '../src/index.ts';
import { reference } from '../src/reference/index.ts';
import { stateZeros } from '../src/reference/host.ts';
import { norm, sumOfSquares } from '../src/reference/norm.ts';

afterEach(() => useKernels('js'));

describe('useKernels', () => {
  test('knows two names, the second once registered', () => {
    expect(() => useKernels('cuda' as never)).toThrow(ArgumentError);
    expect(() => useKernels('native')).toThrow(StateError);
    expect(kernelsInUse()).toBe('js');
    registerKernels({ name: 'native' });
    useKernels('native');
    expect(kernelsInUse()).toBe('native');
  });

  test('kinds that the table lacks run on the TypeScript kernels', () => {
    const sgd: StepKernel = () => {};
    registerKernels({ name: 'native', sgd });
    useKernels('native');
    expect(stepKernel('sgd')).toBe(sgd);
    expect(stepKernel('adam')).toBe(reference.adam);
  });
});

/** What the kernel of each step was called with; arrays as they were at the call. */
function recorded(
  run: () => void,
): { buffers: (Float32Array[] | null)[]; scalars: number[]; hyper: number[] }[] {
  const calls: ReturnType<typeof recorded> = [];
  const record: StepKernel = (buffers, scalars, hyper) => {
    calls.push({
      buffers: buffers.map((role) => role && [...(role as Float32Array[])]),
      scalars: [...scalars],
      hyper: [...hyper],
    });
  };
  registerKernels({ name: 'native', sgd: record, adam: record, sparseadam: record });
  useKernels('native');
  run();
  return calls;
}

describe('a kernel', () => {
  const parameter = (...values: number[]): Param => {
    const param = new Param(values);
    param.grad = new Float32Array(values.length).fill(1);
    return param;
  };

  test('is called once a group, with the live arrays of the parameters that have gradients', () => {
    const [a, none, b, c] = [parameter(1), new Param([2]), parameter(3, 4), parameter(5)];
    const calls = recorded(() =>
      new SGD([{ params: [a, none, b], lr: 0.5 }, { params: [c] }], { momentum: 0.9 }).step(),
    );
    expect(calls.map(({ hyper }) => hyper)).toEqual([
      [0.5, 0.9, 0, 0, 0, 0],
      [1e-3, 0.9, 0, 0, 0, 0],
    ]);
    const [params, grads, momentumBuffers] = calls[0]!.buffers;
    expect(params).toHaveLength(2);
    expect(params![0]).toBe(a.data);
    expect(params![1]).toBe(b.data);
    expect(grads![1]).toBe(b.grad);
    expect(momentumBuffers!.map((buffer) => buffer.length)).toEqual([1, 2]);
    expect(calls.map(({ scalars }) => scalars)).toEqual([[1, 1], [1]]);
  });

  test('gets null for roles whose option is off, and scalars in double', () => {
    const [call] = recorded(() => new Adam([parameter(1)], { lr: 0.1 }).step());
    expect(call!.buffers[4]).toBeNull();
    expect(call!.scalars).toEqual([0.1 / (1 - 0.9), Math.sqrt(1 - 0.999)]);
    const [amsgrad] = recorded(() => new Adam([parameter(1)], { amsgrad: true }).step());
    expect(amsgrad!.buffers[4]).toHaveLength(1);
  });

  test('gets no empty arrays', () => {
    const calls = recorded(() => {
      new SGD([parameter(), parameter(1)]).step();
      new SGD([parameter()]).step();
      const table = new Param([1, 2], [2, 1]);
      table.grad = { indices: new Int32Array(0), values: new Float32Array(0) };
      const optimizer = new SparseAdam([table]);
      optimizer.step();
      expect(optimizer.state.get(table)).toMatchObject({ step: 1 });
    });
    expect(calls.map(({ buffers }) => buffers[0]!.length)).toEqual([1]);
  });

  test('gets the touched rows of a sparse gradient, duplicates summed', () => {
    const table = new Param([0, 1, 2, 3, 4, 5], [3, 2]);
    table.grad = { indices: Int32Array.of(2, 0, 2), values: Float32Array.of(1, 2, 3, 4, 5, 6) };
    const [call] = recorded(() => new SparseAdam([table]).step());
    expect(call!.buffers[0]).toEqual([Float32Array.of(0, 1, 4, 5)]);
    expect(call!.buffers[1]).toEqual([Float32Array.of(3, 4, 6, 8)]);
  });

  test('keeps no gradient alive after the step', () => {
    let kept: readonly unknown[] = [];
    registerKernels({ name: 'native', sgd: (buffers) => void (kept = buffers[1]!) });
    useKernels('native');
    const param = parameter(1, 2);
    new SGD([param]).step();
    expect(kept).not.toContain(param.grad);
  });
});

test('norms sum squares in eight lanes, chunk by chunk', () => {
  const values = Float32Array.from({ length: 19 }, (_, i) => i / 7 - 1);
  const lanes = new Float64Array(8);
  values.subarray(2).forEach((x, i) => (lanes[i % 8] = lanes[i % 8]! + x * x));
  const [a, b, c, d, e, f, g, h] = lanes as unknown as number[];
  const tree = a! + e! + (c! + g!) + (b! + f! + (d! + h!));
  expect(sumOfSquares(values, 2, values.length)).toBe(tree);
  expect(norm(values.subarray(2))).toBe(Math.fround(Math.sqrt(tree)));
  const long = Float32Array.from({ length: 40_000 }, (_, i) => Math.sin(i));
  const chunks = [0, 16_384, 32_768].map((begin) =>
    sumOfSquares(long, begin, Math.min(begin + 16_384, 40_000)),
  );
  expect(norm(long)).toBe(Math.fround(Math.sqrt(chunks[0]! + chunks[1]! + chunks[2]!)));
  expect(norm(new Float32Array(0))).toBe(0);
  const state = stateZeros(40_000);
  state.set(long);
  expect(norm(state)).toBe(norm(long));
  state[39_990] = Infinity;
  expect(norm(state)).toBe(Infinity);
  for (const length of [127, 128, 129, 4095, 4097, 16_383]) {
    const part = long.subarray(3, 3 + length);
    const sums = new Float64Array(8);
    part.forEach((x, i) => (sums[i % 8]! += x * x));
    const [s0, s1, s2, s3, s4, s5, s6, s7] = sums as unknown as number[];
    const want = s0! + s4! + (s2! + s6!) + (s1! + s5! + (s3! + s7!));
    expect(sumOfSquares(part, 0, length)).toBe(want);
    expect(sumOfSquares(long, 3, 3 + length)).toBe(want);
  }
});
