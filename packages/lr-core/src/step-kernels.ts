/**
 * The contract between optimizers and the code that updates memory: one call per parameter group and step.
 * `reference/` implements it in TypeScript; importing @org/lr-native registers the native one. Both give the same bits.
 *
 * A kernel knows nothing of optimizers, groups or state: it gets arrays and numbers. To add one: its formula in
 * `reference/<kind>.ts`, its name below, and in native/ `elem/<kind>.h` and a row in `cpu/optim.inc.cpp`.
 */
import type { Storage } from './param.ts';

/**
 * @param buffers `buffers[role][tensor]`, the roles of the kind in order (parameters first, gradients second); `null`
 *   for a role whose option is off. Every buffer of a tensor has the tensor's length.
 * @param scalars numbers that differ between tensors, such as bias corrections: `scalars[tensor * count + i]`
 * @param hyper hyper-parameters of the group, in the kind's order; flags are 0 or 1
 */
export type StepKernel = (
  buffers: readonly (readonly Storage[] | null)[],
  scalars: Float64Array,
  hyper: Float64Array,
) => void;

export interface StepKernels {
  readonly name: 'js' | 'native';
  /**
   * Roles: param, grad, momentumBuffer | null.
   * Scalars (1): firstStep, 1 where momentumBuffer is still to be filled with the gradient (undampened).
   * Hyper: lr, momentum, dampening, weightDecay, nesterov, maximize.
   */
  readonly sgd: StepKernel;
  /**
   * Adam and AdamW. Roles: param, grad, expAvg, expAvgSq, maxExpAvgSq | null.
   * Scalars (2): lr / (1 - beta1^t), sqrt(1 - beta2^t), both computed in double.
   * Hyper: lr, beta1, beta2, eps, weightDecay, decoupledWeightDecay, maximize.
   */
  readonly adam: StepKernel;
}

/** The name of a kernel. */
export type StepKernelKind = Exclude<keyof StepKernels, 'name'>;
