/**
 * torch.nn.init: functions that fill a tensor in place with PyTorch 2.13's formulas and draws, so that a seed gives the
 * same values, on whatever device. They take anything with a shape and a Float32Array, return it, and draw from `options.generator` or the
 * default generator. Options are PyTorch's keyword arguments; the names of modes and non-linearities are PyTorch's too.
 */
import {
  ArgumentError,
  checkInteger,
  checkNumber,
  checkRange,
  checkType,
  exactMath,
  message,
  ShapeError,
} from '@org/lr-core';
import { DeviceArray, hostOf } from './device-array.ts';
import type { ArrayOf, DType } from './dtype.ts';
import { defaultGenerator } from './random.ts';
import type { Generator } from './random.ts';
import { changed } from './versions.ts';

/** What an initialiser fills: a float32 Tensor, or anything like one. */
export interface Initializable {
  readonly shape: readonly number[];
  readonly data: unknown;
}

export interface InitOptions {
  /** Default: the generator that `manualSeed` seeds. */
  generator?: Generator;
}

export type FanMode = 'fan_in' | 'fan_out';
export type Nonlinearity = keyof typeof GAINS;

const { fround, sqrt } = Math;

const GAINS = {
  linear: 1,
  conv1d: 1,
  conv2d: 1,
  conv3d: 1,
  conv_transpose1d: 1,
  conv_transpose2d: 1,
  conv_transpose3d: 1,
  sigmoid: 1,
  tanh: 5 / 3,
  relu: sqrt(2),
  leaky_relu: 1, // depends on the negative slope
  selu: 3 / 4,
};

/**
 * The recommended gain for a non-linearity. `param` is leaky_relu's negative slope, 0.01 by default.
 *
 * @throws ArgumentError for a non-linearity PyTorch does not know
 */
export function calculateGain(nonlinearity: Nonlinearity, param = 0.01): number {
  checkType(
    Object.hasOwn(GAINS, nonlinearity),
    'calculateGain',
    'nonlinearity',
    NONLINEARITIES,
    nonlinearity,
  );
  if (nonlinearity !== 'leaky_relu') return GAINS[nonlinearity];
  checkNumber('calculateGain', 'param', param);
  return sqrt(2 / (1 + param * param));
}

const NONLINEARITIES = `one of ${Object.keys(GAINS).join(', ')}`;

/** Fills with U[a, b). */
export function uniform_<T extends Initializable>(
  tensor: T,
  options: { a?: number; b?: number } & InitOptions = {},
): T {
  const { a = 0, b = 1, generator = defaultGenerator } = options;
  return filled(tensor, generator.uniform_(dataOf('uniform_', tensor), a, b));
}

/** Fills with N(mean, std²). */
export function normal_<T extends Initializable>(
  tensor: T,
  options: { mean?: number; std?: number } & InitOptions = {},
): T {
  const { mean = 0, std = 1, generator = defaultGenerator } = options;
  return filled(tensor, generator.normal_(dataOf('normal_', tensor), mean, std));
}

/**
 * Fills with N(mean, std²) cut to [a, b]: values outside are drawn again; where [a, b] holds at most 30 % of the
 * distribution, uniform values of [a, b] are accepted with the density's probability instead.
 */
export function truncNormal_<T extends Initializable>(
  tensor: T,
  options: { mean?: number; std?: number; a?: number; b?: number } & InitOptions = {},
): T {
  const { mean = 0, std = 1, a = -2, b = 2, generator = defaultGenerator } = options;
  const data = dataOf('truncNormal_', tensor);
  checkNumber('truncNormal_', 'mean', mean);
  checkRange(std > 0 && std < Infinity, 'truncNormal_', 'std', 'a finite number > 0', std);
  checkRange(a < b, 'truncNormal_', 'a', `< b (${b})`, a);
  const share = normalShareBelow((b - mean) / std) - normalShareBelow((a - mean) / std);
  if (share > 0.3) rejectNormals(generator, data, mean, std, fround(a), fround(b));
  else rejectUniforms(generator, data, mean, std, a, b);
  return filled(tensor, data);
}

