/** The modules: one line a file. To add one: its file, named as the op it wraps, and its line here. */
export * from './activations.ts';
export * from './avg-pool.ts';
export * from './bilinear.ts';
export * from './conv.ts';
export { ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential } from './containers.ts';
export * from './dropout.ts';
export * from './embedding.ts';
export * from './flatten.ts';
export * from './identity.ts';
export * from './linear.ts';
export * from './lp-pool.ts';
export * from './losses.ts';
export * from './max-pool.ts';
export { Module } from './module.ts';
export type { LoadOptions, LoadReport, NamedOptions, StateDict, TensorLike } from './module.ts';
export type {
  BackwardHook,
  BackwardPreHook,
  ForwardHook,
  ForwardPreHook,
  Gradients,
  HookOptions,
} from './module-hooks.ts';
export * from './multihead-attention.ts';
export * from './norm.ts';
export * from './parameter.ts';
export * from './relu.ts';
export * from './transformer.ts';
export * from './unfold.ts';
export * from './upsample.ts';
