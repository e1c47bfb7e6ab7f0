/** The two kinds of tensors that a module owns. */
import type { DType } from '../dtype.ts';
import { Tensor } from '../tensor.ts';

/** A tensor that a module learns: a field that holds one is listed by `parameters()`. As `torch.nn.Parameter`. */
export class Parameter extends Tensor {
  /** Takes the elements of `tensor` over; requires a gradient unless told otherwise. */
  constructor(tensor: Tensor, requiresGrad = true) {
    super(tensor.data, tensor.shape);
    this.requiresGrad = requiresGrad;
  }
}

/**
 * A tensor that belongs to the state of a module but is not learnt, such as running statistics: a field that holds one
 * is listed by `buffers()`, and by `stateDict()` where it is persistent. As `torch.nn.Buffer`.
 */
export class Buffer<D extends DType = 'float32'> extends Tensor<D> {
  readonly persistent: boolean;

  /** Takes the elements of `tensor` over. */
  constructor(tensor: Tensor<D>, persistent = true) {
    super(tensor.data, tensor.shape);
    this.persistent = persistent;
  }
}
