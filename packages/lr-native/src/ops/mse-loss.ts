import { addon } from '../addon.ts';
import { REDUCTION } from '../addon-types.ts';
import type { Reduction } from '../addon-types.ts';
import { arrayLike } from '../dtype.ts';
import type { RealDType } from '../dtype.ts';
import { acquireLike } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { checkReduction, checkShapeIs, checkTensor, checkTensorLike, result } from './op.ts';

export interface LossOptions {
  /** `'mean'` (default), `'sum'` or `'none'`: a value for each element. */
  reduction?: Reduction;
}

/**
 * (input - target)² for each element, reduced. As `torch.nn.functional.mse_loss`, but the shapes must be equal: where
 * PyTorch warns and broadcasts, this throws. The target has a gradient too where it asks for one.
 *
 * @throws ArgumentError, ShapeError
 */
export function mseLoss<D extends RealDType>(
  input: Tensor<D>,
  target: Tensor<D>,
  options: LossOptions = {},
): Tensor<D> {
  const { reduction = 'mean' } = options;
  checkTensor('mseLoss', 'input', input);
  checkTensorLike('mseLoss', 'target', target, input);
  checkShapeIs('mseLoss', 'target', target, input.shape);
  checkReduction('mseLoss', reduction);

  const kind = REDUCTION[reduction];
  const x = input.data;
  const t = target.data;
  const loss = arrayLike(x, reduction === 'none' ? x.length : 1);
  addon.mseForward(x.length, kind, x, t, loss);
  return result('mseLoss', [input, target], loss, reduction === 'none' ? input.shape : [], (dloss, needs) => {
    const dx = needs[0] ? acquireLike(x) : null;
    const dt = needs[1] ? acquireLike(x) : null;
    if (dx !== null) addon.mseBackward(x.length, kind, x, t, dloss, dx);
    if (dt !== null) addon.mseBackward(x.length, kind, t, x, dloss, dt);
    return [dx, dt];
  });
}
