/**
 * What a config may name: every kind of data, module, loss, optimizer and scheduler with the options of its constructor, by the
 * constructor's own names. To add a type, add its row; build.ts calls the constructor of that name.
 *
 * Types that take a function (LambdaLR, MultiplicativeLR) or that no JSON can feed (SparseAdam, LBFGS, which need sparse
 * gradients or a closure) are not here.
 */
import { z } from 'zod';
import {
  belowOne,
  boolean,
  choice,
  entry,
  expected,
  finite,
  fraction,
  integer,
  nonNegative,
  numbers,
  path,
  positive,
  size,
  type Entry,
  type Types,
} from './config-fields.ts';

const count = integer(1);
const optionalCount = count.optional();
const flag = boolean.optional();

const convolution = {
  inChannels: count,
  outChannels: count,
  kernelSize: size(1),
  stride: size(1).optional(),
  padding: z
    .union([size(0), choice('same', 'valid')], expected('an integer >= 0, a pair of them, "same" or "valid"'))
    .optional(),
  dilation: size(1).optional(),
  groups: optionalCount,
  bias: flag,
};
/** The same along one dimension. */
const convolution1d = {
  inChannels: count,
  outChannels: count,
  kernelSize: count,
  stride: optionalCount,
  padding: z
    .union([integer(0), choice('same', 'valid')], expected('an integer >= 0, "same" or "valid"'))
    .optional(),
  dilation: optionalCount,
  groups: optionalCount,
  bias: flag,
};
const transposed = {
  inChannels: count,
  outChannels: count,
  kernelSize: size(1),
  stride: size(1).optional(),
  padding: size(0).optional(),
  outputPadding: size(0).optional(),
  dilation: size(1).optional(),
  groups: optionalCount,
  bias: flag,
};
const pool1d = { kernelSize: count, stride: optionalCount, padding: integer(0).optional(), ceilMode: flag };
const dropout = { p: fraction.optional() };
const normalizedShape = z.union(
  [count, numbers('integers >= 1', (n) => Number.isInteger(n) && n >= 1)],
  expected('an integer >= 1 or a list of them'),
);
const windows = {
  kernelSize: size(1),
  stride: size(1).optional(),
  padding: size(0).optional(),
  dilation: size(1).optional(),
};
const batchNorm = {
  numFeatures: count,
  eps: positive.optional(),
  momentum: fraction.nullable().optional(),
  affine: flag,
  trackRunningStats: flag,
};
const axis = z.number(expected('an integer')).int(expected('an integer'));
const dim = axis.optional();