function rejectNormals(
  generator: Generator,
  data: Float32Array,
  mean: number,
  std: number,
  low: number,
  high: number,
): void {
  const outside = (value: number): boolean => value < low || value > high;
  generator.normal_(data, mean, std);
  if (!data.some(outside)) return;
  const candidates = new Float32Array(data.length);
  do {
    generator.normal_(candidates, mean, std);
    for (let i = 0; i < data.length; i++) if (outside(data[i]!)) data[i] = candidates[i]!;
  } while (data.some(outside));
}

function rejectUniforms(
  generator: Generator,
  data: Float32Array,
  mean: number,
  std: number,
  a: number,
  b: number,
): void {
  const mode = Math.max(a, Math.min(mean, b));
  const distance = (mode - mean) / std;
  const logPeak = fround(-0.5 * (distance * distance));
  const candidates = new Float32Array(data.length);
  const acceptance = new Float32Array(data.length);
  const pending = new Uint8Array(data.length).fill(1);
  while (pending.includes(1)) {
    generator.uniform_(candidates, a, b);
    generator.uniform_(acceptance);
    for (let i = 0; i < data.length; i++) {
      if (pending[i] === 0) continue;
      data[i] = candidates[i]!;
      const z = fround(fround(candidates[i]! - fround(mean)) / fround(std));
      const logDensity = fround(fround(fround(z * z) * -0.5) - logPeak);
      pending[i] = fround(exactMath.log(acceptance[i]!)) > logDensity ? 1 : 0;
    }
  }
}

/** The standard normal distribution function; Σ x^(2n+1) / (1·3·5…(2n+1)) has no cancellation. */
function normalShareBelow(x: number): number {
  if (Math.abs(x) > 9) return x < 0 ? 0 : 1;
  let term = x;
  let sum = x;
  for (let odd = 3; Math.abs(term) > 1e-17 * Math.abs(sum); odd += 2) {
    term *= (x * x) / odd;
    sum += term;
  }
  return 0.5 + (sum * exactMath.exp(-0.5 * x * x)) / sqrt(2 * Math.PI);
}

export function constant_<T extends Initializable>(tensor: T, value: number): T {
  checkNumber('constant_', 'value', value);
  return filled(tensor, dataOf('constant_', tensor).fill(value));
}

export function ones_<T extends Initializable>(tensor: T): T {
  return filled(tensor, dataOf('ones_', tensor).fill(1));
}

export function zeros_<T extends Initializable>(tensor: T): T {
  return filled(tensor, dataOf('zeros_', tensor).fill(0));
}

/** The identity matrix, (rows, columns). */
export function eye_<T extends Initializable>(tensor: T): T {
  const data = dataOf('eye_', tensor);
  checkDims('eye_', tensor, '2 dimensions', (dims) => dims === 2);
  const [rows, columns] = tensor.shape as [number, number];
  data.fill(0);
  for (let i = 0; i < Math.min(rows, columns); i++) data[i * columns + i] = 1;
  return filled(tensor, data);
}

/**
 * The Dirac delta for a convolution's weight (outChannels, inChannels, kernel…): in each of the `groups`, output channel
 * i passes input channel i through.
 */
export function dirac_<T extends Initializable>(tensor: T, options: { groups?: number } = {}): T {
  const { groups = 1 } = options;
  const data = dataOf('dirac_', tensor);
  checkDims('dirac_', tensor, '3, 4 or 5 dimensions', (dims) => dims >= 3 && dims <= 5);
  checkInteger('dirac_', 'groups', groups, 1);
  const [outChannels, inChannels, ...kernel] = tensor.shape as [number, number, ...number[]];
  checkRange(
    outChannels % groups === 0,
    'dirac_',
    'groups',
    `a divisor of dimension 0 (${outChannels})`,
    groups,
  );
  const perGroup = outChannels / groups;
  const kernelSize = kernel.reduce((product, size) => product * size, 1);
  const centre = kernel.reduce((index, size) => index * size + Math.floor(size / 2), 0);
  data.fill(0);
  for (let group = 0; group < groups; group++) {
    for (let i = 0; i < Math.min(perGroup, inChannels); i++) {
      data[((group * perGroup + i) * inChannels + i) * kernelSize + centre] = 1;
    }
  }
  return filled(tensor, data);
}

