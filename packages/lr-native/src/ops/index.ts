/** The ops: one line a file. To add one: its file, which says what it computes both ways, and its line here. */
export * from './activations.ts';
export {
  add,
  addcdiv,
  addcmul,
  atan2,
  div,
  fmod,
  lerp,
  maximum,
  minimum,
  mul,
  pow,
  remainder,
  sub,
} from './arithmetic.ts';
export type { Arithmetic, RealArithmetic, ValueOptions } from './arithmetic.ts';
export { asType } from './as-type.ts';
export { scaledDotProductAttention } from './attention.ts';
export type { AttentionOptions } from './attention.ts';
export { adaptiveAvgPool2d, avgPool2d } from './avg-pool2d.ts';
export type { AdaptiveAvgPool2dOptions, AvgPool2dOptions } from './avg-pool2d.ts';
export * from './bce-with-logits.ts';
export * from './cat.ts';
export * from './compare.ts';
export { conv2d } from './conv2d.ts';
export type { Conv2dOptions } from './conv2d.ts';
export { crossEntropy } from './cross-entropy.ts';
export type { CrossEntropyOptions } from './cross-entropy.ts';
export { diag, diagonal, tril, triu } from './diagonal.ts';
export type { DiagonalOptions } from './diagonal.ts';
export * from './difference-losses.ts';
export { dropout } from './dropout.ts';
export type { DropoutOptions } from './dropout.ts';
export { embedding } from './embedding.ts';
export type { EmbeddingOptions } from './embedding.ts';
export { broadcastTo, expand, expandAs, meshgrid, outer, repeat, tile } from './expand.ts';
export type { MeshgridOptions } from './expand.ts';
export { gather, indexSelect, oneHot, scatter, scatterAdd, takeAlongDim } from './gather.ts';
export * from './linear.ts';
export * from './matmul.ts';
export { maxPool2d } from './max-pool2d.ts';
export type { MaxPool2dOptions } from './max-pool2d.ts';
export * from './mse-loss.ts';
export * from './nll-loss.ts';
export { batchNorm, groupNorm, instanceNorm, layerNorm, rmsNorm } from './norm.ts';
export type {
  BatchNormOptions,
  GroupNormOptions,
  InstanceNormOptions,
  LayerNormOptions,
  RmsNormOptions,
} from './norm.ts';
export * from './normalize.ts';
export * from './pad.ts';
export { flip, movedim, permute, roll, swapaxes, transpose } from './permute.ts';
export type { AnyOperand } from './promote.ts';
export type { Reduce, ReduceOptions } from './axis.ts';
export * from './reduce.ts';
export * from './reshape.ts';
export * from './slice.ts';
export * from './softmax.ts';
export {
  abs,
  acos,
  asin,
  atan,
  ceil,
  clamp,
  cos,
  cosh,
  erf,
  erfc,
  exp,
  exp2,
  expm1,
  floor,
  log,
  log10,
  log1p,
  log2,
  neg,
  reciprocal,
  round,
  rsqrt,
  sigmoid,
  sign,
  sin,
  sinh,
  sqrt,
  square,
  tan,
  tanh,
  trunc,
} from './unary.ts';
export type { ClampOptions } from './unary.ts';
export * from './where.ts';
