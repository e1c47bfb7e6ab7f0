import { convert, isReal } from '../dtype.ts';
import type { ArrayOf, DType } from '../dtype.ts';
import { Tensor } from '../tensor.ts';
import { result } from './op.ts';

/** What `Tensor.asType` gives; a gradient goes from real to real. */
export function asType<E extends DType>(x: Tensor<DType>, dtype: E): Tensor<E> {
  const y = convert(x.data, dtype);
  if (!isReal(x.dtype) || !isReal(dtype)) return new Tensor(y, x.shape, dtype);
  const backward = (dy: ArrayOf[E]): ArrayOf[E][] => [convert(dy, x.dtype) as ArrayOf[E]];
  return result('asType', [x], y, x.shape, backward, null, undefined, dtype);
}
