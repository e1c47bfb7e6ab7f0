/** Softmax along a dimension, of what is large or small, and its logarithm. */
import { addon } from '../addon.ts';
import { uninitializedLike } from '../dtype.ts';
import type { RealDType } from '../dtype.ts';
import { acquireLike } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { mul } from './arithmetic.ts';
import { axisGeometry, reduceOptions } from './axis.ts';
import { checkDim, checkTensor, result } from './op.ts';

export interface SoftmaxOptions {
  /** The dimension that sums to 1. */
  dim: number;
}

function along<D extends RealDType>(
  op: 'softmax' | 'logSoftmax',
  x: Tensor<D>,
  options: SoftmaxOptions,
  zeroHidden = 0,
): Tensor<D> {
  checkTensor(op, 'x', x);
  const dim = checkDim(op, 'dim', reduceOptions(op, options).dim, x.ndim);
  const geometry = axisGeometry(x.shape, dim);
  const y = uninitializedLike(x.data, x.data.length);
  if (op === 'softmax') addon.softmaxForward(geometry, zeroHidden, x.data, y);
  else addon.logSoftmaxForward(geometry, x.data, y);
  const backward = (dy: typeof y): (typeof y)[] => {
    const dx = acquireLike(dy);
    addon[`${op}Backward`](geometry, y, dy, dx);
    return [dx];
  };
  return result(op, [x], y, x.shape, backward, null, { dim, zeroHidden });
}

/** exp(x) / the sum of exp(x) over `dim`. As `torch.softmax`. @throws ArgumentError, ArgumentRangeError, ShapeError */
export function softmax<D extends RealDType>(x: Tensor<D>, options: SoftmaxOptions): Tensor<D> {
  return along('softmax', x, options);
}

/** Softmax, and 0 where all that a lane would choose from is hidden by -Infinity: the weights of attention. */
export function shownSoftmax<D extends RealDType>(x: Tensor<D>, options: SoftmaxOptions): Tensor<D> {
  return along('softmax', x, options, 1);
}

/**
 * The logarithm of softmax, precise where that underflows. As `torch.log_softmax`.
 *
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function logSoftmax<D extends RealDType>(x: Tensor<D>, options: SoftmaxOptions): Tensor<D> {
  return along('logSoftmax', x, options);
}

/** Softmax of -x. As `torch.nn.functional.softmin`. @throws ArgumentError, ArgumentRangeError, ShapeError */
export function softmin<D extends RealDType>(x: Tensor<D>, options: SoftmaxOptions): Tensor<D> {
  checkTensor('softmin', 'x', x);
  const { dim } = reduceOptions('softmin', options);
  checkDim('softmin', 'dim', dim, x.ndim);
  return softmax(mul(x, -1), { dim });
}
