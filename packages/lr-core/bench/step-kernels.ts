/**
 * Times the TypeScript step kernels, beside the native ones where the addon is built, on one tensor and one thread.
 *
 *     npx tsx bench/step-kernels.ts [elements]
 */
import { createRequire } from 'node:module';
import { stateZeros } from '../src/reference/host.ts';
import { reference } from '../src/reference/index.ts';
import type { StepKernel, StepKernelKind } from '../src/step-kernels.ts';

interface Row {
  kind: StepKernelKind;
  /** Arrays, parameter and gradient included. */
  roles: number;
  /** Roles whose options are off, behind those. */
  absent: number;
  scalars: number[];
  hyper: number[];
}

const ROWS: Row[] = [
  { kind: 'adadelta', roles: 4, absent: 0, scalars: [], hyper: [1, 0.9, 1e-6, 0, 0] },
  { kind: 'adagrad', roles: 3, absent: 0, scalars: [0.01], hyper: [0, 1e-10, 0] },
  { kind: 'adam', roles: 4, absent: 1, scalars: [0.001, 0.5], hyper: [0.001, 0.9, 0.999, 1e-8, 0.01, 1, 0] },
  { kind: 'adamax', roles: 4, absent: 0, scalars: [0.002], hyper: [0.9, 0.999, 1e-8, 0, 0] },
  { kind: 'asgd', roles: 3, absent: 0, scalars: [0.01, 1], hyper: [1e-4, 0, 0] },
  { kind: 'lamb', roles: 4, absent: 0, scalars: [0.5, 0.5], hyper: [0.001, 0.9, 0.999, 1e-6, 0.01, 0] },
  { kind: 'lars', roles: 3, absent: 0, scalars: [0], hyper: [0.01, 0.9, 0, 0, 0, 0.001, 1e-8, 0] },
  { kind: 'lion', roles: 3, absent: 0, scalars: [], hyper: [1e-4, 0.9, 0.99, 0.01, 0] },
  {
    kind: 'nadam',
    roles: 4,
    absent: 0,
    scalars: [0.5, 0.001, 0.001],
    hyper: [0.002, 0.9, 0.999, 1e-8, 0, 0, 0],
  },
  { kind: 'radam', roles: 4, absent: 0, scalars: [0.5, 0.5, 0.5], hyper: [0.001, 0.9, 0.999, 1e-8, 0, 0, 0] },
  { kind: 'rmsprop', roles: 3, absent: 2, scalars: [], hyper: [0.01, 0.99, 1e-8, 0, 0, 0] },
  { kind: 'rprop', roles: 4, absent: 0, scalars: [], hyper: [0.5, 1.2, 1e-6, 50, 0] },
  { kind: 'schedulefreeadamw', roles: 4, absent: 0, scalars: [], hyper: [0.0025, 0.9, 0.01, 0.999, 0.5, 1e-8, 0, 0] }, // prettier-ignore
  { kind: 'schedulefreesgd', roles: 3, absent: 0, scalars: [], hyper: [1, 0.9, 0.01, 0, 0] },
  { kind: 'sgd', roles: 3, absent: 0, scalars: [0], hyper: [0.01, 0.9, 0, 0, 0, 0] },
  { kind: 'sparseadam', roles: 4, absent: 0, scalars: [0.001], hyper: [0.9, 0.999, 1e-8, 0] },
];
const ROUNDS = 81;

interface Addon {
  setNumThreads(threads: number): void;
  optimizerStep(kind: string, ...args: Parameters<StepKernel>): void;
}

function nativeAddon(): Addon | null {
  try {
    const addon = createRequire(import.meta.url)('../../../native/build/Release/lr.node') as Addon;
    addon.setNumThreads(1);
    return addon;
  } catch {
    return null;
  }
}

/** In place, since state lives where its kernels want it. */
function randomized(array: Float32Array): Float32Array {
  for (let i = 0; i < array.length; i++) array[i] = Math.random();
  return array;
}

function quantile(times: number[], q: number): number {
  return times.toSorted((a, b) => a - b)[Math.floor((times.length - 1) * q)]!;
}

function describe(times: number[]): string {
  return `${quantile(times, 0).toFixed(2)} / ${quantile(times, 0.5).toFixed(2)} ms`;
}

const elements = Number(process.argv[2] ?? 1 << 20);
const addon = nativeAddon();
console.log(`${elements} elements; fastest / median of ${ROUNDS} rounds, which alternate`);
for (const { kind, roles, absent, scalars, hyper } of ROWS) {
  const buffers = Array.from({ length: roles + absent }, (_, role) =>
    role < roles ? [randomized(role < 2 ? new Float32Array(elements) : stateZeros(elements))] : null,
  );
  const args: Parameters<StepKernel> = [buffers, Float64Array.from(scalars), Float64Array.from(hyper)];
  const times: { js: number[]; native: number[] } = { js: [], native: [] };
  const time = (into: number[], run: () => void): void => {
    const start = performance.now();
    run();
    into.push(performance.now() - start);
  };
  let hasNative = addon !== null;
  for (let round = 0; round < ROUNDS; round++) {
    time(times.js, () => reference[kind](...args));
    try {
      if (hasNative) time(times.native, () => addon!.optimizerStep(kind, ...args));
    } catch {
      hasNative = false; // a kind that the addon lacks
    }
  }
  const ratio = quantile(times.js, 0) / quantile(times.native, 0);
  const native = hasNative
    ? `, native ${describe(times.native)}, ratio of the fastest ${ratio.toFixed(1)}`
    : '';
  console.log(`${kind.padEnd(17)} TypeScript ${describe(times.js)}${native}`);
}
