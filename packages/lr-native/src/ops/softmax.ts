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
): Tensor<D> {
  checkTensor(op, 'x', x);
  const { dim } = reduceOptions(op, options);
  const geometry = axisGeometry(x.shape, checkDim(op, 'dim', dim, x.ndim));
  const y = uninitializedLike(x.data, x.data.length);
  addon[`${op}Forward`](geometry, x.data, y);
  return result(op, [x], y, x.shape, (dy) => {
    const dx = acquireLike(dy);
    addon[`${op}Backward`](geometry, y, dy, dx);
    return [dx];
  });
}

/** exp(x) / the sum of exp(x) over `dim`. As `torch.softmax`. @throws ArgumentError, ArgumentRangeError, ShapeError */
export function softmax<D extends RealDType>(x: Tensor<D>, options: SoftmaxOptions): Tensor<D> {
  return along('softmax', x, options);
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
export function softmin(x: Tensor, options: SoftmaxOptions): Tensor {
  checkTensor('softmin', 'x', x);
  const { dim } = reduceOptions('softmin', options);
  checkDim('softmin', 'dim', dim, x.ndim);
  return softmax(mul(x, -1), { dim });
}
