import { checkInteger, checkRange, checkShape, checkType, message, ArgumentRangeError } from '@org/lr-core';
import { addon } from '../addon.ts';
import { REDUCTION } from '../addon-types.ts';
import type { Reduction } from '../addon-types.ts';
import type { IndexDType } from '../dtype.ts';
import { beforeReplay } from '../capture.ts';
import { acquire, release } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { add, mul } from './arithmetic.ts';
import { checkReduction, checkShapeIs, checkTensor, result } from './op.ts';
import { reduced, sum } from './reduce.ts';
import { reshape } from './reshape.ts';
import { logSoftmax } from './softmax.ts';

export interface CrossEntropyOptions {
  /** A weight for each class: (C). */
  weight?: Tensor | null;
  /** Targets of this value count for nothing; default -100. */
  ignoreIndex?: number;
  /** Share of the target's probability spread over all classes, from 0 to 1; default 0. */
  labelSmoothing?: number;
  /** `'mean'` (default, over the weights of the targets), `'sum'` or `'none'`. */
  reduction?: Reduction;
}

/**
 * Class indices as int32, each checked to be a class or `ignoreIndex`.
 *
 * @throws ArgumentRangeError
 */
export function checkTargets(
  op: string,
  target: Tensor<IndexDType>,
  classes: number,
  ignoreIndex: number,
): Int32Array {
  const { data } = target;
  const indices = data instanceof Int32Array ? data : new Int32Array(data.length);
  beforeReplay(() => {
    for (let i = 0; i < data.length; i++) {
      const index = Number(data[i]);
      if (!(index >= 0 && index < classes) && index !== ignoreIndex) {
        const expectation = `a class from 0 to ${classes - 1} or ignoreIndex (${ignoreIndex})`;
        throw new ArgumentRangeError(message(op, `target[${i}]`, expectation, index));
      }
      indices[i] = index;
    }
  });
  return indices;
}

/**
 * Cross entropy of logits against class indices, -log softmax(input)[target], or against probabilities of the classes,
 * -Σ target · log softmax(input). As `torch.nn.functional.cross_entropy`.
 *
 * @param input logits (N, C), (N, C, d1, …) or (C)
 * @param target class indices (N), (N, d1, …) or (), or float32 probabilities of the shape of input
 * @returns a scalar, or the shape of target with reduction `'none'`; NaN as the mean over no target at all
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function crossEntropy(
  input: Tensor,
  target: Tensor<IndexDType> | Tensor,
  options: CrossEntropyOptions = {},
): Tensor {
  const { weight, ignoreIndex = -100, labelSmoothing = 0, reduction = 'mean' } = options;
  checkTensor('crossEntropy', 'input', input);
  checkTensor('crossEntropy', 'target', target, ['int32', 'int64', 'uint8', 'float32']);
  checkShape(input.ndim >= 1, 'crossEntropy', 'input', 'of shape (N, C), (N, C, …) or (C)', input.shape);
  checkReduction('crossEntropy', reduction);
  checkInteger('crossEntropy', 'ignoreIndex', ignoreIndex);
  checkRange(
    Math.abs(ignoreIndex) < 0x80000000,
    'crossEntropy',
    'ignoreIndex',
    'a 32-bit integer',
    ignoreIndex,
  );
  checkType(typeof labelSmoothing === 'number', 'crossEntropy', 'labelSmoothing', 'a number', labelSmoothing);
  const smooths = labelSmoothing >= 0 && labelSmoothing <= 1;
  checkRange(smooths, 'crossEntropy', 'labelSmoothing', 'a number from 0 to 1', labelSmoothing);
  const classes = input.shape[input.ndim === 1 ? 0 : 1]!;
  const targetShape = input.ndim === 1 ? [] : input.shape.toSpliced(1, 1);
  checkShapeIs('crossEntropy', 'target', target, target.dtype === 'float32' ? input.shape : targetShape);
  if (weight != null) {
    checkTensor('crossEntropy', 'weight', weight);
    checkShapeIs('crossEntropy', 'weight', weight, [classes]);
  }
  if (target.dtype === 'float32') {
    return withProbabilities(input, target as Tensor, weight ?? null, labelSmoothing, reduction);
  }
  const targets = checkTargets('crossEntropy', target as Tensor<IndexDType>, classes, ignoreIndex);

  const batch = input.ndim === 1 ? 1 : input.shape[0]!;
  const inner = input.data.length / (batch * classes);
  const geometry = Int32Array.of(batch, classes, inner, ignoreIndex, REDUCTION[reduction]);
  const logProbs = acquire(input.data.length);
  const weights = weight?.data ?? null;
  const loss = new Float32Array(reduction === 'none' ? targets.length : 1);
  addon.crossEntropyForward(geometry, labelSmoothing, input.data, targets, weights, logProbs, loss);
  return result(
    'crossEntropy',
    [input],
    loss,
    reduction === 'none' ? targetShape : [],
    (dloss) => {
      const dinput = acquire(logProbs.length);
      addon.crossEntropyBackward(geometry, labelSmoothing, logProbs, targets, weights, dloss, dinput);
      return [dinput];
    },
    () => release(logProbs),
  );
}

/** Composed of other ops, so that the target has a gradient too. The mean is over the targets. */
function withProbabilities(
  input: Tensor,
  target: Tensor,
  weight: Tensor | null,
  labelSmoothing: number,
  reduction: Reduction,
): Tensor {
  const dim = input.ndim === 1 ? 0 : 1;
  const classes = input.shape[dim]!;
  const smoothed =
    labelSmoothing === 0 ? target : add(mul(target, 1 - labelSmoothing), labelSmoothing / classes);
  const logProbs = logSoftmax(input, { dim });
  const perClass = input.shape.map((_, d) => (d === dim ? classes : 1));
  const weighted = weight === null ? logProbs : mul(logProbs, reshape(weight, perClass));
  return reduced(mul(sum(mul(weighted, smoothed), { dim }), -1), reduction);
}
