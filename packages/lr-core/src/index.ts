/** The public names of @org/lr-core. */
export * from './accumulation.ts';
export * from './averaging.ts';
export * from './check.ts';
export * from './clip.ts';
export * as exactMath from './exact-math.ts';
export { kernelsInUse, registerKernels, stepKernel, useKernels } from './kernels.ts';
export * from './layerwise.ts';
export * from './named-state.ts';
export * from './optimizer.ts';
export * from './optimizers/index.ts';
export * from './param.ts';
export * from './schedule.ts';
export * from './scheduler.ts';
export * from './schedulers/index.ts';
export type { StepKernel, StepKernelKind, StepKernels } from './step-kernels.ts';
export { setWarningHandler, type WarningHandler } from './warn.ts';
