import { addon } from '../addon.ts';
import { acquire } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { checkTensor, result } from './op.ts';

/** max(x, 0) for each element; NaN stays NaN. As `torch.nn.functional.relu`. */
export function relu(x: Tensor): Tensor {
  checkTensor('relu', 'x', x);
  const y = new Float32Array(x.data.length);
  addon.reluForward(x.data, y);
  return result('relu', [x], y, x.shape, (dy) => {
    const dx = acquire(dy.length);
    addon.reluBackward(y, dy, dx);
    return [dx];
  });
}
