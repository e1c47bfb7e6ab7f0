import { addon } from '../addon.ts';
import { REDUCTION } from '../addon-types.ts';
import type { Reduction } from '../addon-types.ts';
import { acquire } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { checkReduction, checkShapeIs, checkTensor, result } from './op.ts';

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
export function mseLoss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  const { reduction = 'mean' } = options;
  checkTensor('mseLoss', 'input', input);
  checkTensor('mseLoss', 'target', target);
  checkShapeIs('mseLoss', 'target', target, input.shape);
  checkReduction('mseLoss', reduction);

  const kind = REDUCTION[reduction];
  const x = input.data;
  const t = target.data;
  const loss = new Float32Array(reduction === 'none' ? x.length : 1);
  addon.mseForward(kind, x, t, loss);
  return result('mseLoss', [input, target], loss, reduction === 'none' ? input.shape : [], (dloss, needs) => {
    const dx = needs[0] ? acquire(x.length) : null;
    const dt = needs[1] ? acquire(x.length) : null;
    if (dx !== null) addon.mseBackward(kind, x, t, dloss, dx);
    if (dt !== null) addon.mseBackward(kind, t, x, dloss, dt);
    return [dx, dt];
  });
}
