/** Distances and similarities of vectors, and the losses made of them. */
import { checkAtLeast, checkBoolean, checkNumber, checkRange, checkShape } from '@org/lr-core';
import { written } from '../capture.ts';
import { hostOf } from '../device-array.ts';
import type { IndexDType, RealDType } from '../dtype.ts';
import { Tensor } from '../tensor.ts';
import { add, div, mul, sub } from './arithmetic.ts';
import { eq } from './compare.ts';
import { checkTargets } from './cross-entropy.ts';
import { checkDim, checkReduction, checkShapeIs, checkTensor, checkTensorLike } from './op.ts';
import { checkSigns } from './pointwise-loss.ts';
import type { LossOptions, MarginOptions } from './pointwise-loss.ts';
import { reduced, sum, vectorNorm } from './reduce.ts';
import { relu } from './activations.ts';

export interface CosineSimilarityOptions {
  /** Default 1. */
  dim?: number;
  /** The least norm that is divided by; default 1e-8. */
  eps?: number;
}

/** The larger of `x` and a constant, with the gradient of `x` where it is the constant too, as PyTorch has it. */
function atLeast<D extends RealDType>(x: Tensor<D>, least: number): Tensor<D> {
  return add(x, relu(sub(least, x)).detach());
}

/**
 * x1 · x2 / (|x1| · |x2|) along `dim`. As `torch.nn.functional.cosine_similarity`.
 *
 * @param x1 of a shape that broadcasts with that of x2
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function cosineSimilarity<D extends RealDType>(
  x1: Tensor<D>,
  x2: Tensor<D>,
  { dim = 1, eps = 1e-8 }: CosineSimilarityOptions = {},
): Tensor<D> {
  const op = 'cosineSimilarity';
  checkTensor(op, 'x1', x1);
  checkTensorLike(op, 'x2', x2, x1);
  checkAtLeast(op, 'eps', eps, 0);
  const axis = checkDim(op, 'dim', dim, Math.max(x1.ndim, x2.ndim));
  const products = mul(x1, x2);
  const [a, b] = [x1, x2].map((x) =>
    // dimensions that broadcasting would add are counted from the end
    atLeast(vectorNorm(x, { dim: axis - products.ndim + x.ndim }), eps),
  );
  return div(sum(products, { dim: axis }), mul(a!, b!));
}

export interface PairwiseDistanceOptions {
  /** The order of the norm; default 2. */
  p?: number;
  /** Added to each difference, so that there is a gradient at 0; default 1e-6. */
  eps?: number;
  /** Whether the last dimension stays, with length 1; default false. */
  keepdim?: boolean;
}

/**
 * The p-norm of x1 - x2 + eps over the last dimension. As `torch.nn.functional.pairwise_distance`.
 *
 * @param x1 (*, D), broadcasting with x2
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function pairwiseDistance<D extends RealDType>(
  x1: Tensor<D>,
  x2: Tensor<D>,
  { p = 2, eps = 1e-6, keepdim = false }: PairwiseDistanceOptions = {},
): Tensor<D> {
  const op = 'pairwiseDistance';
  checkTensor(op, 'x1', x1);
  checkTensorLike(op, 'x2', x2, x1);
  checkShape(x1.ndim > 0 && x2.ndim > 0, op, 'x1', 'of shape (*, D), as x2', x1.shape);
  checkNumber(op, 'p', p);
  checkNumber(op, 'eps', eps);
  checkBoolean(op, 'keepdim', keepdim);
  return vectorNorm(add(sub(x1, x2), eps), { ord: p, dim: -1, keepdim });
}

/**
 * 1 - cos(input1, input2) where target is 1, max(0, cos - margin) where it is -1, reduced.
 * As `torch.nn.functional.cosine_embedding_loss`.
 *
 * @param input1 (N, D) or (D)
 * @param target (N) or (): 1 or -1, floats or integers
 * @throws ArgumentError, ShapeError
 */
export function cosineEmbeddingLoss<D extends RealDType>(
  input1: Tensor<D>,
  input2: Tensor<D>,
  target: Tensor<NoInfer<D>> | Tensor<IndexDType>,
  { margin = 0, reduction = 'mean' }: MarginOptions = {},
): Tensor<D> {
  const op = 'cosineEmbeddingLoss';
  checkTensor(op, 'input1', input1);
  checkTensorLike(op, 'input2', input2, input1);
  checkShape(input1.ndim === 1 || input1.ndim === 2, op, 'input1', 'of shape (N, D) or (D)', input1.shape);
  checkShapeIs(op, 'input2', input2, input1.shape);
  checkNumber(op, 'margin', margin);
  checkReduction(op, reduction);
  const cosine = cosineSimilarity(input1, input2, { dim: -1 });
  const signs = checkSigns(op, target, cosine);
  const [alike, apart] = [1, -1].map((sign) => {
    return eq(signs, sign!).asType(cosine.dtype);
  });
  const losses = add(mul(sub(1, cosine), alike!), mul(relu(sub(cosine, margin)), apart!));
  return reduced(losses, reduction);
}

