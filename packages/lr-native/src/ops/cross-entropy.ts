import { ArgumentRangeError, checkInteger, checkRange, checkShape, checkType, message } from '@org/lr-core';
import { addon } from '../addon.ts';
import { REDUCTION } from '../addon-types.ts';
import type { Reduction } from '../addon-types.ts';
import { beforeReplay } from '../capture.ts';
import { hostOf } from '../device-array.ts';
import { uninitializedLike } from '../dtype.ts';
import type { ArrayOf, DType, IndexDType, RealDType } from '../dtype.ts';
import { acquireLike, release } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { add, mul } from './arithmetic.ts';
import { checkReduction, checkShapeIs, checkTensor, checkTensorLike, result } from './op.ts';
import { reduced, sum } from './reduce.ts';
import { reshape } from './reshape.ts';
import { logSoftmax } from './softmax.ts';

export interface CrossEntropyOptions<D extends RealDType = 'float32'> {
  /** A weight for each class: (C). */
  weight?: Tensor<D> | null;
  /** Targets of this value count for nothing; default -100. */
  ignoreIndex?: number;
  /** Share of the target's probability spread over all classes, from 0 to 1; default 0. */
  labelSmoothing?: number;
  /** `'mean'` (default, over the weights of the targets), `'sum'` or `'none'`. */
  reduction?: Reduction;
}

/**
 * Class indices as int32, each checked to be a class or `ignoreIndex`: the array of the target where it is int32.
 *
 * @throws ArgumentRangeError
 */
export function checkTargets(
  op: string,
  target: Tensor<IndexDType>,
  classes: number,
  ignoreIndex: number,
): Int32Array {
  const { data: given } = target;
  const isInt32 = target.dtype === 'int32';
  const indices = isInt32 ? (given as Int32Array) : new Int32Array(given.length);
  beforeReplay(() => {
    const data = hostOf(given);
    for (let i = 0; i < data.length; i++) {
      const index = Number(data[i]);
      if (!(index >= 0 && index < classes) && index !== ignoreIndex) {
        const expectation = `a class from 0 to ${classes - 1} or ignoreIndex (${ignoreIndex})`;
        throw new ArgumentRangeError(message(op, `target[${i}]`, expectation, index));
      }
      if (!isInt32) indices[i] = index;
    }
  });
  return indices;
}

/** What losses of class indices cross to the addon with, checked, and the shape of the loss. */
interface Classification<D extends RealDType> {
  geometry: Int32Array;
  targets: Int32Array;
  weights: ArrayOf[D] | null;
  shape: readonly number[];
}

/** @throws ArgumentError, ArgumentRangeError, ShapeError */
export function checkClassification<D extends RealDType>(
  op: string,
  input: Tensor<D>,
  target: Tensor<IndexDType>,
  { weight, ignoreIndex = -100, reduction = 'mean' }: CrossEntropyOptions<D>,
): Classification<D> {
  checkShape(input.ndim >= 1, op, 'input', 'of shape (N, C), (N, C, …) or (C)', input.shape);
  checkReduction(op, reduction);
  checkInteger(op, 'ignoreIndex', ignoreIndex);
  checkRange(Math.abs(ignoreIndex) < 0x80000000, op, 'ignoreIndex', 'a 32-bit integer', ignoreIndex);
  const classes = input.shape[input.ndim === 1 ? 0 : 1]!;
  const targetShape = input.ndim === 1 ? [] : input.shape.toSpliced(1, 1);
  checkShapeIs(op, 'target', target, targetShape);
  if (weight != null) {
    checkTensorLike(op, 'weight', weight, input);
    checkShapeIs(op, 'weight', weight, [classes]);
  }
  const batch = input.ndim === 1 ? 1 : input.shape[0]!;
  const inner = input.data.length / (batch * classes);
  return {
    geometry: Int32Array.of(batch, classes, inner, ignoreIndex, REDUCTION[reduction]),
    targets: checkTargets(op, target, classes, ignoreIndex),
    weights: weight?.data ?? null,
    shape: reduction === 'none' ? targetShape : [],
  };
}

/**
 * Cross entropy of logits against class indices, -log softmax(input)[target], or against probabilities of the classes,
 * -Σ target · log softmax(input). As `torch.nn.functional.cross_entropy`.
 *
 * @param input logits (N, C), (N, C, d1, …) or (C)
 * @param target class indices (N), (N, d1, …) or (), or probabilities of the shape and type of input
 * @returns a scalar, or the shape of target with reduction `'none'`; NaN as the mean over no target at all
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function crossEntropy<D extends RealDType>(
  input: Tensor<D>,
  target: Tensor<IndexDType> | Tensor<NoInfer<D>>,
  options: CrossEntropyOptions<D> = {},
): Tensor<D> {
  const { labelSmoothing = 0 } = options;
  checkTensor('crossEntropy', 'input', input);
  checkTensor('crossEntropy', 'target', target, ['int32', 'int64', 'uint8', input.dtype]);
  checkType(typeof labelSmoothing === 'number', 'crossEntropy', 'labelSmoothing', 'a number', labelSmoothing);
  const smooths = labelSmoothing >= 0 && labelSmoothing <= 1;
  checkRange(smooths, 'crossEntropy', 'labelSmoothing', 'a number from 0 to 1', labelSmoothing);
  if ((target.dtype as DType) === input.dtype) {
    return withProbabilities(input, target as Tensor<D>, labelSmoothing, options);
  }
  const { geometry, targets, weights, shape } = checkClassification(
    'crossEntropy',
    input,
    target as Tensor<IndexDType>,
    options,
  );

  const logProbs = acquireLike(input.data);
  const loss = uninitializedLike(input.data, options.reduction === 'none' ? targets.length : 1);
  addon.crossEntropyForward(geometry, labelSmoothing, input.data, targets, weights, logProbs, loss);
  return result(
    'crossEntropy',
    [input],
    loss,
    shape,
    (dloss) => {
      const dinput = acquireLike(logProbs);
      addon.crossEntropyBackward(geometry, labelSmoothing, logProbs, targets, weights, dloss, dinput);
      return [dinput];
    },
    () => release(logProbs),
  );
}

/** Composed of other ops, so that the target has a gradient too. The mean is over the targets. */
function withProbabilities<D extends RealDType>(
  input: Tensor<D>,
  target: Tensor<D>,
  labelSmoothing: number,
  { weight, reduction = 'mean' }: CrossEntropyOptions<D>,
): Tensor<D> {
  checkShape(input.ndim >= 1, 'crossEntropy', 'input', 'of shape (N, C), (N, C, …) or (C)', input.shape);
  checkReduction('crossEntropy', reduction);
  checkShapeIs('crossEntropy', 'target', target, input.shape);
  const dim = input.ndim === 1 ? 0 : 1;
  const classes = input.shape[dim]!;
  if (weight != null) {
    checkTensorLike('crossEntropy', 'weight', weight, input);
    checkShapeIs('crossEntropy', 'weight', weight, [classes]);
  }
  const smoothed =
    labelSmoothing === 0 ? target : add(mul(target, 1 - labelSmoothing), labelSmoothing / classes);
  const logProbs = logSoftmax(input, { dim });
  const perClass = input.shape.map((_, d) => (d === dim ? classes : 1));
  const weighted = weight == null ? logProbs : mul(logProbs, reshape(weight, perClass));
  return reduced(mul(sum(mul(weighted, smoothed), { dim }), -1), reduction);
}
