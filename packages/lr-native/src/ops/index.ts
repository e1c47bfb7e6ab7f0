/** The ops: one line a file. To add one: its file, which says what it computes both ways, and its line here. */
export * from './arithmetic.ts';
export * from './cat.ts';
export { conv2d } from './conv2d.ts';
export type { Conv2dOptions } from './conv2d.ts';
export { crossEntropy } from './cross-entropy.ts';
export type { CrossEntropyOptions } from './cross-entropy.ts';
export * from './linear.ts';
export * from './matmul.ts';
export { maxPool2d } from './max-pool2d.ts';
export type { MaxPool2dOptions } from './max-pool2d.ts';
export * from './mse-loss.ts';
export * from './permute.ts';
export { mean, sum } from './reduce.ts';
export type { ReduceOptions } from './reduce.ts';
export * from './relu.ts';
export * from './reshape.ts';
