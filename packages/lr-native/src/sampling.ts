/**
 * New tensors of random numbers, named as PyTorch's functions and with their draws: from `options.generator`, else from
 * the generator that `manualSeed` seeds. The distributions themselves are in random.ts.
 */
import { checkType } from '@org/lr-core';
import type { CreationOptions } from './creation.ts';
import { zeros } from './creation.ts';
import { hostOf, onDevice } from './device-array.ts';
import { defaultDevice } from './device.ts';
import type { Device } from './device.ts';
import type { ArrayOf, DType } from './dtype.ts';
import { defaultGenerator } from './random.ts';
import type { Generator } from './random.ts';
import { Tensor, checkDimensions } from './tensor.ts';

export interface SamplingOptions extends Omit<CreationOptions<'float32'>, 'dtype'> {
  /** Default: the one that `manualSeed` seeds. */
  generator?: Generator;
}

export interface IntegerSamplingOptions extends Pick<SamplingOptions, 'generator'> {
  /** Default int32; PyTorch's is int64, with the same values. */
  dtype?: 'int32' | 'int64';
}

/** `tensor` with values that `draw` has drawn on the host. */
function drawn<D extends DType>(tensor: Tensor<D>, draw: (values: ArrayOf[D]) => unknown): Tensor<D> {
  const values = hostOf(tensor.data);
  draw(values);
  if (values !== tensor.data) (tensor.data as Float32Array).set(values as Float32Array);
  return tensor;
}

function placed<D extends DType>(
  values: ArrayOf[D],
  dtype: D,
  device: Device,
  shape: readonly number[] = [values.length],
): Tensor<D> {
  return new Tensor(onDevice(device, dtype, values), shape, dtype);
}

/** Values of U[0, 1), as `torch.rand`. @throws ShapeError, DeviceError */
export function rand(shape: readonly number[], options: SamplingOptions = {}): Tensor {
  const { generator = defaultGenerator, ...creation } = options;
  checkDimensions('rand', shape);
  return drawn(zeros(shape, creation), (values) => generator.uniform_(values));
}

/** Values of N(0, 1), as `torch.randn`. @throws ShapeError, DeviceError */
export function randn(shape: readonly number[], options: SamplingOptions = {}): Tensor {
  const { generator = defaultGenerator, ...creation } = options;
  checkDimensions('randn', shape);
  return drawn(zeros(shape, creation), (values) => generator.normal_(values));
}

/**
 * Integers of [low, high), as `torch.randint`.
 *
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function randint(
  low: number,
  high: number,
  shape: readonly number[],
  options: IntegerSamplingOptions = {},
): Tensor<'int32'> | Tensor<'int64'> {
  const { generator = defaultGenerator, dtype = 'int32' } = options;
  checkType(dtype === 'int32' || dtype === 'int64', 'randint', 'dtype', '"int32" or "int64"', dtype);
  checkDimensions('randint', shape);
  const result = dtype === 'int32' ? zeros(shape, { dtype }) : zeros(shape, { dtype });
  return drawn(result as Tensor<'int32'>, (values) => generator.random_(values, low, high));
}

/** A random permutation of 0 … n − 1, int32 (n), as `torch.randperm`. @throws ArgumentError, ArgumentRangeError */
export function randperm(n: number, options: Pick<SamplingOptions, 'generator'> = {}): Tensor<'int32'> {
  return placed((options.generator ?? defaultGenerator).randperm(n), 'int32', defaultDevice());
}

/**
 * 1 with the probability that each element of `probabilities` is, else 0, of its shape, as `torch.bernoulli`.
 *
 * @throws ArgumentRangeError for an element that is no probability
 */
export function bernoulli(probabilities: Tensor, options: Pick<SamplingOptions, 'generator'> = {}): Tensor {
  checkFloat('bernoulli', 'probabilities', probabilities);
  const { generator = defaultGenerator } = options;
  const values = generator.bernoulli_(new Float32Array(probabilities.size), hostOf(probabilities.data));
  return placed(values, 'float32', probabilities.device, probabilities.shape);
}

export interface MultinomialOptions extends Pick<SamplingOptions, 'generator'> {
  /** Whether an index can be drawn more than once. Default false. */
  replacement?: boolean;
}

/**
 * `samples` indices of the vector `weights`, drawn in proportion to them, int32 (samples), as `torch.multinomial`.
 *
 * @throws ArgumentError, ArgumentRangeError
 */
export function multinomial(
  weights: Tensor,
  samples: number,
  options: MultinomialOptions = {},
): Tensor<'int32'> {
  const { generator = defaultGenerator, replacement = false } = options;
  checkFloat('multinomial', 'weights', weights);
  checkType(weights.ndim === 1, 'multinomial', 'weights', 'a vector', weights.shape);
  const drawn = generator.multinomial(hostOf(weights.data), samples, { replacement });
  return placed(drawn, 'int32', weights.device);
}

function checkFloat(op: string, name: string, value: unknown): void {
  checkType(value instanceof Tensor && value.dtype === 'float32', op, name, 'a float32 Tensor', value);
}
