/**
 * The only typing of the addon, function by function what native/addon exports, and the home of the layouts in which
 * geometry and hyper-parameters cross: an Int32Array or Float64Array with the fields of the C++ struct in order
 * (native/include/lr/kernels.h, which also says what each operator computes and which arguments may be the same array).
 *
 * Where arrays are typed arrays, DeviceArrays may be, all of one call on one device; inputs alone may be the host's then.
 *
 * Nothing here validates: `ops/` checks every public argument before it calls.
 */

import type { StepKernelKind } from '@org/lr-core';
import type { DeviceArray } from './device-array.ts';
import type { ArrayOf, DType, RealArray } from './dtype.ts';

/** Fields of GemmShape: m n k, lda ldb ldc, transposeA transposeB accumulate (0 or 1). */
export type GemmShape = Int32Array;
/**
 * Fields of Conv2dShape: batch inChannels inHeight inWidth, outChannels outHeight outWidth, kernelHeight kernelWidth,
 * strideHeight strideWidth, padTop padLeft, dilationHeight dilationWidth, groups, algorithm,
 * relu (0; programs set it where a relu follows).
 */
export type Conv2dShape = Int32Array;
/** How a convolution is computed, by the number that crosses to the addon: the enum ConvAlgorithm of kernels.h. */
export const CONV_ALGORITHM = { auto: 0, direct: 1, winograd2: 2, winograd4: 3 } as const;
export type ConvAlgorithm = keyof typeof CONV_ALGORITHM;
/**
 * Fields of GemmBatchShape: m n k, transposeA transposeB accumulate (0 or 1), outer inner, and by how many matrices a
 * step of each moves: outerA innerA, outerB innerB, outerC innerC.
 */
export type GemmBatchShape = Int32Array;
/** Fields of Window2dShape: planes inHeight inWidth, outHeight outWidth. */
export type Window2dShape = Int32Array;
/** Fields of Resample2dShape: planes inHeight inWidth, outHeight outWidth, taps. */
export type Resample2dShape = Int32Array;
/** Fields of LinearShape: rows inFeatures outFeatures. */
export type LinearShape = Int32Array;
/**
 * Fields of Pool2dShape: planes inHeight inWidth, outHeight outWidth, kernelHeight kernelWidth,
 * strideHeight strideWidth, padTop padLeft, dilationHeight dilationWidth.
 */
export type Pool2dShape = Int32Array;
/** Fields of CrossEntropyShape: batch classes inner, ignoreIndex, reduction. */
export type CrossEntropyShape = Int32Array;

/** Fields of ReduceShape: dims firstReduced, and lengths, of which there are always 32. */
export type ReduceShape = Int32Array;
/** Fields of AxisShape: outer length inner. */
export type AxisShape = Int32Array;
/** Fields of LayerNormShape: rows length, centered (0 or 1). */
export type LayerNormShape = Int32Array;
/** Fields of GroupNormShape: batch channels inner groups. */
export type GroupNormShape = Int32Array;
/** Fields of BatchNormShape: batch channels inner, training (0 or 1). */
export type BatchNormShape = Int32Array;
/**
 * Fields of Strided: dims, shape (8), strides of three operands (3 × 8), their offsets (3), their sizes (3). Made by
 * ops/strided.ts.
 */
export type Strided = Int32Array;
/** Fields of GatherShape: outer length count inner. */
export type GatherShape = Int32Array;
/** Fields of RowsShape: outer length count inner, ignored. */
export type RowsShape = Int32Array;

/** How a loss is reduced, by PyTorch's names, and the number that crosses to the addon. */
export const REDUCTION = { none: 0, mean: 1, sum: 2 } as const;
export type Reduction = keyof typeof REDUCTION;

/** Functions of one element, by the number that crosses to the addon: LR_UNARY of kernels.h. */
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
  relu: 11,
  neg: 12,
  sign: 13,
  exp2: 14,
  expm1: 15,
  log2: 16,
  log10: 17,
  log1p: 18,
  rsqrt: 19,
  square: 20,
  reciprocal: 21,
  sin: 22,
  cos: 23,
  tan: 24,
  asin: 25,
  acos: 26,
  atan: 27,
  sinh: 28,
  cosh: 29,
  floor: 30,
  ceil: 31,
  round: 32,
  trunc: 33,
  erf: 34,
  erfc: 35,
  clamp: 36,
  hardtanh: 37,
  elu: 38,
  celu: 39,
  selu: 40,
  mish: 41,
  softsign: 42,
  hardsigmoid: 43,
  hardswish: 44,
  logsigmoid: 45,
  tanhshrink: 46,
  softshrink: 47,
  hardshrink: 48,
  threshold: 49,
} as const;
export type UnaryName = keyof typeof UNARY;

