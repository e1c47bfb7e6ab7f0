/**
 * The contract between optimizers and the code that updates memory: one call per parameter group and step.
 * `reference/` implements it in TypeScript; importing @org/lr-native registers the native one. Both give the same bits.
 *
 * A kernel knows nothing of optimizers, groups or state: it gets arrays and numbers. To add one: its formula in
 * `reference/<kind>.ts`, its name below, and for the native one what native/elem/step.h lists.
 */
import type { Storage } from './param.ts';

/**
 * @param buffers `buffers[role][tensor]`, the roles of the kind in order (parameters first, gradients second); `null`
 *   for a role whose option is off. Unless the kind says otherwise, every buffer of a tensor has the tensor's length.
 * @param scalars numbers that differ between tensors, such as bias corrections: `scalars[tensor * count + i]`
 * @param hyper hyper-parameters of the group, in the kind's order; flags are 0 or 1
 */
export type StepKernel = (
  buffers: readonly (readonly Storage[] | null)[],
  scalars: Float64Array,
  hyper: Float64Array,
) => void;

/**
 * A table of kernels. A kind that it lacks runs on the TypeScript kernel.
 *
 * Scalars are computed in double; `t` is the tensor's step, from 1.
 */
export interface StepKernels {
  readonly name: 'js' | 'native';
  /** An array of zeros, for state, where its kernels reach it best. Default: any. */
  zeros?(length: number): Float32Array;
  /**
   * The p-norms of arrays of one device, rounded to float32, without copies of them. Of Float32Arrays the Euclidean ones
   * alone, with the bits of reference/norm.ts.
   */
  norms?(arrays: readonly Storage[], p: number): Float32Array;
  /** Multiplies arrays of one device, or Float32Arrays, by `factor`. */
  scale?(arrays: readonly Storage[], factor: number): void;
  /**
   * Roles: param, grad, squareAvg, accDelta.
   * Hyper: lr, rho, eps, weightDecay, maximize.
   */
  readonly adadelta?: StepKernel;
  /**
   * Roles: param, grad, rowVar | null, colVar | null, variance | null. A call has either rowVar (matrices, rows) and
   * colVar (matrices, cols), where param is (matrices, rows, cols), or variance.
   * Scalars (4): rows, cols, t^beta2Decay, min(lr, 1 / sqrt(t)).
   * Hyper: lr, weightDecay, eps1, eps2, d, maximize.
   */
  readonly adafactor?: StepKernel;
  /**
   * Roles: param, grad, sum.
   * Scalars (1): lr / (1 + (t - 1) * lrDecay).
   * Hyper: weightDecay, eps, maximize.
   */
  readonly adagrad?: StepKernel;
  /**
   * Adam and AdamW. Roles: param, grad, expAvg, expAvgSq, maxExpAvgSq | null.
   * Scalars (2): lr / (1 - beta1^t), sqrt(1 - beta2^t).
   * Hyper: lr, beta1, beta2, eps, weightDecay, decoupledWeightDecay, maximize.
   */
  readonly adam?: StepKernel;
  /**
   * Roles: param, grad, expAvg, expInf.
   * Scalars (1): lr / (1 - beta1^t).
   * Hyper: beta1, beta2, eps, weightDecay, maximize.
   */
  readonly adamax?: StepKernel;
  /**
   * Roles: param, grad, ax (the average).
   * Scalars (2): eta, mu.
   * Hyper: lambd, weightDecay, maximize.
   */
  readonly asgd?: StepKernel;
  /**
   * Roles: param, grad, expAvg, expAvgSq.
   * Scalars (2): 1 - beta1^t, sqrt(1 - beta2^t); both 1 without bias correction.
   * Hyper: lr, beta1, beta2, eps, weightDecay, maximize.
   */
  readonly lamb?: StepKernel;
  /**
   * Roles: param, grad, momentumBuffer | null.
   * Scalars (1): firstStep, as for sgd.
   * Hyper: lr, momentum, dampening, weightDecay, nesterov, trustCoefficient, eps, maximize.
   */
  readonly lars?: StepKernel;
  /**
   * Roles: param, grad, expAvg.
   * Hyper: lr, beta1, beta2, weightDecay, maximize.
   */
  readonly lion?: StepKernel;
  /**
   * Roles: param, grad, momentumBuffer.
   * Scalars (3): rows, cols, the adjusted lr.
   * Hyper: lr, weightDecay, momentum, nesterov, three coefficients, eps, nsSteps.
   */
  readonly muon?: StepKernel;
  /**
   * Roles: param, grad, expAvg, expAvgSq.
   * Scalars (3): 1 - beta2^t, lr (1 - mu) / (1 - muProduct), lr muNext / (1 - muProduct muNext).
   * Hyper: lr, beta1, beta2, eps, weightDecay, decoupledWeightDecay, maximize.
   */
  readonly nadam?: StepKernel;
  /**
   * Roles: param, grad, expAvg, expAvgSq.
   * Scalars (3): 1 - beta1^t, sqrt(1 - beta2^t), the rectification or 0 where there is none yet.
   * Hyper: lr, beta1, beta2, eps, weightDecay, decoupledWeightDecay, maximize.
   */
  readonly radam?: StepKernel;
  /**
   * Roles: param, grad, squareAvg, momentumBuffer | null, gradAvg | null.
   * Hyper: lr, alpha, eps, weightDecay, momentum, maximize.
   */
  readonly rmsprop?: StepKernel;
  /**
   * Roles: param, grad, prev, stepSize.
   * Hyper: etaMinus, etaPlus, minimal and maximal step size, maximize.
   */
  readonly rprop?: StepKernel;
  /**
   * Roles: param (y), grad, z, expAvgSq.
   * Hyper: lr, beta1, the weight of z, beta2, 1 - beta2^t, eps, weightDecay, maximize.
   */
  readonly schedulefreeadamw?: StepKernel;
  /**
   * Roles: param (y), grad, z.
   * Hyper: lr, momentum, the weight of z, weightDecay, maximize.
   */
  readonly schedulefreesgd?: StepKernel;
  /**
   * Roles: param, grad, momentumBuffer | null.
   * Scalars (1): firstStep, 1 where momentumBuffer is still to be filled with the gradient (undampened).
   * Hyper: lr, momentum, dampening, weightDecay, nesterov, maximize.
   */
  readonly sgd?: StepKernel;
  /**
   * Buffers hold the touched rows only. Roles: param, grad, expAvg, expAvgSq.
   * Scalars (1): lr sqrt(1 - beta2^t) / (1 - beta1^t).
   * Hyper: beta1, beta2, eps, maximize.
   */
  readonly sparseadam?: StepKernel;
}

/** The name of a kernel. */
export type StepKernelKind = Exclude<keyof StepKernels, 'name' | 'zeros' | 'norms' | 'scale'>;