/** Modules from one tensor to one; the first names are the constructor's positional arguments, as MODULE_ARGUMENTS says. */
export const MODULES: Types = {
  Sequential: { modules: z.lazy(() => modelSchema) },
  Conv1d: convolution1d,
  Conv2d: convolution,
  ConvTranspose1d: {
    ...transposed,
    kernelSize: count,
    stride: optionalCount,
    padding: integer(0).optional(),
    outputPadding: integer(0).optional(),
    dilation: optionalCount,
  },
  ConvTranspose2d: transposed,
  Linear: { inFeatures: count, outFeatures: count, bias: flag },
  ReLU: {},
  GELU: { approximate: choice('none', 'tanh').optional() },
  Sigmoid: {},
  Tanh: {},
  SiLU: {},
  Softplus: { beta: finite.optional(), threshold: finite.optional() },
  LeakyReLU: { negativeSlope: finite.optional() },
  PReLU: { numParameters: optionalCount, init: finite.optional() },
  ReLU6: {},
  ELU: { alpha: finite.optional() },
  CELU: { alpha: finite.optional() },
  SELU: {},
  Mish: {},
  Softsign: {},
  Hardtanh: { minVal: finite.optional(), maxVal: finite.optional() },
  Hardsigmoid: {},
  Hardswish: {},
  LogSigmoid: {},
  Tanhshrink: {},
  Softshrink: { lambd: nonNegative.optional() },
  Hardshrink: { lambd: finite.optional() },
  Threshold: { threshold: finite, value: finite },
  GLU: { dim },
  Softmax2d: {},
  Softmax: { dim: axis },
  LogSoftmax: { dim: axis },
  Softmin: { dim: axis },
  MaxPool1d: { ...pool1d, dilation: optionalCount },
  MaxPool2d: {
    kernelSize: size(1),
    stride: size(1).optional(),
    padding: size(0).optional(),
    dilation: size(1).optional(),
    ceilMode: flag,
  },
  AvgPool1d: { ...pool1d, countIncludePad: flag },
  AvgPool2d: {
    kernelSize: size(1),
    stride: size(1).optional(),
    padding: size(0).optional(),
    ceilMode: flag,
    countIncludePad: flag,
    divisorOverride: optionalCount,
  },
  LPPool1d: { normType: finite, kernelSize: count, stride: optionalCount, ceilMode: flag },
  LPPool2d: { normType: finite, kernelSize: size(1), stride: size(1).optional(), ceilMode: flag },
  AdaptiveAvgPool1d: { outputSize: count },
  AdaptiveAvgPool2d: { outputSize: size(1) },
  AdaptiveMaxPool1d: { outputSize: count },
  AdaptiveMaxPool2d: { outputSize: size(1) },
  Unfold: windows,
  Fold: { outputSize: size(1), ...windows },
  Upsample: {
    size: size(1).optional(),
    scaleFactor: z
      .union([positive, numbers('positive numbers', (n) => n > 0)], expected('a positive number or a pair'))
      .optional(),
    mode: choice('nearest', 'nearest-exact', 'linear', 'bilinear', 'bicubic', 'area').optional(),
    alignCorners: flag,
  },
  Flatten: { startDim: dim, endDim: dim },
  Dropout: dropout,
  Dropout1d: dropout,
  Dropout2d: dropout,
  AlphaDropout: dropout,
  FeatureAlphaDropout: dropout,
  BatchNorm1d: batchNorm,
  BatchNorm2d: batchNorm,
  BatchNorm3d: batchNorm,
  InstanceNorm1d: batchNorm,
  InstanceNorm2d: batchNorm,
  LayerNorm: {
    normalizedShape,
    eps: positive.optional(),
    elementwiseAffine: flag,
    bias: flag,
  },
  RMSNorm: { normalizedShape, eps: positive.optional(), elementwiseAffine: flag },
  GroupNorm: { numGroups: count, numChannels: count, eps: positive.optional(), affine: flag },
  Embedding: { numEmbeddings: count, embeddingDim: count, paddingIdx: dim },
  Identity: {},
  TransformerEncoderLayer: {
    dModel: count,
    nhead: count,
    dimFeedforward: optionalCount,
    dropout: fraction.optional(),
    activation: choice('relu', 'gelu').optional(),
    layerNormEps: nonNegative.optional(),
    batchFirst: flag,
    normFirst: flag,
    bias: flag,
  },
};

/** The options that a module's constructor takes as positional arguments, in order; the rest go into its options object. */
export const MODULE_ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  Conv1d: ['inChannels', 'outChannels', 'kernelSize'],
  Conv2d: ['inChannels', 'outChannels', 'kernelSize'],
  ConvTranspose1d: ['inChannels', 'outChannels', 'kernelSize'],
  ConvTranspose2d: ['inChannels', 'outChannels', 'kernelSize'],
  Linear: ['inFeatures', 'outFeatures'],
  MaxPool1d: ['kernelSize'],
  MaxPool2d: ['kernelSize'],
  AvgPool1d: ['kernelSize'],
  AvgPool2d: ['kernelSize'],
  LPPool1d: ['normType', 'kernelSize'],
  LPPool2d: ['normType', 'kernelSize'],
  Threshold: ['threshold', 'value'],
  AdaptiveAvgPool1d: ['outputSize'],
  AdaptiveAvgPool2d: ['outputSize'],
  AdaptiveMaxPool1d: ['outputSize'],
  AdaptiveMaxPool2d: ['outputSize'],
  Dropout: ['p'],
  Dropout1d: ['p'],
  Dropout2d: ['p'],
  AlphaDropout: ['p'],
  FeatureAlphaDropout: ['p'],
  BatchNorm1d: ['numFeatures'],
  BatchNorm2d: ['numFeatures'],
  BatchNorm3d: ['numFeatures'],
  InstanceNorm1d: ['numFeatures'],
  InstanceNorm2d: ['numFeatures'],
  LayerNorm: ['normalizedShape'],
  RMSNorm: ['normalizedShape'],
  GroupNorm: ['numGroups', 'numChannels'],
  Embedding: ['numEmbeddings', 'embeddingDim'],
  TransformerEncoderLayer: ['dModel', 'nhead'],
};

const reduction = choice('mean', 'sum').optional();
const weights = numbers('numbers >= 0', (weight) => weight >= 0).optional();