/** Glorot and Bengio (2010): U(−a, a) with a = gain·√(6 / (fanIn + fanOut)). */
export function xavierUniform_<T extends Initializable>(
  tensor: T,
  options: { gain?: number } & InitOptions = {},
): T {
  const { gain = 1, generator = defaultGenerator } = options;
  const bound = sqrt(3) * xavierStd('xavierUniform_', tensor, gain);
  return filled(tensor, generator.uniform_(dataOf('xavierUniform_', tensor), -bound, bound));
}

/** Glorot and Bengio (2010): N(0, std²) with std = gain·√(2 / (fanIn + fanOut)). */
export function xavierNormal_<T extends Initializable>(
  tensor: T,
  options: { gain?: number } & InitOptions = {},
): T {
  const { gain = 1, generator = defaultGenerator } = options;
  const std = xavierStd('xavierNormal_', tensor, gain);
  return filled(tensor, generator.normal_(dataOf('xavierNormal_', tensor), 0, std));
}

function xavierStd(op: string, tensor: Initializable, gain: number): number {
  checkNumber(op, 'gain', gain);
  const { fanIn, fanOut } = calculateFans(op, tensor.shape);
  return gain * sqrt(2 / (fanIn + fanOut));
}

export interface KaimingOptions extends InitOptions {
  /** leaky_relu's negative slope. Default 0. */
  a?: number;
  /** Which fan keeps its variance: `fan_in` (default) forward, `fan_out` backward. */
  mode?: FanMode;
  /** Default `leaky_relu`. */
  nonlinearity?: Nonlinearity;
}

/** He et al. (2015): U(−b, b) with b = gain·√(3 / fan). Linear's and Conv's default weight is this with a = √5. */
export function kaimingUniform_<T extends Initializable>(tensor: T, options: KaimingOptions = {}): T {
  const data = dataOf('kaimingUniform_', tensor);
  if (data.length === 0) return tensor;
  const bound = sqrt(3) * kaimingStd('kaimingUniform_', tensor, options);
  (options.generator ?? defaultGenerator).uniform_(data, -bound, bound);
  return filled(tensor, data);
}

/** He et al. (2015): N(0, std²) with std = gain / √fan. */
export function kaimingNormal_<T extends Initializable>(tensor: T, options: KaimingOptions = {}): T {
  const data = dataOf('kaimingNormal_', tensor);
  if (data.length === 0) return tensor;
  const std = kaimingStd('kaimingNormal_', tensor, options);
  (options.generator ?? defaultGenerator).normal_(data, 0, std);
  return filled(tensor, data);
}

function kaimingStd(op: string, tensor: Initializable, options: KaimingOptions): number {
  const { a = 0, mode = 'fan_in', nonlinearity = 'leaky_relu' } = options;
  checkType(mode === 'fan_in' || mode === 'fan_out', op, 'mode', '"fan_in" or "fan_out"', mode);
  const { fanIn, fanOut } = calculateFans(op, tensor.shape);
  return calculateGain(nonlinearity, a) / sqrt(mode === 'fan_in' ? fanIn : fanOut);
}

/**
 * How many inputs a value of the output has and how many outputs a value of the input, for a weight (out, in, kernel…).
 *
 * @throws ShapeError below 2 dimensions
 */
export function calculateFans(op: string, shape: readonly number[]): { fanIn: number; fanOut: number } {
  checkDims(op, { shape }, 'at least 2 dimensions', (dims) => dims >= 2);
  const kernelSize = shape.slice(2).reduce((product, size) => product * size, 1);
  return { fanIn: shape[1]! * kernelSize, fanOut: shape[0]! * kernelSize };
}

/**
 * Saxe et al. (2013): a (semi-)orthogonal matrix times `gain`; dimensions after the first are flattened. The draws are
 * PyTorch's; the values agree with its float32 LAPACK factorisation to rounding, and are closer to orthogonal.
 */