/** Reductions, by the number that crosses to the addon: the enum Reduce of kernels.h. */
export const REDUCE = {
  sum: 0,
  mean: 1,
  prod: 2,
  max: 3,
  min: 4,
  variance: 5,
  logSumExp: 6,
  norm: 7,
  std: 8,
} as const;
export type ReduceName = keyof typeof REDUCE;

/** Losses of each element, by the number that crosses to the addon: the enum Loss of kernels.h. */
export const LOSS = {
  mse: 0,
  l1: 1,
  smoothL1: 2,
  huber: 3,
  bce: 4,
  bceWithLogits: 5,
  bceWithLogitsWeighted: 6,
  klDiv: 7,
  klDivLogTarget: 8,
  poissonNll: 9,
  poissonNllRate: 10,
  gaussianNll: 11,
  hingeEmbedding: 12,
  softMargin: 13,
  marginRanking: 14,
} as const;
export type LossName = keyof typeof LOSS;

/** Functions of two elements, likewise: LR_BINARY. */
export const BINARY = {
  add: 0,
  sub: 1,
  mul: 2,
  div: 3,
  pow: 4,
  maximum: 5,
  minimum: 6,
  fmod: 7,
  remainder: 8,
  atan2: 9,
} as const;
export type BinaryName = keyof typeof BINARY;

/** Comparisons, likewise: the enum Compare. */
export const COMPARE = { eq: 0, ne: 1, lt: 2, le: 3, gt: 4, ge: 5 } as const;
export type CompareName = keyof typeof COMPARE;

/** Arithmetic of integers, likewise: the enum Integer. */
export const INTEGER = {
  add: 0,
  sub: 1,
  mul: 2,
  pow: 3,
  maximum: 4,
  minimum: 5,
  fmod: 6,
  remainder: 7,
  and: 8,
  or: 9,
  xor: 10,
} as const;
export type IntegerName = keyof typeof INTEGER;

/** Types of elements, likewise: the enum Element. */
export const ELEMENT = {
  float32: 0,
  float64: 1,
  int32: 2,
  int64: 3,
  uint8: 4,
  bool: 5,
} as const satisfies Record<DType, number>;

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
  'adafactor',
  'adagrad',
  'adam',
  'adamax',
  'asgd',
  'lamb',
  'lars',
  'lion',
  'muon',
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

/** What a thread is doing, by the number that crosses to the addon: the enum Phase of native/addon/profile.h. */
export const PHASE = { forward: 0, backward: 1, optimizer: 2 } as const;
export type PhaseName = keyof typeof PHASE;

declare const profile: unique symbol;
/** A profile that runs, opaque. */
export interface RunningProfile {
  readonly [profile]: never;
}

/** The calls of an operator in a phase on arguments of the same sizes. */
export interface ProfiledCalls {
  /** Of the operator, or of the optimizer's kernel. */
  readonly name: string;
  readonly phase: number;
  readonly count: number;
  readonly nanoseconds: number;
  /** Geometry and numbers, field after field. */
  readonly numbers: Float64Array;
  /** Elements and bytes of an element, array after array; 0 elements: it was null. */
  readonly arrays: Float64Array;
}

/** What a profile has found; times are in nanoseconds since it began. */
export interface ProfileData {
  readonly nanoseconds: number;
  readonly calls: readonly ProfiledCalls[];
  /** Index of the calls, begin, end, event after event in the order of their ends. */
  readonly events: Float64Array;
  readonly spans: readonly { readonly name: string; readonly begin: number; readonly end: number }[];
  /** Events that were too many to be kept. */
  readonly dropped: number;
}

/**
 * Operators take geometry and numbers, inputs, outputs; their arrays are all Float32Array, or all Float64Array, which run
 * on the table of float64 tensors.
 */
declare const program: unique symbol;
/** Recorded operator calls, opaque. */
export interface Program {
  readonly [program]: never;
}

export interface Addon {
  cpuInfo(): CpuInfo;
  /** @throws Error for an unknown table or one this machine cannot run */
  selectCpu(table: string): void;
  setNumThreads(threads: number): void;

