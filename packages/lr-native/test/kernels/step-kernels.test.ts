/**
 * Optimizers on the addon, or on a device, have the bits that they have in TypeScript: every kind, combination of options and
 * length.
 */
import * as core from '@org/lr-core';
import type { Optimizer, Parameter, StepKernel } from '@org/lr-core';
import { afterEach, describe, expect, it } from 'vitest';
import { DeviceArray, Generator, getNumThreads, setNumThreads, tensor } from '../../src/index.ts';
import { OPTIMIZER_KINDS } from '../../src/addon-types.ts';
import { hostOf } from '../../src/device-array.ts';

const { Param, useKernels } = core;

/** The values that each option takes, in all combinations. */
type Grid = Record<string, readonly unknown[]>;

const FLAG = [false, true];
const DECAY = [0, 0.1];
const ADAM: Grid = { lr: [0.02], betas: [[0.9, 0.999], [0.3, 0.6]], weightDecay: DECAY, maximize: FLAG }; // prettier-ignore
const DECOUPLED: Grid = { ...ADAM, decoupledWeightDecay: FLAG };
const MOMENTUM: Grid = { lr: [0.1], momentum: [0, 0.9], dampening: [0, 0.3], weightDecay: DECAY, maximize: FLAG }; // prettier-ignore
const NESTEROV: Grid = { ...MOMENTUM, momentum: [0.9], dampening: [0], nesterov: [true] };

const GRIDS: readonly [string, Grid][] = [
  ['SGD', MOMENTUM],
  ['SGD', NESTEROV],
  ['Adam', { ...DECOUPLED, amsgrad: FLAG }],
  ['AdamW', { ...ADAM, amsgrad: FLAG }],
  ['NAdam', DECOUPLED],
  ['RAdam', DECOUPLED],
  ['Adamax', ADAM],
  ['Adagrad', { lr: [0.1], lrDecay: [0, 0.5], weightDecay: DECAY, maximize: FLAG }],
  ['Adadelta', { rho: [0.9, 0.3], weightDecay: DECAY, maximize: FLAG }],
  ['RMSprop', { alpha: [0.99, 0.3], momentum: [0, 0.9], centered: FLAG, weightDecay: DECAY, maximize: FLAG }],
  ['Rprop', { lr: [0.01], etas: [[0.5, 1.2]], stepSizes: [[1e-6, 50], [0.009, 0.013]], maximize: FLAG }], // prettier-ignore
  ['ASGD', { lr: [0.1], lambd: [1e-4, 0.1], t0: [2, 1e6], weightDecay: DECAY, maximize: FLAG }],
  ['SparseAdam', { lr: [0.02], betas: [[0.9, 0.999], [0.3, 0.6]], maximize: FLAG }], // prettier-ignore
  ['Lion', { ...ADAM, betas: [[0.9, 0.99], [0.3, 0.4]] }], // prettier-ignore
  ['LAMB', { ...ADAM, biasCorrection: FLAG }],
  ['LARS', { ...MOMENTUM, trustCoefficient: [1e-3, 1], eps: [0, 0.1] }],
  ['LARS', { ...NESTEROV, trustCoefficient: [0.5] }],
  ['ScheduleFreeSGD', { lr: [0.1], momentum: [0.9, 0.4], weightDecay: DECAY, maximize: FLAG }],
  ['ScheduleFreeAdamW', { ...ADAM, warmupSteps: [0, 3] }],
  ['Adafactor', { lr: [0.05], beta2Decay: [-0.8, -0.1], eps: [[null, 1e-3], [0.2, 1]], weightDecay: DECAY, maximize: FLAG }], // prettier-ignore
  ['Adafactor', { lr: [0.05], d: [2] }],
  ['Muon', { lr: [0.1], momentum: [0.95, 0.3], nesterov: FLAG, weightDecay: DECAY, nsSteps: [2] }],
  ['Muon', { lr: [0.1], nsSteps: [0, 5], adjustLrFn: ['match_rms_adamw'] }],
  ['Muon', { lr: [0.1], nsCoefficients: [[1.5, -0.5, 0]], eps: [0.5] }],
];

/** Less than a vector, around one, around a chunk of the kernels and of norms. */
const LENGTHS = [1, 3, 8, 17, 257, 16_384, 16_391, 40_003];
/** The shapes that parameters of these lengths have where a kind tells matrices from vectors. */
const SHAPES: Record<string, readonly (readonly number[])[]> = {
  Adafactor: [[1], [3], [2, 2, 2], [17, 1], [257], [32, 8, 64], [443, 37], [40_003]],
  Muon: [
    [1, 1],
    [3, 1],
    [2, 4],
    [1, 17],
    [257, 1],
    [32, 512],
    [443, 37],
    [109, 367],
  ],
};
const STEPS = 7;
const ROW = 8;

function combinations(grid: Grid): Record<string, unknown>[] {
  return Object.entries(grid).reduce<Record<string, unknown>[]>(
    (rows, [name, values]) => rows.flatMap((row) => values.map((value) => ({ ...row, [name]: value }))),
    [{}],
  );
}

const random = new Generator(0);
const uniform = (length: number): Float32Array => random.uniform_(new Float32Array(length), -1, 1);

/** What parameters begin with, sparse ones with rows of ROW; the third is zeros. */
const VALUES = LENGTHS.map((length, index) =>
  index === 2 ? new Float32Array(length * ROW) : uniform(length * ROW),
);

