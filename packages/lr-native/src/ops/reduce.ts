/**
 * Reductions over dimensions. To add one: its number in native/include/lr/kernels.h and addon-types.ts, its function
 * here. Their order of summation is fixed (native/cpu/reduce.inc.cpp), so the number of threads does not matter.
 */
import { checkNumber } from '@org/lr-core';
import { addon } from '../addon.ts';
import { REDUCE } from '../addon-types.ts';
import type { ReduceName, Reduction } from '../addon-types.ts';
import { DTYPES, newUninitialized, uninitializedLike } from '../dtype.ts';
import type { DType, RealDType } from '../dtype.ts';
import { acquire, acquireLike, release } from '../pool.ts';
import { Tensor } from '../tensor.ts';
import { axisGeometry, reduceOptions, reducedBy } from './axis.ts';
import type { Reduce, ReduceOptions } from './axis.ts';
import { truthOf } from './compare.ts';
import { checkDim, checkTensor, result } from './op.ts';

function reduction<D extends RealDType>(
  op: string,
  name: ReduceName,
  x: Tensor<D>,
  options: Reduce,
  a = 0,
): Tensor<D> {
  checkTensor(op, 'x', x);
  const { geometry, shape, size, dims } = reducedBy(op, x, reduceOptions(op, options));
  const kind = REDUCE[name];
  const xData = x.data;
  const y = uninitializedLike(xData, size);
  addon.reduceForward(kind, a, geometry, xData, y);
  const backward = (dy: typeof y): (typeof y | null)[] => {
    // How many are not 0 has no gradient.
    if (name === 'norm' && a === 0) return [null];
    const dx = acquireLike(xData);
    addon.reduceBackward(kind, a, geometry, xData, y, dy, dx);
    return [dx];
  };
  return result(op, [x], y, shape, backward, null, { dims, keepdim: shape.length === x.ndim });
}

/** The sum over `dim`. As `torch.sum`. @throws ArgumentError, ArgumentRangeError, ShapeError */
export function sum<D extends RealDType>(x: Tensor<D>, options: Reduce = {}): Tensor<D> {
  return reduction('sum', 'sum', x, options);
}

/** The mean over `dim`. As `torch.mean`. @throws ArgumentError, ArgumentRangeError, ShapeError */
export function mean<D extends RealDType>(x: Tensor<D>, options: Reduce = {}): Tensor<D> {
  return reduction('mean', 'mean', x, options);
}

/** The product over `dim`. As `torch.prod`, over any dimensions. @throws ArgumentError, ArgumentRangeError, ShapeError */
export function prod<D extends RealDType>(x: Tensor<D>, options: Reduce = {}): Tensor<D> {
  return reduction('prod', 'prod', x, options);
}

/**
 * The maximum over `dim`; NaN where there is one, and as all of its gradients. Equal maxima share the gradient. As
 * `torch.amax`.
 *
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function amax<D extends RealDType>(x: Tensor<D>, options: Reduce = {}): Tensor<D> {
  return reduction('amax', 'max', x, options, 1);
}

/**
 * The minimum over `dim`; NaN where there is one, and as all of its gradients. Equal minima share the gradient. As
 * `torch.amin`.
 *
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function amin<D extends RealDType>(x: Tensor<D>, options: Reduce = {}): Tensor<D> {
  return reduction('amin', 'min', x, options, 1);
}

/** log(sum(exp(x))) over `dim`, without overflow. As `torch.logsumexp`. @throws ArgumentError, ArgumentRangeError, ShapeError */
export function logsumexp<D extends RealDType>(x: Tensor<D>, options: Reduce = {}): Tensor<D> {
  return reduction('logsumexp', 'logSumExp', x, options);
}

export interface VarianceOptions extends ReduceOptions {
  /** What the number of elements is reduced by in the divisor: 1 (default, Bessel's) or 0 for the biased variance. */
  correction?: number;
}

function correctionOf(op: string, options: Reduce<VarianceOptions>): number {
  const { correction = 1 } = reduceOptions(op, options);
  checkNumber(op, 'correction', correction);
  return correction;
}

/** The variance over `dim`; also exported as `var`. As `torch.var`. @throws ArgumentError, ArgumentRangeError, ShapeError */
export function variance<D extends RealDType>(
  x: Tensor<D>,
  options: Reduce<VarianceOptions> = {},
): Tensor<D> {
  checkTensor('var', 'x', x);
  return reduction('var', 'variance', x, options, correctionOf('var', options));
}
export { variance as var };