  /** Whether the C library keeps freed arrays for those to come (1) or gives their memory back (0); not all can. */
  keepFreedMemory(keep: number): void;
  getNumThreads(): number;

  /** The first SIGINT or SIGTERM from now on is kept, and said on stderr; the second ends the process with 128 + its number. */
  watchSignals(): void;
  /** Leaves signals to whoever had them before. */
  unwatchSignals(): void;
  /** The number of the first signal; 0 if none came. */
  receivedSignal(): number;

  gemm(shape: GemmShape, a: RealArray, b: RealArray, c: RealArray): void;
  gemmBatch(shape: GemmBatchShape, a: RealArray, b: RealArray, c: RealArray): void;

  conv2dForward(shape: Conv2dShape, x: RealArray, w: RealArray, bias: RealArray | null, y: RealArray): void;
  conv2dBackwardInput(shape: Conv2dShape, dy: RealArray, w: RealArray, dx: RealArray): void;
  conv2dBackwardWeight(
    shape: Conv2dShape,
    x: RealArray,
    dy: RealArray,
    dw: RealArray,
    dbias: RealArray | null,
  ): void;

  linearForward(shape: LinearShape, x: RealArray, w: RealArray, bias: RealArray | null, y: RealArray): void;
  linearBackwardInput(shape: LinearShape, dy: RealArray, w: RealArray, dx: RealArray): void;
  linearBackwardWeight(
    shape: LinearShape,
    x: RealArray,
    dy: RealArray,
    dw: RealArray,
    dbias: RealArray | null,
  ): void;

  unaryForward(kind: number, a: number, b: number, n: number, x: RealArray, y: RealArray): void;
  unaryBackward(
    kind: number,
    a: number,
    b: number,
    n: number,
    x: RealArray,
    y: RealArray,
    dy: RealArray,
    dx: RealArray,
  ): void;

  maxPool2dForward(shape: Pool2dShape, x: RealArray, y: RealArray, index: Int32Array): void;
  maxPool2dBackward(shape: Pool2dShape, dy: RealArray, index: Int32Array, dx: RealArray): void;

  maxUnpool2dBackward(shape: Pool2dShape, dy: RealArray, index: Int32Array, dx: RealArray): void;

  avgPool2dForward(
    shape: Window2dShape,
    rows: Int32Array,
    columns: Int32Array,
    x: RealArray,
    y: RealArray,
  ): void;
  avgPool2dBackward(
    shape: Window2dShape,
    rows: Int32Array,
    columns: Int32Array,
    dy: RealArray,
    dx: RealArray,
  ): void;
  windowMaxForward(
    shape: Window2dShape,
    rows: Int32Array,
    columns: Int32Array,
    x: RealArray,
    y: RealArray,
    index: Int32Array,
  ): void;

  resample2dForward(
    shape: Resample2dShape,
    outside: number,
    rows: Int32Array,
    columns: Int32Array,
    rowWeights: RealArray,
    columnWeights: RealArray,
    x: RealArray,
    y: RealArray,
  ): void;
  resample2dBackward(
    shape: Resample2dShape,
    rows: Int32Array,
    columns: Int32Array,
    rowWeights: RealArray,
    columnWeights: RealArray,
    dy: RealArray,
    dx: RealArray,
  ): void;

  unfold2d(shape: Pool2dShape, x: RealArray, y: RealArray): void;
  fold2d(shape: Pool2dShape, y: RealArray, x: RealArray): void;

  crossEntropyForward(
    shape: CrossEntropyShape,
    labelSmoothing: number,
    logits: RealArray,
    target: Int32Array,
    weight: RealArray | null,
    logProbs: RealArray,
    loss: RealArray,
  ): void;
  crossEntropyBackward(
    shape: CrossEntropyShape,
    labelSmoothing: number,
    logProbs: RealArray,
    target: Int32Array,
    weight: RealArray | null,
    dloss: RealArray,
    dlogits: RealArray,
  ): void;

  nllForward(
    shape: CrossEntropyShape,
    logProbs: RealArray,
    target: Int32Array,
    weight: RealArray | null,
    loss: RealArray,
  ): void;
  nllBackward(
    shape: CrossEntropyShape,
    target: Int32Array,
    weight: RealArray | null,
    dloss: RealArray,
    dlogProbs: RealArray,
  ): void;

