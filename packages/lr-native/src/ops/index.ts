/** The ops: one line a file. To add one: its file, which says what it computes both ways, and its line here. */
export * from './arithmetic.ts';
export { scaledDotProductAttention } from './attention.ts';
export type { AttentionOptions } from './attention.ts';
export { adaptiveAvgPool2d, avgPool2d } from './avg-pool2d.ts';
export type { AdaptiveAvgPool2dOptions, AvgPool2dOptions } from './avg-pool2d.ts';
export * from './bce-with-logits.ts';
export * from './cat.ts';
export { conv2d } from './conv2d.ts';
export type { Conv2dOptions } from './conv2d.ts';
export { crossEntropy } from './cross-entropy.ts';
export type { CrossEntropyOptions } from './cross-entropy.ts';
export * from './difference-losses.ts';
export { dropout } from './dropout.ts';
export type { DropoutOptions } from './dropout.ts';
export { embedding } from './embedding.ts';
export type { EmbeddingOptions } from './embedding.ts';
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
export * from './permute.ts';
export type { Reduce, ReduceOptions } from './axis.ts';
export * from './reduce.ts';
export * from './reshape.ts';
export * from './softmax.ts';
export { abs, exp, gelu, leakyRelu, log, relu, sigmoid, silu, softplus, sqrt, tanh } from './unary.ts';
export type { GeluOptions, LeakyReluOptions } from './unary.ts';