/** Gradients by step and parameter: some numbers are zeros, two of the fourth parameter NaN and infinity. */
const GRADS = Array.from({ length: STEPS }, () =>
  LENGTHS.map((length, index) => {
    const grad = uniform(Math.max(length, 3 * ROW));
    for (let i = 5; i < grad.length; i += 7) grad[i] = i % 2 === 0 ? 0 : -0;
    if (index === 3) grad.set([NaN, Infinity]);
    return grad;
  }),
);

/** Of the addon's kernels a tensor, where new tensors are; but those take no sparse gradients. */
function parameter(
  kernels: 'js' | 'native',
  values: Float32Array,
  shape: readonly number[] = [values.length],
): Parameter {
  return kernels === 'js' ? new Param(values, shape) : tensor(values, { shape, requiresGrad: true });
}

/** The bits of parameters and state after the steps, with one NaN for all. */
function run(kernels: 'js' | 'native', name: string, options: Record<string, unknown>): Uint8Array[] {
  useKernels(kernels);
  const sparse = name === 'SparseAdam';
  const params = LENGTHS.map((length, index) =>
    sparse
      ? new Param(VALUES[index]!.slice(), [length, ROW])
      : parameter(kernels, VALUES[index]!.slice(0, length), SHAPES[name]?.[index]),
  );
  const Class = core[name as 'SGD'] as unknown as new (params: unknown, options: unknown) => Optimizer;
  const optimizer = new Class(params, options);
  for (let step = 0; step < STEPS; step++) {
    params.forEach((param, index) => {
      const [rows, grad] = [LENGTHS[index]!, GRADS[step]![index]!];
      const indices = Int32Array.of(0, step % rows, rows - 1);
      const dense = kernels === 'js' ? grad.subarray(0, rows) : tensor(grad.subarray(0, rows)).data;
      param.grad = sparse ? { indices, values: grad.slice(0, 3 * ROW) } : dense;
    });
    optimizer.step();
  }
  return params.flatMap((param) => {
    const state = Object.values(optimizer.state.get(param) ?? {});
    const arrays = state.filter((value) => value instanceof Float32Array || value instanceof DeviceArray);
    return [param.data, ...arrays].map((values) => bits(hostOf(values as Float32Array)));
  });
}

function bits(values: Float32Array): Uint8Array {
  return new Uint8Array(values.map((value) => (value === value ? value : NaN)).buffer);
}

function expectSameBits(got: Uint8Array[], want: Uint8Array[]): void {
  expect(got.length).toBe(want.length);
  got.forEach((array, i) => expect(Buffer.compare(array, want[i]!), `array ${i}`).toBe(0));
}

afterEach(() => useKernels('native'));

describe.each(GRIDS)('%s', (name, grid) => {
  it.each(combinations(grid).map((options) => [JSON.stringify(options), options] as const))(
    '%s',
    (_, options) => expectSameBits(run('native', name, options), run('js', name, options)),
  );
});

describe('clipGradNorm of arrays of the host', () => {
  const clipped = (kernels: 'js' | 'native', normType: number, twice: boolean): Uint8Array[] => {
    useKernels(kernels);
    const params = LENGTHS.map((length, index) => {
      const param = new Param(VALUES[index]!.slice(0, length));
      param.grad = uniformGrads[index]!.slice();
      return param;
    });
    const total = core.clipGradNorm(twice ? [...params, params[7]!] : params, 0.3, { normType });
    return [Float32Array.of(total), ...params.map(({ grad }) => grad as Float32Array)].map(bits);
  };
  const uniformGrads = LENGTHS.map(uniform);

  it.each([
    [2, false],
    [2, true],
    [1, false],
    [Infinity, false],
  ])('normType %d, a parameter listed twice: %s', (normType, twice) => {
    const want = clipped('js', normType, twice);
    const threads = getNumThreads();
    try {
      for (const count of [1, 3]) {
        setNumThreads(count);
        expectSameBits(clipped('native', normType, twice), want);
      }
    } finally {
      setNumThreads(threads);
    }
  });
});

it('every kind that the addon has is tested, and runs on it', () => {
  const called = new Set<string>();
  const native = Object.fromEntries(
    OPTIMIZER_KINDS.map((kind) => {
      useKernels('native');
      const kernel = core.stepKernel(kind);
      useKernels('js');
      expect(kernel, kind).not.toBe(core.stepKernel(kind));
      return [kind, kernel];
    }),
  );
  const recording = OPTIMIZER_KINDS.map((kind): [string, StepKernel] => [
    kind,
    (...args) => {
      called.add(kind);
      native[kind]!(...args);
    },
  ]);
  core.registerKernels({ name: 'native', ...Object.fromEntries(recording) });
  for (const [name, grid] of GRIDS) run('native', name, combinations(grid)[0]!);
  core.registerKernels({ name: 'native', ...native });
  expect([...called].toSorted()).toEqual([...OPTIMIZER_KINDS]);
});

it.each(['Adam', 'LAMB', 'LARS', 'Adafactor', 'Muon'])(
  '%s: any number of threads gives the same bits',
  (name) => {
    const before = getNumThreads();
    const runs = [1, 2, 5].map((threads) => {
      setNumThreads(threads);
      return run('native', name, { lr: 0.1 });
    });
    setNumThreads(before);
    expectSameBits(runs[1]!, runs[0]!);
    expectSameBits(runs[2]!, runs[0]!);
  },
);
