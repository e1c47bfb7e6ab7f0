/** The two kinds of tensors that a module owns. */
import { checkType } from '@org/lr-core';
import type { DType } from '../dtype.ts';
import { Tensor } from '../tensor.ts';

function checked<D extends DType>(kind: string, tensor: Tensor<D>): Tensor<D> {
  checkType(tensor instanceof Tensor, kind, 'tensor', 'a Tensor', tensor);
  return tensor;
}

/** A tensor that a module learns: a field that holds one is listed by `parameters()`. As `torch.nn.Parameter`. */
export class Parameter extends Tensor {
  /** Takes the elements of `tensor` over; requires a gradient unless told otherwise. @throws ArgumentError */
  constructor(tensor: Tensor, requiresGrad = true) {
    super(checked('Parameter', tensor).data, tensor.shape);
    this.requiresGrad = requiresGrad;
  }
}

/**
 * A tensor that belongs to the state of a module but is not learnt, such as running statistics: a field that holds one
 * is listed by `buffers()`, and by `stateDict()` where it is persistent. As `torch.nn.Buffer`.
 */
export class Buffer<D extends DType = 'float32'> extends Tensor<D> {
  readonly persistent: boolean;

  /** Takes the elements of `tensor` over. @throws ArgumentError */
  constructor(tensor: Tensor<D>, persistent = true) {
    super(checked('Buffer', tensor).data, tensor.shape, tensor.dtype);
    this.persistent = persistent;
  }
}
