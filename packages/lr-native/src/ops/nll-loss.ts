import { addon } from '../addon.ts';
import { uninitializedLike } from '../dtype.ts';
import type { IndexDType, RealDType } from '../dtype.ts';
import { acquireLike } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { checkClassification } from './cross-entropy.ts';
import type { CrossEntropyOptions } from './cross-entropy.ts';
import { checkTensor, result } from './op.ts';

export type NllLossOptions<D extends RealDType = 'float32'> = Omit<CrossEntropyOptions<D>, 'labelSmoothing'>;

/**
 * -input[target]: cross entropy of log-probabilities. As `torch.nn.functional.nll_loss`.
 *
 * @param input log-probabilities (N, C), (N, C, d1, …) or (C)
 * @param target class indices (N), (N, d1, …) or ()
 * @returns a scalar, or the shape of target with reduction `'none'`
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function nllLoss<D extends RealDType>(
  input: Tensor<D>,
  target: Tensor<IndexDType>,
  options: NllLossOptions<D> = {},
): Tensor<D> {
  checkTensor('nllLoss', 'input', input);
  checkTensor('nllLoss', 'target', target, ['int32', 'int64', 'uint8']);
  const { geometry, targets, weights, shape } = checkClassification('nllLoss', input, target, options);
  const x = input.data;
  const loss = uninitializedLike(x, options.reduction === 'none' ? targets.length : 1);
  addon.nllForward(geometry, x, targets, weights, loss);
  return result('nllLoss', [input], loss, shape, (dloss) => {
    const dx = acquireLike(x);
    addon.nllBackward(geometry, targets, weights, dloss, dx);
    return [dx];
  });
}
