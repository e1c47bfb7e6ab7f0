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
export * from './cat.ts';
export * from './clamp.ts';
export {
  allclose,
  eq,
  equal,
  ge,
  gt,
  isfinite,
  isinf,
  isnan,
  le,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  lt,
  ne,
} from './compare.ts';
export type { AllcloseOptions } from './compare.ts';
export { lpPool1d, lpPool2d } from './lp-pool.ts';
export type { LpPool1dOptions, LpPool2dOptions } from './lp-pool.ts';
export { diag, diagonal, tril, triu } from './diagonal.ts';
export type { DiagonalOptions } from './diagonal.ts';
export { scaledDotProductAttention } from './attention.ts';
export type { AttentionOptions } from './attention.ts';
export { adaptiveAvgPool1d, adaptiveAvgPool2d, avgPool1d, avgPool2d } from './avg-pool.ts';
export type {
  AdaptiveAvgPool2dOptions,
  AdaptivePoolOptions,
  AvgPool1dOptions,
  AvgPool2dOptions,
  OutputSize,
} from './avg-pool.ts';
export * from './bilinear.ts';
export { convTranspose1d, convTranspose2d } from './conv-transpose.ts';
export type { ConvTranspose1dOptions, ConvTranspose2dOptions } from './conv-transpose.ts';
export { conv1d, conv2d, getConvAlgorithm, setConvAlgorithm } from './conv2d.ts';
export type { Conv1dOptions, Conv2dOptions } from './conv2d.ts';
export { crossEntropy } from './cross-entropy.ts';
export type { CrossEntropyOptions } from './cross-entropy.ts';
export { alphaDropout, dropout, dropout1d, dropout2d, featureAlphaDropout } from './dropout.ts';
export type { DropoutOptions } from './dropout.ts';
export * from './distance.ts';
export * from './einsum.ts';
export { interpolate } from './interpolate.ts';
export type { InterpolateOptions, InterpolationMode } from './interpolate.ts';
export { adaptiveMaxPool1d, adaptiveMaxPool2d, maxPool1d, maxPool2d, maxUnpool2d } from './max-pool.ts';
export type {
  MaxPool1dOptions,
  MaxPool2dOptions,
  MaxUnpool2dOptions,
  Pooled,
  WithIndices,
} from './max-pool.ts';
export {
  bceWithLogits,
  binaryCrossEntropy,
  gaussianNllLoss,
  hingeEmbeddingLoss,
  huberLoss,
  klDiv,
  l1Loss,
  marginRankingLoss,
  mseLoss,
  multilabelSoftMarginLoss,
  poissonNllLoss,
  smoothL1Loss,
  softMarginLoss,
} from './pointwise-loss.ts';
export type {
  BceWithLogitsOptions,
  BinaryCrossEntropyOptions,
  GaussianNllLossOptions,
  HuberLossOptions,
  KlDivOptions,
  LossOptions,
  MarginOptions,
  PoissonNllLossOptions,
  SmoothL1LossOptions,
} from './pointwise-loss.ts';
export * from './unfold.ts';
export { embedding } from './embedding.ts';
export type { EmbeddingOptions } from './embedding.ts';
export { broadcastTo, expand, expandAs, meshgrid, outer, repeat, tile } from './expand.ts';
export type { MeshgridOptions } from './expand.ts';
export { gather, indexSelect, oneHot, scatter, scatterAdd, takeAlongDim } from './gather.ts';
export * from './linear.ts';
export * from './matmul.ts';
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
export {
  all,
  amax,
  amin,
  any,
  argmax,
  argmin,
  cumsum,
  logsumexp,
  max,
  mean,
  min,
  norm,
  prod,
  std,
  sum,
  var,
  varMean,
  variance,
  vectorNorm,
} from './reduce.ts';
export type {
  ArgOptions,
  AxisOptions,
  NormOptions,
  ValuesAndIndices,
  VarianceOptions,
  VectorNormOptions,
} from './reduce.ts';
export * from './reshape.ts';
export * from './slice.ts';
export { logSoftmax, softmax, softmin } from './softmax.ts';
export type { SoftmaxOptions } from './softmax.ts';
export * from './sort.ts';
export {
  abs,
  acos,
  asin,
  atan,
  ceil,
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
export * from './where.ts';
