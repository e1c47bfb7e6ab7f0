import { checkInteger, checkShape } from '@org/lr-core';
import type { IndexDType } from '../dtype.ts';
import { acquire } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { checkTargets } from './cross-entropy.ts';
import type { CrossEntropyOptions } from './cross-entropy.ts';
import { checkReduction, checkShapeIs, checkTensor, result } from './op.ts';

export type NllLossOptions = Omit<CrossEntropyOptions, 'labelSmoothing'>;

/**
 * -input[target]: cross entropy of log-probabilities. As `torch.nn.functional.nll_loss`.
 *
 * @param input log-probabilities (N, C), (N, C, d1, …) or (C)
 * @param target class indices (N), (N, d1, …) or ()
 * @returns a scalar, or the shape of target with reduction `'none'`
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function nllLoss(input: Tensor, target: Tensor<IndexDType>, options: NllLossOptions = {}): Tensor {
  const { weight, ignoreIndex = -100, reduction = 'mean' } = options;
  checkTensor('nllLoss', 'input', input);
  checkTensor('nllLoss', 'target', target, ['int32', 'int64', 'uint8']);
  checkShape(input.ndim >= 1, 'nllLoss', 'input', 'of shape (N, C), (N, C, …) or (C)', input.shape);
  checkReduction('nllLoss', reduction);
  checkInteger('nllLoss', 'ignoreIndex', ignoreIndex);
  const classes = input.shape[input.ndim === 1 ? 0 : 1]!;
  const targetShape = input.ndim === 1 ? [] : input.shape.toSpliced(1, 1);
  checkShapeIs('nllLoss', 'target', target, targetShape);
  if (weight != null) {
    checkTensor('nllLoss', 'weight', weight);
    checkShapeIs('nllLoss', 'weight', weight, [classes]);
  }
  const targets = checkTargets('nllLoss', target, classes, ignoreIndex);
  const inner = input.ndim === 1 ? 1 : input.data.length / (input.shape[0]! * classes);

  /** Where target i is in the input, and its weight; 0 where it is ignored. */
  const positions = targets.map((c, i) =>
    c === ignoreIndex ? 0 : (Math.floor(i / inner) * classes + c) * inner + (i % inner),
  );
  const weights = Float32Array.from(targets, (c) =>
    c === ignoreIndex ? 0 : weight == null ? 1 : weight.data[c]!,
  );
  const each = reduction === 'none';
  const divisor = reduction === 'mean' ? weights.reduce((a, b) => a + b, 0) : 1;
  const loss = new Float32Array(each ? targets.length : 1);
  let sum = 0;
  for (let i = 0; i < targets.length; i++) {
    if (targets[i] === ignoreIndex) continue;
    const term = -weights[i]! * input.data[positions[i]!]!;
    if (each) loss[i] = term;
    else sum += term;
  }
  if (!each) loss[0] = sum / divisor;
  const size = input.data.length;
  return result('nllLoss', [input], loss, each ? targetShape : [], (dloss) => {
    const dx = acquire(size).fill(0);
    for (let i = 0; i < targets.length; i++) {
      if (targets[i] !== ignoreIndex) dx[positions[i]!] = (-weights[i]! * dloss[each ? i : 0]!) / divisor;
    }
    return [dx];
  });
}
