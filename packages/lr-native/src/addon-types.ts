/**
 * The only typing of the addon, function by function what native/addon exports, and the home of the layouts in which
 * geometry and hyper-parameters cross: an Int32Array or Float64Array with the fields of the C++ struct in order
 * (native/include/lr/kernels.h, which also says what each operator computes and which arguments may be the same array).
 *
 * Nothing here validates: `ops/` checks every public argument before it calls.
 */

import type { StepKernelKind } from '@org/lr-core';

/** Fields of GemmShape: m n k, lda ldb ldc, transposeA transposeB accumulate (0 or 1). */
export type GemmShape = Int32Array;
/**
 * Fields of Conv2dShape: batch inChannels inHeight inWidth, outChannels outHeight outWidth, kernelHeight kernelWidth,
 * strideHeight strideWidth, padTop padLeft, dilationHeight dilationWidth, groups.
 */
export type Conv2dShape = Int32Array;
/** Fields of LinearShape: rows inFeatures outFeatures. */
export type LinearShape = Int32Array;
/**
 * Fields of Pool2dShape: planes inHeight inWidth, outHeight outWidth, kernelHeight kernelWidth,
 * strideHeight strideWidth, padTop padLeft, dilationHeight dilationWidth.
 */
export type Pool2dShape = Int32Array;
/** Fields of CrossEntropyShape: batch classes inner, ignoreIndex, reduction. */
export type CrossEntropyShape = Int32Array;

/** How a loss is reduced, by PyTorch's names, and the number that crosses to the addon. */
export const REDUCTION = { none: 0, mean: 1, sum: 2 } as const;
export type Reduction = keyof typeof REDUCTION;

/** Functions of one element, by the number that crosses to the addon: the enum Unary of kernels.h. */
export const UNARY = {
  exp: 0,
  log: 1,
  sqrt: 2,
  abs: 3,
  sigmoid: 4,
  tanh: 5,
  gelu: 6,
  geluTanh: 7,
  silu: 8,
  softplus: 9,
  leakyRelu: 10,
} as const;
export type UnaryName = keyof typeof UNARY;

/** What the addon knows of the machine and of itself. */
export interface CpuInfo {
  /** The table that runs, for instance `avx2`. */
  readonly table: string;
  /** The tables this machine can run, best first. */
  readonly tables: readonly string[];
  /** The tables built into the addon. */
  readonly built: readonly string[];
}

/** The optimizer kernels of the addon, by lr-core's names (StepKernels): LR_OPTIMIZERS of kernels.h. */
export const OPTIMIZER_KINDS = [
  'adadelta',
  'adagrad',
  'adam',
  'adamax',
  'asgd',
  'lamb',
  'lars',
  'lion',
  'nadam',
  'radam',
  'rmsprop',
  'rprop',
  'schedulefreeadamw',
  'schedulefreesgd',
  'sgd',
  'sparseadam',
] as const satisfies readonly StepKernelKind[];
export type OptimizerKind = (typeof OPTIMIZER_KINDS)[number];

export interface Addon {
  cpuInfo(): CpuInfo;
  /** @throws Error for an unknown table or one this machine cannot run */
  selectCpu(table: string): void;
  setNumThreads(threads: number): void;
  getNumThreads(): number;

  gemm(shape: GemmShape, a: Float32Array, b: Float32Array, c: Float32Array): void;

  conv2dForward(
    shape: Conv2dShape,
    x: Float32Array,
    w: Float32Array,
    bias: Float32Array | null,
    y: Float32Array,
  ): void;
  conv2dBackwardInput(shape: Conv2dShape, dy: Float32Array, w: Float32Array, dx: Float32Array): void;
  conv2dBackwardWeight(
    shape: Conv2dShape,
    x: Float32Array,
    dy: Float32Array,
    dw: Float32Array,
    dbias: Float32Array | null,
  ): void;

  linearForward(
    shape: LinearShape,
    x: Float32Array,
    w: Float32Array,
    bias: Float32Array | null,
    y: Float32Array,
  ): void;
  linearBackwardInput(shape: LinearShape, dy: Float32Array, w: Float32Array, dx: Float32Array): void;
  linearBackwardWeight(
    shape: LinearShape,
    x: Float32Array,
    dy: Float32Array,
    dw: Float32Array,
    dbias: Float32Array | null,
  ): void;

  reluForward(x: Float32Array, y: Float32Array): void;
  reluBackward(y: Float32Array, dy: Float32Array, dx: Float32Array): void;

  unaryForward(kind: number, parameter: number, x: Float32Array, y: Float32Array): void;
  unaryBackward(
    kind: number,
    parameter: number,
    x: Float32Array,
    y: Float32Array,
    dy: Float32Array,
    dx: Float32Array,
  ): void;

  maxPool2dForward(shape: Pool2dShape, x: Float32Array, y: Float32Array, index: Int32Array): void;
  maxPool2dBackward(shape: Pool2dShape, dy: Float32Array, index: Int32Array, dx: Float32Array): void;

  crossEntropyForward(
    shape: CrossEntropyShape,
    labelSmoothing: number,
    logits: Float32Array,
    target: Int32Array,
    weight: Float32Array | null,
    logProbs: Float32Array,
    loss: Float32Array,
  ): void;
  crossEntropyBackward(
    shape: CrossEntropyShape,
    labelSmoothing: number,
    logProbs: Float32Array,
    target: Int32Array,
    weight: Float32Array | null,
    dloss: Float32Array,
    dlogits: Float32Array,
  ): void;

  mseForward(reduction: number, x: Float32Array, target: Float32Array, loss: Float32Array): void;
  mseBackward(
    reduction: number,
    x: Float32Array,
    target: Float32Array,
    dloss: Float32Array,
    dx: Float32Array,
  ): void;

  /** y += x */
  accumulate(x: Float32Array, y: Float32Array): void;

  /** One optimizer step of a group; buffers, scalars and hyper as in lr-core's StepKernel. */
  optimizerStep(
    kind: OptimizerKind,
    buffers: readonly (readonly Float32Array[] | null)[],
    scalars: Float64Array,
    hyper: Float64Array,
  ): void;
}