export function orthogonal_<T extends Initializable>(
  tensor: T,
  options: { gain?: number } & InitOptions = {},
): T {
  const { gain = 1, generator = defaultGenerator } = options;
  const data = dataOf('orthogonal_', tensor);
  checkDims('orthogonal_', tensor, 'at least 2 dimensions', (dims) => dims >= 2);
  checkNumber('orthogonal_', 'gain', gain);
  if (data.length === 0) return tensor;
  const rows = tensor.shape[0]!;
  const columns = data.length / rows;
  generator.normal_(data);
  const tall = Math.max(rows, columns);
  const narrow = Math.min(rows, columns);
  // The columns of the tall matrix, each one contiguous.
  const [across, along] = rows < columns ? [columns, 1] : [1, columns];
  const vectors = Array.from({ length: narrow }, (_, i) =>
    Float64Array.from({ length: tall }, (_, j) => data[i * across + j * along]!),
  );
  orthonormalize(vectors);
  vectors.forEach((vector, i) =>
    vector.forEach((value, j) => (data[i * across + j * along] = fround(value) * gain)),
  );
  return filled(tensor, data);
}

/** Gram–Schmidt, twice, which in double is orthogonal to rounding; the factor R has a positive diagonal. */
function orthonormalize(vectors: readonly Float64Array[]): void {
  vectors.forEach((vector, i) => {
    for (let pass = 0; pass < 2; pass++) {
      for (let k = 0; k < i; k++) {
        const other = vectors[k]!;
        const projection = dot(vector, other);
        for (let j = 0; j < vector.length; j++) vector[j]! -= projection * other[j]!;
      }
    }
    const norm = sqrt(dot(vector, vector));
    for (let j = 0; j < vector.length; j++) vector[j]! /= norm;
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/**
 * Martens (2010): a matrix (rows, columns) of N(0, std²) where a random ⌈sparsity·rows⌉ of each column are 0. As in
 * PyTorch, which rows these are always comes from the default generator.
 */
export function sparse_<T extends Initializable>(
  tensor: T,
  options: { sparsity: number; std?: number } & InitOptions,
): T {
  const { sparsity, std = 0.01, generator = defaultGenerator } = options;
  const data = dataOf('sparse_', tensor);
  checkDims('sparse_', tensor, '2 dimensions', (dims) => dims === 2);
  checkRange(sparsity >= 0 && sparsity <= 1, 'sparse_', 'sparsity', 'a fraction from 0 to 1', sparsity);
  const [rows, columns] = tensor.shape as [number, number];
  generator.normal_(data, 0, std);
  const zeros = Math.ceil(sparsity * rows);
  for (let column = 0; column < columns; column++) {
    for (const row of defaultGenerator.randperm(rows).subarray(0, zeros)) data[row * columns + column] = 0;
  }
  return filled(tensor, data);
}

/** `tensor` with the elements `data`, which is what dataOf gave. */
function filled<T extends Initializable>(tensor: T, data: Float32Array): T {
  if (tensor.data instanceof DeviceArray) tensor.data.set(data);
  changed(tensor.data as Float32Array);
  return tensor;
}

/** The elements on the host, a copy of those on a device. */
function dataOf(op: string, tensor: Initializable): Float32Array {
  const data: unknown = hostOf(tensor?.data as ArrayOf[DType]);
  if (!(data instanceof Float32Array)) {
    throw new ArgumentError(message(op, 'tensor.data', 'a Float32Array', data));
  }
  return data;
}

function checkDims(
  op: string,
  tensor: { shape: readonly number[] },
  expectation: string,
  ok: (dims: number) => boolean,
): void {
  if (!ok(tensor.shape.length))
    throw new ShapeError(message(op, 'tensor', `of ${expectation}`, tensor.shape));
}

// PyTorch's older names
export {
  constant_ as constant,
  dirac_ as dirac,
  eye_ as eye,
  kaimingNormal_ as kaimingNormal,
  kaimingUniform_ as kaimingUniform,
  normal_ as normal,
  orthogonal_ as orthogonal,
  sparse_ as sparse,
  uniform_ as uniform,
  xavierNormal_ as xavierNormal,
  xavierUniform_ as xavierUniform,
};