/** Losses. A reduction of "none" leaves nothing to call backward on, so a config cannot ask for it. */
export const LOSSES: Types = {
  CrossEntropyLoss: { weight: weights, ignoreIndex: dim, labelSmoothing: fraction.optional(), reduction },
  MSELoss: { reduction },
  L1Loss: { reduction },
  SmoothL1Loss: { beta: nonNegative.optional(), reduction },
  HuberLoss: { delta: positive.optional(), reduction },
  NLLLoss: { weight: weights, ignoreIndex: dim, reduction },
  BCELoss: { weight: weights, reduction },
  BCEWithLogitsLoss: { weight: weights, posWeight: weights, reduction },
  KLDivLoss: { logTarget: flag, reduction: choice('mean', 'sum', 'batchmean').optional() },
  PoissonNLLLoss: { logInput: flag, full: flag, eps: positive.optional(), reduction },
  HingeEmbeddingLoss: { margin: finite.optional(), reduction },
  SoftMarginLoss: { reduction },
  MultiLabelSoftMarginLoss: { weight: weights, reduction },
  MultiMarginLoss: { p: count.optional(), margin: finite.optional(), weight: weights, reduction },
};

/** The options that are tensors, which a config gives as a list of numbers. */
export const TENSOR_OPTIONS: readonly string[] = ['weight', 'posWeight'];

const pair = (what: string, check: (a: number, b: number) => boolean): z.ZodType<number[] | undefined> =>
  z
    .custom<number[]>(
      (value) =>
        Array.isArray(value) &&
        value.length === 2 &&
        value.every(Number.isFinite) &&
        check(value[0] as number, value[1] as number),
      expected(what),
    )
    .optional();

const lr = positive.optional();
const eps = nonNegative.optional();
const weightDecay = nonNegative.optional();
const maximize = flag;
const betas = pair('two numbers >= 0 and < 1', (a, b) => a >= 0 && a < 1 && b >= 0 && b < 1);
const adam = { lr, betas, eps, weightDecay, maximize };

export const OPTIMIZERS: Types = {
  SGD: {
    lr,
    momentum: nonNegative.optional(),
    dampening: finite.optional(),
    weightDecay,
    nesterov: flag,
    maximize,
  },
  Adam: { ...adam, amsgrad: flag, decoupledWeightDecay: flag },
  AdamW: { ...adam, amsgrad: flag },
  NAdam: { ...adam, momentumDecay: nonNegative.optional(), decoupledWeightDecay: flag },
  RAdam: { ...adam, decoupledWeightDecay: flag },
  Adamax: adam,
  Adagrad: {
    lr,
    lrDecay: nonNegative.optional(),
    weightDecay,
    initialAccumulatorValue: nonNegative.optional(),
    eps,
    maximize,
  },
  Adadelta: { lr, rho: fraction.optional(), eps, weightDecay, maximize },
  RMSprop: {
    lr,
    alpha: nonNegative.optional(),
    eps,
    weightDecay,
    momentum: nonNegative.optional(),
    centered: flag,
    maximize,
  },
  Rprop: {
    lr,
    etas: pair('two numbers with 0 < first < 1 < second', (a, b) => a > 0 && a < 1 && b > 1),
    stepSizes: pair('two numbers with 0 <= first <= second', (a, b) => a >= 0 && a <= b),
    maximize,
  },
  ASGD: {
    lr,
    lambd: finite.optional(),
    alpha: finite.optional(),
    t0: finite.optional(),
    weightDecay,
    maximize,
  },
  Adafactor: {
    lr,
    beta2Decay: z.number(expected('a number <= 0')).max(0, expected('a number <= 0')).optional(),
    eps: z
      .tuple(
        [nonNegative.nullable(), nonNegative],
        expected('two numbers >= 0, of which the first may be null'),
      )
      .optional(),
    d: z.number(expected('a number >= 1')).min(1, expected('a number >= 1')).optional(),
    weightDecay,
    maximize,
  },
  Muon: {
    lr,
    weightDecay,
    momentum: nonNegative.optional(),
    nesterov: flag,
    nsCoefficients: numbers('three numbers', () => true).optional(),
    eps,
    nsSteps: integer(0).optional(),
    adjustLrFn: choice('original', 'match_rms_adamw').nullable().optional(),
  },
};

const gamma = finite.optional();
const perGroup = z.union(
  [positive, numbers('positive numbers', (value) => value > 0)],
  expected('a positive number or a list of them'),
);
const perGroupOrZero = z.union(
  [nonNegative, numbers('numbers >= 0', (value) => value >= 0)],
  expected('a number >= 0 or a list of them'),
);
const totalIters = integer(0).optional();
const annealStrategy = choice('cos', 'linear').optional();
const milestones = z
  .array(integer(0), expected('a list of integers >= 0'))
  .min(1, expected('a list of integers >= 0'));
const nested = z.lazy(() =>
  z
    .array(nestedSchedulerSchema, expected('a list of schedulers'))
    .min(1, expected('a list of one scheduler or more')),
);