/**
 * The standard deviation over `dim`; its gradient at 0 is 0. As `torch.std`.
 *
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function std<D extends RealDType>(x: Tensor<D>, options: Reduce<VarianceOptions> = {}): Tensor<D> {
  checkTensor('std', 'x', x);
  return reduction('std', 'std', x, options, correctionOf('std', options));
}

/** The variance and the mean over `dim`. As `torch.var_mean`. @throws ArgumentError, ArgumentRangeError, ShapeError */
export function varMean<D extends RealDType>(
  x: Tensor<D>,
  options: Reduce<VarianceOptions> = {},
): [variance: Tensor<D>, mean: Tensor<D>] {
  checkTensor('varMean', 'x', x);
  const correction = correctionOf('varMean', options);
  return [reduction('varMean', 'variance', x, options, correction), reduction('varMean', 'mean', x, options)];
}

export interface NormOptions extends ReduceOptions {
  /** The order: any number, ±Infinity for the largest or smallest magnitude, 0 for how many are not 0. Default 2. */
  p?: number;
}

/** The p-norm over `dim`. As `torch.norm` with a number. @throws ArgumentError, ArgumentRangeError, ShapeError */
export function norm<D extends RealDType>(x: Tensor<D>, options: Reduce<NormOptions> = {}): Tensor<D> {
  checkTensor('norm', 'x', x);
  const { p = 2 } = reduceOptions('norm', options);
  checkNumber('norm', 'p', p);
  return reduction('norm', 'norm', x, options, p);
}

export interface VectorNormOptions extends ReduceOptions {
  /** As NormOptions.p. */
  ord?: number;
}

/** The norm of order `ord` over `dim`. As `torch.linalg.vector_norm`. @throws ArgumentError, ArgumentRangeError, ShapeError */
export function vectorNorm<D extends RealDType>(
  x: Tensor<D>,
  options: Reduce<VectorNormOptions> = {},
): Tensor<D> {
  checkTensor('vectorNorm', 'x', x);
  const { ord = 2 } = reduceOptions('vectorNorm', options);
  checkNumber('vectorNorm', 'ord', ord);
  return reduction('vectorNorm', 'norm', x, options, ord);
}

export interface AxisOptions {
  /** The dimension to work along. */
  dim: number;
  /** Whether it stays, with length 1; default false. */
  keepdim?: boolean;
}

/** Values along a dimension, and where in it they were. */
export interface ValuesAndIndices<D extends RealDType = 'float32'> {
  values: Tensor<D>;
  indices: Tensor<'int32'>;
}

function extreme<D extends RealDType>(
  op: string,
  name: 'max' | 'min',
  x: Tensor<D>,
  options: number | AxisOptions,
): ValuesAndIndices<D> {
  checkTensor(op, 'x', x);
  const { dim, keepdim } = reduceOptions<AxisOptions>(op, options);
  const geometry = axisGeometry(x.shape, checkDim(op, 'dim', dim, x.ndim));
  const { shape, size } = reducedBy(op, x, { dim, ...(keepdim === undefined ? {} : { keepdim }) });
  const xData = x.data;
  const y = uninitializedLike(xData, size);
  const index = newUninitialized(xData, 'int32', size);
  addon.argReduce(REDUCE[name], geometry, xData, y, index);
  const values = result(op, [x], y, shape, (dy) => {
    const dx = acquireLike(xData);
    addon.argReduceBackward(geometry, dy, index, dx);
    return [dx];
  });
  return { values, indices: new Tensor(index, shape) };
}

/**
 * The maximum of all elements, or with `dim` those along a dimension and the positions (int32) of the first that have
 * it; a NaN is a maximum. Without `dim`, equal maxima share the gradient. As `torch.max`.
 *
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function max<D extends RealDType>(x: Tensor<D>): Tensor<D>;
export function max<D extends RealDType>(x: Tensor<D>, options: number | AxisOptions): ValuesAndIndices<D>;
export function max<D extends RealDType>(
  x: Tensor<D>,
  options?: number | AxisOptions,
): Tensor<D> | ValuesAndIndices<D> {
  return options === undefined ? reduction('max', 'max', x, {}) : extreme('max', 'max', x, options);
}

/**
 * The minimum of all elements, or with `dim` those along a dimension and the positions (int32) of the first that have
 * it; a NaN is a minimum. Without `dim`, equal minima share the gradient. As `torch.min`.
 *
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function min<D extends RealDType>(x: Tensor<D>): Tensor<D>;
export function min<D extends RealDType>(x: Tensor<D>, options: number | AxisOptions): ValuesAndIndices<D>;
export function min<D extends RealDType>(
  x: Tensor<D>,
  options?: number | AxisOptions,
): Tensor<D> | ValuesAndIndices<D> {
  return options === undefined ? reduction('min', 'min', x, {}) : extreme('min', 'min', x, options);
}

export interface ArgOptions {
  /** The dimension to work along; default: all elements in order, as one. */
  dim?: number;
  /** Whether a reduced dimension stays, with length 1; default false. */
  keepdim?: boolean;
}