  pointwiseLossForward(
    kind: number,
    a: number,
    b: number,
    n: number,
    reduction: number,
    x: RealArray,
    target: RealArray,
    third: RealArray | null,
    loss: RealArray,
  ): void;
  pointwiseLossBackward(
    kind: number,
    a: number,
    b: number,
    n: number,
    reduction: number,
    x: RealArray,
    target: RealArray,
    third: RealArray | null,
    dloss: RealArray,
    dx: RealArray | null,
    dtarget: RealArray | null,
    dthird: RealArray | null,
  ): void;

  /** y = x · scale + kept where mask is 1, x · 0 + dropped where it is 0; each byte of mask for `inner` elements. */
  dropout(
    scale: number,
    kept: number,
    dropped: number,
    inner: number,
    n: number,
    x: RealArray,
    mask: Uint8Array,
    y: RealArray,
  ): void;

  reduceForward(kind: number, a: number, shape: ReduceShape, x: RealArray, y: RealArray): void;
  reduceBackward(
    kind: number,
    a: number,
    shape: ReduceShape,
    x: RealArray,
    y: RealArray,
    dy: RealArray,
    dx: RealArray,
  ): void;
  argReduce(kind: number, shape: AxisShape, x: RealArray, y: RealArray, index: Int32Array): void;
  argReduceBackward(shape: AxisShape, dy: RealArray, index: Int32Array, dx: RealArray): void;
  cumulativeSum(shape: AxisShape, reverse: number, x: RealArray, y: RealArray): void;

  sort(shape: AxisShape, descending: number, x: RealArray, y: RealArray, index: Int32Array): void;

  /** Lanes of -Infinity alone are 0 where zeroHidden is 1, else NaN. */
  softmaxForward(shape: AxisShape, zeroHidden: number, x: RealArray, y: RealArray): void;
  softmaxBackward(shape: AxisShape, y: RealArray, dy: RealArray, dx: RealArray): void;
  logSoftmaxForward(shape: AxisShape, x: RealArray, y: RealArray): void;
  logSoftmaxBackward(shape: AxisShape, y: RealArray, dy: RealArray, dx: RealArray): void;

  layerNormForward(
    shape: LayerNormShape,
    eps: number,
    x: RealArray,
    weight: RealArray | null,
    bias: RealArray | null,
    y: RealArray,
    mean: RealArray | null,
    rstd: RealArray,
  ): void;
  layerNormBackward(
    shape: LayerNormShape,
    eps: number,
    x: RealArray,
    weight: RealArray | null,
    mean: RealArray | null,
    rstd: RealArray,
    dy: RealArray,
    dx: RealArray | null,
    dweight: RealArray | null,
    dbias: RealArray | null,
  ): void;
  groupNormForward(
    shape: GroupNormShape,
    eps: number,
    x: RealArray,
    weight: RealArray | null,
    bias: RealArray | null,
    y: RealArray,
    mean: RealArray,
    rstd: RealArray,
  ): void;
  groupNormBackward(
    shape: GroupNormShape,
    eps: number,
    x: RealArray,
    weight: RealArray | null,
    mean: RealArray,
    rstd: RealArray,
    dy: RealArray,
    dx: RealArray | null,
    dweight: RealArray | null,
    dbias: RealArray | null,
  ): void;
  /** mean and variance are written when training, else read. */
  batchNormForward(
    shape: BatchNormShape,
    eps: number,
    x: RealArray,
    weight: RealArray | null,
    bias: RealArray | null,
    mean: RealArray,
    variance: RealArray,
    y: RealArray,
  ): void;
  batchNormBackward(
    shape: BatchNormShape,
    eps: number,
    x: RealArray,
    weight: RealArray | null,
    mean: RealArray,
    variance: RealArray,
    dy: RealArray,
    dx: RealArray | null,
    dweight: RealArray | null,
    dbias: RealArray | null,
  ): void;

  /** y moves by `share` of the way to factor · x. */
  movingAverage(n: number, share: number, factor: number, x: RealArray, y: RealArray): void;

  /** y += x */
  accumulate(n: number, x: RealArray, y: RealArray): void;