/** Schedulers of which one can be part of another. */
const CHAINABLE: Types = {
  StepLR: { stepSize: count, gamma },
  MultiStepLR: { milestones, gamma },
  ConstantLR: { factor: fraction.optional(), totalIters },
  LinearLR: { startFactor: fraction.optional(), endFactor: fraction.optional(), totalIters },
  ExponentialLR: { gamma: finite },
  PolynomialLR: { totalIters, power: finite.optional() },
  CosineAnnealingLR: { tMax: count, etaMin: finite.optional() },
  CosineAnnealingWarmRestarts: { t0: count, tMult: optionalCount, etaMin: finite.optional() },
  CyclicLR: {
    baseLr: perGroupOrZero,
    maxLr: perGroup,
    stepSizeUp: optionalCount,
    stepSizeDown: optionalCount,
    mode: choice('triangular', 'triangular2', 'exp_range').optional(),
    gamma,
    cycleMomentum: flag,
    baseMomentum: belowOne.optional(),
    maxMomentum: belowOne.optional(),
  },
  OneCycleLR: {
    maxLr: perGroup,
    totalSteps: optionalCount,
    epochs: optionalCount,
    stepsPerEpoch: optionalCount,
    pctStart: fraction.optional(),
    annealStrategy,
    cycleMomentum: flag,
    baseMomentum: belowOne.optional(),
    maxMomentum: belowOne.optional(),
    divFactor: positive.optional(),
    finalDivFactor: positive.optional(),
    threePhase: flag,
  },
  SWALR: { swaLr: perGroup, annealEpochs: integer(0).optional(), annealStrategy },
  SequentialLR: { schedulers: nested, milestones: z.array(integer(1), expected('a list of integers >= 1')) },
  ChainedScheduler: { schedulers: nested },
};

const interval = choice('epoch', 'step').optional();

export const SCHEDULERS: Types = {
  ...Object.fromEntries(Object.entries(CHAINABLE).map(([type, options]) => [type, { ...options, interval }])),
  ReduceLROnPlateau: {
    mode: choice('min', 'max').optional(),
    factor: belowOne.optional(),
    patience: integer(0).optional(),
    threshold: nonNegative.optional(),
    thresholdMode: choice('rel', 'abs').optional(),
    cooldown: integer(0).optional(),
    minLr: perGroupOrZero.optional(),
    eps,
    verbose: flag,
    monitor: choice('trainLoss', 'valLoss', 'valAccuracy').optional(),
    interval: choice('epoch').optional(),
  },
};

/** A number for all channels or one for each. */
const perChannel = (
  what: string,
  check: (value: number) => boolean,
): z.ZodType<number | number[] | undefined> => {
  const error = expected(`${what}, one for all channels or a list with one for each`);
  return z.union([z.number().refine(check, error), numbers(what, check)], error).optional();
};

const examples = {
  limit: optionalCount,
  valLimit: optionalCount,
  mean: perChannel('a finite number', () => true),
  std: perChannel('a positive number', (value) => value > 0),
};

export const DATA: Types = {
  mnist: examples,
  idx: { dir: path, ...examples },
  npy: { x: path, y: path, valX: path.optional(), valY: path.optional(), ...examples },
};

const NOT_IN_A_CONFIG: Readonly<Record<string, string>> = {
  LambdaLR: 'LambdaLR takes a function, which JSON cannot hold',
  MultiplicativeLR: 'MultiplicativeLR takes a function, which JSON cannot hold',
  LBFGS: 'LBFGS takes a closure, which lr train does not give',
  SparseAdam: 'SparseAdam takes sparse gradients, which these modules do not make',
};

const moduleSchema = entry('module', MODULES, NOT_IN_A_CONFIG);
const nestedSchedulerSchema: z.ZodType<Entry> = entry('scheduler', CHAINABLE, NOT_IN_A_CONFIG);

export const modelSchema: z.ZodType<Entry[]> = z
  .array(moduleSchema, expected('a list of modules'))
  .min(1, expected('a list of one module or more'));
export const lossSchema: z.ZodType<Entry> = entry('loss', LOSSES, NOT_IN_A_CONFIG);
export const optimizerSchema: z.ZodType<Entry> = entry('optimizer', OPTIMIZERS, NOT_IN_A_CONFIG);
export const schedulerSchema: z.ZodType<Entry> = entry('scheduler', SCHEDULERS, NOT_IN_A_CONFIG);
export const dataSchema: z.ZodType<Entry> = entry('kind of data', DATA, NOT_IN_A_CONFIG);
