import { checkShape } from '@org/lr-core';
import type { Tensor } from '../tensor.ts';
import { add, mul, sub } from './arithmetic.ts';
import { broadcastShape } from './broadcast.ts';
import type { LossOptions } from './mse-loss.ts';
import { checkReduction, checkShapeIs, checkTensor } from './op.ts';
import { reduced } from './reduce.ts';
import { softplus } from './activations.ts';

export interface BceWithLogitsOptions extends LossOptions {
  /** Weights of the elements; broadcasts. */
  weight?: Tensor | null;
  /** Weights of the positive targets; broadcasts, for instance (C). */
  posWeight?: Tensor | null;
}

/**
 * Binary cross entropy of logits: (1 - t) · x + (1 + (posWeight - 1) · t) · softplus(-x), reduced.
 * As `torch.nn.functional.binary_cross_entropy_with_logits`.
 *
 * @param target probabilities, of the shape of `input`
 * @throws ArgumentError, ShapeError
 */
export function bceWithLogits(input: Tensor, target: Tensor, options: BceWithLogitsOptions = {}): Tensor {
  const { weight, posWeight, reduction = 'mean' } = options;
  checkTensor('bceWithLogits', 'input', input);
  checkTensor('bceWithLogits', 'target', target);
  checkShapeIs('bceWithLogits', 'target', target, input.shape);
  checkReduction('bceWithLogits', reduction);
  for (const [name, value] of Object.entries({ weight, posWeight })) {
    if (value == null) continue;
    checkTensor('bceWithLogits', name, value);
    const stretched = broadcastShape('bceWithLogits', input.shape, value.shape);
    const fits = stretched.length === input.ndim && stretched.every((length, d) => length === input.shape[d]);
    checkShape(
      fits,
      'bceWithLogits',
      name,
      `of a shape that broadcasts to [${input.shape.join(', ')}]`,
      value.shape,
    );
  }
  const tail = softplus(mul(input, -1));
  const scaled = posWeight == null ? tail : mul(add(mul(sub(posWeight, 1), target), 1), tail);
  const losses = add(mul(sub(1, target), input), scaled);
  return reduced(weight == null ? losses : mul(losses, weight), reduction);
}