function position(
  op: string,
  name: 'max' | 'min',
  x: Tensor<RealDType>,
  options: number | ArgOptions,
): Tensor<'int32'> {
  checkTensor(op, 'x', x);
  const given = reduceOptions<ArgOptions>(op, options);
  const { dim } = given;
  const geometry =
    dim === undefined
      ? Int32Array.of(1, x.data.length, 1)
      : axisGeometry(x.shape, checkDim(op, 'dim', dim, x.ndim));
  const { shape, size } = reducedBy(op, x, given);
  const index = newUninitialized(x.data, 'int32', size);
  const y = acquire(size, x.data);
  addon.argReduce(REDUCE[name], geometry, x.data, y, index);
  release(y);
  return new Tensor(index, shape);
}

/**
 * The position of the first maximum along `dim`, or among all elements; a NaN is a maximum. As `torch.argmax`, but the
 * positions are int32, which every op takes as indices.
 *
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function argmax(x: Tensor<RealDType>, options: number | ArgOptions = {}): Tensor<'int32'> {
  return position('argmax', 'max', x, options);
}

/**
 * The position of the first minimum along `dim`, or among all elements; a NaN is a minimum. As `torch.argmin`, but the
 * positions are int32, which every op takes as indices.
 *
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function argmin(x: Tensor<RealDType>, options: number | ArgOptions = {}): Tensor<'int32'> {
  return position('argmin', 'min', x, options);
}

/** Sums of the elements along `dim` up to and with each. As `torch.cumsum`. @throws ArgumentError, ArgumentRangeError, ShapeError */
export function cumsum<D extends RealDType>(x: Tensor<D>, options: number | { dim: number }): Tensor<D> {
  checkTensor('cumsum', 'x', x);
  const { dim } = reduceOptions<{ dim: number }>('cumsum', options);
  const geometry = axisGeometry(x.shape, checkDim('cumsum', 'dim', dim, x.ndim));
  const y = uninitializedLike(x.data, x.data.length);
  addon.cumulativeSum(geometry, 0, x.data, y);
  return result('cumsum', [x], y, x.shape, (dy) => {
    const dx = acquireLike(dy);
    addon.cumulativeSum(geometry, 1, dy, dx);
    return [dx];
  });
}

/** Whether the largest (any) or the smallest (all) truth value of each output is true. */
function truth(op: string, name: 'max' | 'min', x: Tensor<DType>, options: Reduce): Tensor<'bool'> {
  checkTensor(op, 'x', x, DTYPES);
  const { geometry, shape, size } = reducedBy(op, x, reduceOptions(op, options));
  const values = truthOf(x).asType('float32');
  const found = uninitializedLike(values.data, size);
  addon.reduceForward(REDUCE[name], 0, geometry, values.data, found);
  return new Tensor(found, shape).asType('bool');
}

/** Whether all elements over `dim` are true, that is not 0. As `torch.all`. @throws ArgumentError, ArgumentRangeError, ShapeError */
export function all(x: Tensor<DType>, options: Reduce = {}): Tensor<'bool'> {
  return truth('all', 'min', x, options);
}

/** Whether any element over `dim` is true, that is not 0. As `torch.any`. @throws ArgumentError, ArgumentRangeError, ShapeError */
export function any(x: Tensor<DType>, options: Reduce = {}): Tensor<'bool'> {
  return truth('any', 'max', x, options);
}

/** A loss for each element, reduced by name. */
export function reduced<D extends RealDType>(losses: Tensor<D>, reduction: Reduction): Tensor<D> {
  if (reduction === 'none') return losses;
  return reduction === 'mean' ? mean(losses) : sum(losses);
}
