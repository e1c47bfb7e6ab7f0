import { addon } from '../addon.ts';
import { ELEMENT } from '../addon-types.ts';
import { bytesOf, isReal, newUninitialized } from '../dtype.ts';
import type { ArrayOf, DType } from '../dtype.ts';
import { Tensor } from '../tensor.ts';
import { result } from './op.ts';

function converted<E extends DType>(x: ArrayOf[DType], from: DType, to: E): ArrayOf[E] {
  const y = newUninitialized(x, to, x.length);
  addon.convert(ELEMENT[from], ELEMENT[to], x.length, bytesOf(x), bytesOf(y));
  return y;
}

/** What `Tensor.asType` gives; a gradient goes from real to real. */
export function asType<E extends DType>(x: Tensor<DType>, dtype: E): Tensor<E> {
  const y = converted(x.data, x.dtype, dtype);
  if (!isReal(x.dtype) || !isReal(dtype)) return new Tensor(y, x.shape, dtype);
  const backward = (dy: ArrayOf[E]): ArrayOf[E][] => [converted(dy, dtype, x.dtype) as ArrayOf[E]];
  return result('asType', [x], y, x.shape, backward, null, undefined, dtype);
}