  binaryForward(kind: number, shape: Strided, a: RealArray, b: RealArray, y: RealArray): void;
  binaryBackward(
    kind: number,
    shape: Strided,
    a: RealArray,
    b: RealArray,
    dy: RealArray,
    da: RealArray | null,
    db: RealArray | null,
  ): void;
  compare(kind: number, shape: Strided, a: RealArray, b: RealArray, y: Uint8Array): void;
  /** Integers of any type as bytes. */
  integerForward(
    kind: number,
    element: number,
    shape: Strided,
    a: Uint8Array,
    b: Uint8Array,
    y: Uint8Array,
  ): void;
  integerCompare(
    kind: number,
    element: number,
    shape: Strided,
    a: Uint8Array,
    b: Uint8Array,
    y: Uint8Array,
  ): void;
  /** The n elements of x as another type. */
  convert(from: number, to: number, n: number, x: Uint8Array, y: Uint8Array): void;
  where(shape: Strided, condition: Uint8Array, a: RealArray, b: RealArray, y: RealArray): void;
  copy(shape: Strided, x: RealArray, y: RealArray): void;
  copyBytes(shape: Strided, x: Uint8Array, y: Uint8Array): void;

  gather(shape: GatherShape, x: RealArray, index: Int32Array, y: RealArray): void;
  scatter(shape: GatherShape, x: RealArray, index: Int32Array, y: RealArray): void;
  scatterAdd(shape: GatherShape, x: RealArray, index: Int32Array, y: RealArray): void;
  gatherRows(shape: RowsShape, x: RealArray, index: Int32Array, y: RealArray): void;
  gatherRowsBackward(shape: RowsShape, dy: RealArray, index: Int32Array, dx: RealArray): void;

  /** The class of the errors that devices throw, with a message. */
  setDeviceError(kind: new (message: string) => Error): void;
  /** The devices beside the CPU, or why there are none. */
  /** libraries: lines */
  deviceInfo(): { name: string; unavailable: string | null; libraries: string; devices: string[] };
  /** Makes `object` an array of a device, by its number, of any content. */
  deviceAllocate(object: DeviceArray, device: number, element: number, length: number): void;
  /** Makes `object` one that shares the memory of another. */
  deviceView(object: DeviceArray, of: DeviceArray, element: number, byteOffset: number, length: number): void;
  deviceFree(array: DeviceArray): void;
  deviceIsFreed(array: DeviceArray): boolean;
  deviceWrite(array: DeviceArray, byteOffset: number, host: ArrayBufferView): void;
  /** All of `array`, once the device has done what it was told to. */
  deviceRead(array: DeviceArray, host: ArrayBufferView): void;
  /** Between arrays of one device. */
  deviceCopy(to: DeviceArray, byteOffset: number, from: DeviceArray): void;
  /** 0 or 1 each: whether products of matrices and convolutions may be in TF32, and of inputs rounded to bfloat16. */
  deviceAllow(tf32: number, bfloat16: number): void;
  deviceSynchronize(device: number): void;
  deviceEmptyCache(device: number): void;
  /** Bytes: allocated, reserved, the most that were allocated. */
  deviceMemoryStats(device: number): [number, number, number];

  /** Operators that run from here on are recorded, on this thread. */
  beginProgram(): void;
  /**
   * What has been recorded. It holds the arrays it works on, but for those that it alone writes and reads: unless they are
   * in `kept` they share one block of memory, and are no longer written. What is read of `borrowed` can be lent by each run.
   * Null where operators ran on several devices.
   */
  endProgram(kept: readonly ArrayOf[DType][], borrowed: ArrayOf[DType]): Program | null;
  /** The recorded calls again; `lent`, of its type and length, is read in the place of the borrowed array. */
  runProgram(program: Program, lent: ArrayOf[DType]): void;

  /** Times every operator of this thread until endProfile; with 1 it keeps each call as an event, up to 2²⁰. */
  beginProfile(keepsEvents: number): RunningProfile;
  endProfile(profile: RunningProfile): ProfileData;
  /** What this thread does from here on, forward or backward. @returns what it did before */
  setPhase(phase: number): number;

  /** One optimizer step of a group; buffers, scalars and hyper as in lr-core's StepKernel. */
  optimizerStep(
    kind: OptimizerKind,
    buffers: readonly (readonly Float32Array[] | null)[],
    scalars: Float64Array,
    hyper: Float64Array,
  ): void;

  /** The Euclidean norm of each of a model's gradients, as lr-core sums it. */
  gradientNorms(gradients: readonly Float32Array[], norms: Float32Array): void;
  /** Each gradient times `factor`, which is rounded to float32. */
  scaleGradients(gradients: readonly Float32Array[], factor: number): void;
}