export interface TripletMarginLossOptions extends MarginOptions {
  /** The order of the norm; default 2. */
  p?: number;
  /** As of pairwiseDistance; default 1e-6. */
  eps?: number;
  /** Whether the positive's distance to the negative counts where it is the smaller one; default false. */
  swap?: boolean;
}

/**
 * max(0, |anchor - positive| - |anchor - negative| + margin), reduced. As `torch.nn.functional.triplet_margin_loss`.
 *
 * @param anchor (N, D) or (D), as positive and negative
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function tripletMarginLoss<D extends RealDType>(
  anchor: Tensor<D>,
  positive: Tensor<D>,
  negative: Tensor<D>,
  { margin = 1, p = 2, eps = 1e-6, swap = false, reduction = 'mean' }: TripletMarginLossOptions = {},
): Tensor<D> {
  const op = 'tripletMarginLoss';
  checkTensor(op, 'anchor', anchor);
  for (const [name, x] of Object.entries({ positive, negative })) {
    checkTensorLike(op, name, x, anchor);
    checkShapeIs(op, name, x, anchor.shape);
  }
  checkShape(anchor.ndim > 0, op, 'anchor', 'of shape (N, D) or (D)', anchor.shape);
  checkNumber(op, 'margin', margin);
  checkBoolean(op, 'swap', swap);
  checkReduction(op, reduction);
  const near = pairwiseDistance(anchor, positive, { p, eps });
  let far = pairwiseDistance(anchor, negative, { p, eps });
  if (swap) far = sub(far, relu(sub(far, pairwiseDistance(positive, negative, { p, eps }))));
  return reduced(relu(add(sub(near, far), margin)), reduction);
}

export interface MultiMarginLossOptions<D extends RealDType = 'float32'> extends LossOptions {
  /** 1 (default) or 2: the power of each term. */
  p?: 1 | 2;
  /** Default 1. */
  margin?: number;
  /** A weight for each class: (C). */
  weight?: Tensor<D> | null;
}

/**
 * The sum over the other classes of max(0, margin - input[target] + input[c])^p, divided by the number of classes,
 * reduced. As `torch.nn.functional.multi_margin_loss`.
 *
 * @param input (N, C) or (C)
 * @param target class indices (N) or ()
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function multiMarginLoss<D extends RealDType>(
  input: Tensor<D>,
  target: Tensor<IndexDType>,
  { p = 1, margin = 1, weight, reduction = 'mean' }: MultiMarginLossOptions<D> = {},
): Tensor<D> {
  const op = 'multiMarginLoss';
  checkTensor(op, 'input', input);
  checkShape(input.ndim === 1 || input.ndim === 2, op, 'input', 'of shape (N, C) or (C)', input.shape);
  checkTensor(op, 'target', target, ['int32', 'int64', 'uint8']);
  checkShapeIs(op, 'target', target, input.shape.slice(0, -1));
  checkRange(p === 1 || p === 2, op, 'p', '1 or 2', p);
  checkNumber(op, 'margin', margin);
  checkReduction(op, reduction);
  const classes = input.shape.at(-1)!;
  if (weight != null) {
    checkTensorLike(op, 'weight', weight, input);
    checkShapeIs(op, 'weight', weight, [classes]);
  }
  const targets = checkTargets(op, target, classes, -1);
  const own = written(input.data, input.size, (host) => {
    host.fill(0);
    hostOf(targets).forEach((c, row) => (host[row * classes + c] = 1));
  });
  const others = written(input.data, input.size, (host) => {
    host.fill(1 / classes);
    hostOf(targets).forEach((c, row) => (host[row * classes + c] = 0));
  });
  const isTarget = new Tensor<D>(own, input.shape);
  const score = sum(mul(input, isTarget), { dim: -1, keepdim: true });
  const hinge = relu(add(sub(input, score), margin));
  const terms = mul(p === 1 ? hinge : mul(hinge, hinge), new Tensor<D>(others, input.shape));
  const losses = sum(terms, { dim: -1 });
  return reduced(weight == null ? losses : mul(losses, sum(mul(weight, isTarget), { dim: -1 })), reduction);
}
