/** Every module of nn: onnxruntime computes what it does, or it is refused by name. */
import { F, manualSeed, nn, tensor } from '@org/lr-native';
import type { Tensor } from '@org/lr-native';
import { describe, expect, it, test } from 'vitest';
import { InferenceModel, exportOnnx } from '../src/index.ts';
import { excess, input } from './models.ts';

const SIGNAL = [2, 4, 9];
const IMAGE = [2, 4, 6, 8];
const MATRIX = [3, 8];
const SEQUENCE = [2, 5, 8];

interface Row {
  readonly name: string;
  readonly make: () => nn.Module;
  readonly shape: readonly number[];
  /** The first operator set that has it; default 13. */
  readonly since?: number;
  /** Roundings, in units of the last place of the largest value or 1; default 16. */
  readonly roundings?: number;
  /** Whether only the batch that was exported fits. */
  readonly fixed?: boolean;
}

/** Self-attention as a module of one input. */
class Attention extends nn.Module {
  readonly attention: nn.MultiheadAttention;
  readonly #inputs: nn.MultiheadAttentionInputs;

  constructor(options: nn.MultiheadAttentionOptions, inputs: nn.MultiheadAttentionInputs = {}) {
    super();
    this.attention = new nn.MultiheadAttention(8, 2, options);
    this.#inputs = inputs;
  }

  forward(x: Tensor): Tensor {
    return this.attention.forward(x, x, x, this.#inputs)[0];
  }
}

/** A module whose forward is a function. */
class Of extends nn.Module {
  readonly #compute: (x: Tensor) => Tensor;

  constructor(compute: (x: Tensor) => Tensor) {
    super();
    this.#compute = compute;
  }

  forward(x: Tensor): Tensor {
    return this.#compute(x);
  }
}

const seen = tensor(
  Uint8Array.from([0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1]),
  {
    shape: [5, 5],
  },
).asType('bool');

const layer = (options: nn.TransformerEncoderLayerOptions): nn.TransformerEncoderLayer =>
  new nn.TransformerEncoderLayer(8, 2, { dimFeedforward: 12, batchFirst: true, ...options });

const MODULES: readonly Row[] = [
  { name: 'Conv1d', make: () => new nn.Conv1d(4, 6, 3), shape: SIGNAL },
  {
    name: 'Conv1d with every option',
    make: () => new nn.Conv1d(4, 6, 3, { stride: 2, padding: 1, dilation: 2, groups: 2, bias: false }),
    shape: SIGNAL,
  },
  { name: 'Conv1d same', make: () => new nn.Conv1d(4, 6, 4, { padding: 'same' }), shape: SIGNAL },
  { name: 'Conv2d', make: () => new nn.Conv2d(4, 6, 3, { groups: 2, padding: 1 }), shape: IMAGE },
  ...(['reflect', 'replicate', 'circular'] as const).map((paddingMode): Row => ({
    name: `Conv2d ${paddingMode}`,
    make: () => new nn.Conv2d(4, 6, 3, { padding: [2, 1], paddingMode }),
    shape: IMAGE,
    ...(paddingMode === 'circular' && { since: 19 }),
  })),
  { name: 'ConvTranspose1d', make: () => new nn.ConvTranspose1d(4, 6, 3), shape: SIGNAL },
  {
    name: 'ConvTranspose1d with every option',
    make: () =>
      new nn.ConvTranspose1d(4, 6, 3, {
        stride: 3,
        padding: 1,
        outputPadding: 2,
        dilation: 2,
        groups: 2,
        bias: false,
      }),
    shape: SIGNAL,
  },
  { name: 'ConvTranspose2d', make: () => new nn.ConvTranspose2d(4, 6, [3, 2]), shape: IMAGE },
  {
    name: 'ConvTranspose2d with every option',
    make: () =>
      new nn.ConvTranspose2d(4, 6, 3, {
        stride: [2, 3],
        padding: 1,
        outputPadding: [1, 2],
        dilation: 2,
        groups: 2,
        bias: false,
      }),
    shape: IMAGE,
  },
  { name: 'Linear', make: () => new nn.Linear(8, 5), shape: MATRIX },
  {
    name: 'MaxPool1d',
    make: () => new nn.MaxPool1d(3, { stride: 2, padding: 1, ceilMode: true }),
    shape: [2, 4, 8],
  },
  { name: 'MaxPool2d', make: () => new nn.MaxPool2d([3, 2], { dilation: [1, 2] }), shape: IMAGE },
  {
    name: 'AvgPool1d',
    make: () => new nn.AvgPool1d(3, { stride: 2, padding: 1, countIncludePad: false }),
    shape: SIGNAL,
  },
  {
    name: 'AvgPool1d ceilMode',
    make: () => new nn.AvgPool1d(3, { stride: 2, ceilMode: true }),
    shape: [2, 4, 8],
  },
  { name: 'AvgPool2d', make: () => new nn.AvgPool2d(2, { divisorOverride: 3 }), shape: IMAGE },
  { name: 'LPPool1d', make: () => new nn.LPPool1d(2, 3, { stride: 2 }), shape: SIGNAL },
  { name: 'LPPool2d', make: () => new nn.LPPool2d(2, [2, 3]), shape: IMAGE },
  { name: 'AdaptiveAvgPool1d', make: () => new nn.AdaptiveAvgPool1d(3), shape: SIGNAL },
  { name: 'AdaptiveAvgPool2d', make: () => new nn.AdaptiveAvgPool2d([3, 2]), shape: IMAGE },
  { name: 'AdaptiveMaxPool1d', make: () => new nn.AdaptiveMaxPool1d(3), shape: SIGNAL },
  { name: 'AdaptiveMaxPool2d', make: () => new nn.AdaptiveMaxPool2d([2, 4]), shape: IMAGE },
  { name: 'AdaptiveMaxPool2d to one', make: () => new nn.AdaptiveMaxPool2d(1), shape: IMAGE },
  { name: 'BatchNorm1d', make: () => new nn.BatchNorm1d(4), shape: SIGNAL },
  { name: 'BatchNorm2d', make: () => new nn.BatchNorm2d(4), shape: IMAGE },
  { name: 'BatchNorm3d', make: () => new nn.BatchNorm3d(4, { eps: 1e-3 }), shape: [2, 4, 3, 2, 5] },
  { name: 'InstanceNorm1d', make: () => new nn.InstanceNorm1d(4), shape: SIGNAL, roundings: 64 },
  {
    name: 'InstanceNorm2d',
    make: () => new nn.InstanceNorm2d(4, { affine: true, eps: 1e-3 }),
    shape: IMAGE,
    roundings: 64,
  },
  {
    name: 'InstanceNorm2d by running statistics',
    make: () => new nn.InstanceNorm2d(4, { affine: true, trackRunningStats: true }),
    shape: IMAGE,
  },
  { name: 'LayerNorm', make: () => new nn.LayerNorm(8), shape: SEQUENCE, since: 17, roundings: 64 },
  { name: 'RMSNorm', make: () => new nn.RMSNorm(8), shape: SEQUENCE },
  {
    name: 'RMSNorm without weight',
    make: () => new nn.RMSNorm([5, 8], { eps: 0.1, elementwiseAffine: false }),
    shape: SEQUENCE,
  },
  { name: 'GroupNorm', make: () => new nn.GroupNorm(2, 4), shape: IMAGE, since: 21, roundings: 64 },
  {
    name: 'Fold',
    make: () => new nn.Fold({ kernelSize: [2, 1], outputSize: [4, 5], stride: [2, 1] }),
    shape: [2, 4, 10],
    since: 18,
  },
  {
    name: 'Fold with padding',
    make: () => new nn.Fold({ kernelSize: 2, outputSize: 3, padding: 1 }),
    shape: [2, 8, 16],
    since: 18,
  },
  { name: 'Upsample nearest', make: () => new nn.Upsample({ scaleFactor: 2 }), shape: IMAGE, since: 18 },
  {
    name: 'Upsample nearest to a size',
    make: () => new nn.Upsample({ size: [9, 5] }),
    shape: IMAGE,
    since: 18,
  },
  {
    name: 'Upsample nearest-exact',
    make: () => new nn.Upsample({ size: [9, 5], mode: 'nearest-exact' }),
    shape: IMAGE,
    since: 18,
  },
  {
    name: 'Upsample linear',
    make: () => new nn.Upsample({ scaleFactor: 1.5, mode: 'linear' }),
    shape: SIGNAL,
    since: 18,
  },
  {
    name: 'Upsample bilinear',
    make: () => new nn.Upsample({ size: [9, 5], mode: 'bilinear' }),
    shape: IMAGE,
    since: 18,
    roundings: 64,
  },
  {
    name: 'Upsample bilinear, corners',
    make: () => new nn.Upsample({ size: [9, 5], mode: 'bilinear', alignCorners: true }),
    shape: IMAGE,
    since: 18,
    roundings: 64,
  },
  {
    name: 'Upsample bicubic',
    make: () => new nn.Upsample({ scaleFactor: [2, 1.5], mode: 'bicubic' }),
    shape: IMAGE,
    since: 18,
    roundings: 128,
  },
  { name: 'Upsample area', make: () => new nn.Upsample({ size: [3, 4], mode: 'area' }), shape: IMAGE },
  { name: 'Flatten', make: () => new nn.Flatten(), shape: IMAGE },
  { name: 'Identity', make: () => new nn.Identity(), shape: MATRIX },
  { name: 'ReLU', make: () => new nn.ReLU(), shape: MATRIX },
  { name: 'ReLU6', make: () => new nn.ReLU6(), shape: MATRIX },
  { name: 'ELU', make: () => new nn.ELU({ alpha: 0.6 }), shape: MATRIX },
  { name: 'CELU', make: () => new nn.CELU({ alpha: 0.6 }), shape: MATRIX },
  { name: 'SELU', make: () => new nn.SELU(), shape: MATRIX },
  { name: 'GELU', make: () => new nn.GELU(), shape: MATRIX, since: 20 },
  { name: 'SiLU', make: () => new nn.SiLU(), shape: MATRIX },
  { name: 'Mish', make: () => new nn.Mish(), shape: MATRIX },
  { name: 'Softplus', make: () => new nn.Softplus(), shape: MATRIX },
  { name: 'Softplus with options', make: () => new nn.Softplus({ beta: 2, threshold: 3 }), shape: MATRIX },
  { name: 'Softsign', make: () => new nn.Softsign(), shape: MATRIX },
  { name: 'Sigmoid', make: () => new nn.Sigmoid(), shape: MATRIX },
  { name: 'Tanh', make: () => new nn.Tanh(), shape: MATRIX },
  { name: 'Hardtanh', make: () => new nn.Hardtanh({ minVal: -0.5, maxVal: 2 }), shape: MATRIX },
  { name: 'Hardsigmoid', make: () => new nn.Hardsigmoid(), shape: MATRIX },
  { name: 'Hardswish', make: () => new nn.Hardswish(), shape: MATRIX },
  { name: 'LogSigmoid', make: () => new nn.LogSigmoid(), shape: MATRIX },
  { name: 'Tanhshrink', make: () => new nn.Tanhshrink(), shape: MATRIX },
  { name: 'Softshrink', make: () => new nn.Softshrink({ lambd: 0.7 }), shape: MATRIX },
  { name: 'Hardshrink', make: () => new nn.Hardshrink({ lambd: 0.7 }), shape: MATRIX },
  { name: 'Threshold', make: () => new nn.Threshold(0.3, -2), shape: MATRIX },
  { name: 'LeakyReLU', make: () => new nn.LeakyReLU({ negativeSlope: 0.3 }), shape: MATRIX },
  { name: 'PReLU', make: () => new nn.PReLU(), shape: MATRIX },
  { name: 'PReLU of channels', make: () => new nn.PReLU({ numParameters: 4 }), shape: IMAGE },
  { name: 'GLU', make: () => new nn.GLU(), shape: MATRIX },
  { name: 'GLU of channels', make: () => new nn.GLU({ dim: 1 }), shape: IMAGE },
  { name: 'Softmax', make: () => new nn.Softmax({ dim: 1 }), shape: MATRIX },
  { name: 'Softmax2d', make: () => new nn.Softmax2d(), shape: IMAGE },
  { name: 'Softmin', make: () => new nn.Softmin({ dim: -1 }), shape: MATRIX },
  { name: 'LogSoftmax', make: () => new nn.LogSoftmax({ dim: 1 }), shape: MATRIX },
  ...(['Dropout', 'AlphaDropout'] as const).map((name): Row => ({
    name,
    make: () => new nn[name](),
    shape: MATRIX,
  })),
  ...(['Dropout1d', 'FeatureAlphaDropout'] as const).map((name): Row => ({
    name,
    make: () => new nn[name](),
    shape: SIGNAL,
  })),
  { name: 'Dropout2d', make: () => new nn.Dropout2d(), shape: IMAGE },
  { name: 'Sequential', make: () => new nn.Sequential(new nn.Linear(8, 4), new nn.ReLU()), shape: MATRIX },
  {
    name: 'MultiheadAttention',
    make: () => new Attention({ batchFirst: true }),
    shape: SEQUENCE,
    roundings: 64,
  },
  {
    name: 'MultiheadAttention of a sequence first',
    make: () => new Attention({ bias: false }),
    shape: SEQUENCE,
    roundings: 64,
    fixed: true,
  },
  {
    name: 'MultiheadAttention with a mask',
    make: () => new Attention({ batchFirst: true }, { attnMask: seen, needWeights: false }),
    shape: SEQUENCE,
    roundings: 64,
  },
  {
    name: 'MultiheadAttention with added keys',
    make: () =>
      new Attention({ batchFirst: true, addBiasKv: true, addZeroAttn: true }, { needWeights: false }),
    shape: SEQUENCE,
    roundings: 64,
    fixed: true,
  },
  { name: 'TransformerEncoderLayer', make: () => layer({}), shape: SEQUENCE, since: 17, roundings: 128 },
  {
    name: 'TransformerEncoderLayer with options',
    make: () => layer({ normFirst: true, activation: 'gelu', bias: false }),
    shape: SEQUENCE,
    since: 20,
    roundings: 128,
  },
  {
    name: 'TransformerEncoder',
    make: () => new nn.TransformerEncoder(layer({}), 2, { norm: new nn.LayerNorm(8) }),
    shape: SEQUENCE,
    since: 17,
    roundings: 256,
  },
];

/** Functions between modules, of the same rows. */
const FUNCTIONS: readonly Row[] = [
  ...(
    [
      'abs',
      'neg',
      'sign',
      'exp',
      'floor',
      'ceil',
      'round',
      'erf',
      'sin',
      'cos',
      'tan',
      'atan',
      'sinh',
      'cosh',
    ] as const
  ).map((name): Row => ({ name, make: () => new Of((x) => F[name](x)), shape: MATRIX })),
  ...(['log', 'sqrt', 'reciprocal'] as const).map((name): Row => ({
    name,
    make: () => new Of((x) => F[name](F.add(F.abs(x), 0.5))),
    shape: MATRIX,
  })),
  ...(['asin', 'acos'] as const).map((name): Row => ({
    name,
    make: () => new Of((x) => F[name](F.mul(x, 0.2))),
    shape: MATRIX,
  })),
  { name: 'pow', make: () => new Of((x) => F.pow(F.abs(x), 1.5)), shape: MATRIX },
  { name: 'maximum', make: () => new Of((x) => F.maximum(F.minimum(x, 1), F.neg(x))), shape: MATRIX },
  { name: 'clamp', make: () => new Of((x) => F.clamp(x, { min: -1, max: 0.5 })), shape: MATRIX },
  ...(['sum', 'mean', 'amax', 'amin', 'prod', 'logsumexp'] as const).flatMap((name): Row[] => [
    { name, make: () => new Of((x) => F[name](x, { dim: [1, -1] })), shape: IMAGE },
    { name: `${name}, kept`, make: () => new Of((x) => F[name](x, { dim: 2, keepdim: true })), shape: IMAGE },
  ]),
  { name: 'permute', make: () => new Of((x) => F.permute(x, [0, 2, 3, 1])), shape: IMAGE },
  {
    name: 'cat',
    make: () => new Of((x) => F.cat([x, F.narrow(x, 1, 1, 2), F.relu(x)], { dim: 1 })),
    shape: IMAGE,
  },
  { name: 'select', make: () => new Of((x) => F.select(x, 1, -1)), shape: IMAGE },
  {
    name: 'split',
    make: () => new Of((x) => F.add(F.split(x, 2, 1)[0]!, F.chunk(x, 2, 1)[1]!)),
    shape: IMAGE,
  },
  { name: 'pad', make: () => new Of((x) => F.pad(x, [1, -1, 0, 2], { value: 3 })), shape: IMAGE },
];

/** Inputs of [-4, 4), with weights as they are drawn and running statistics that are not 0 and 1. */
describe.each([...MODULES, ...FUNCTIONS])(
  '$name',
  ({ make, shape, since = 13, roundings = 16, fixed = false }) => {
    it.each([...new Set([since, 21, 26])])(
      'onnxruntime computes what forward does, opset %i',
      async (opset) => {
        manualSeed(3);
        const module = make();
        for (const [name, buffer] of module.namedBuffers()) {
          if (name.includes('running'))
            (buffer.data as Float32Array).set(input(buffer.shape, 5).data.map((v) => 1.5 + v));
        }
        const bytes = await exportOnnx(module, { inputShape: shape, opset, dynamicBatch: !fixed });
        const session = await InferenceModel.load(bytes);
        module.eval();
        for (const [i, given] of [shape, ...(fixed ? [] : [shape.with(0, shape[0]! + 1)])].entries()) {
          const x = input(given, 11 + i).mul(4);
          const actual = await session.run(x);
          const expected = module.forward(x);
          expect(actual.shape).toEqual(expected.shape);
          const largest = expected.data.reduce((most, y) => Math.max(most, Math.abs(y)), 1);
          const bound = Array<number>(expected.size).fill(roundings * 2 ** -23 * largest);
          expect(excess(actual.data, expected.data, bound)).toBeLessThanOrEqual(1);
        }
        await session.close();
      },
    );

    test.runIf(since > 13)('needs an operator set that has it', async () => {
      await expect(exportOnnx(make(), { inputShape: shape, opset: since - 1 })).rejects.toThrow(
        `expected opset to be an integer >= ${since}, which`,
      );
    });
  },
);

/** Modules without a form in ONNX, or with none for these options: how they are refused. */
const REFUSED: readonly [name: string, make: () => nn.Module, shape: readonly number[], text: string][] = [
  ['Unfold', () => new nn.Unfold({ kernelSize: 2 }), IMAGE, 'expected model.0 (Unfold) to be made of'],
  [
    'MaxUnpool2d',
    () =>
      new Of((x) => {
        const [y, indices] = F.maxPool2d(x, { kernelSize: 2, returnIndices: true });
        return new nn.MaxUnpool2d(2).forward(y, indices);
      }),
    IMAGE,
    'but received maxUnpool2d',
  ],
  [
    'AdaptiveMaxPool2d',
    () => new nn.AdaptiveMaxPool2d(5),
    IMAGE,
    'expected the outputSize of model.0 to divide [6, 8]',
  ],
  [
    'BatchNorm2d',
    () => new nn.BatchNorm2d(4, { trackRunningStats: false }),
    IMAGE,
    'expected model.0 to have running statistics',
  ],
  ['sort', () => new Of((x) => F.sort(x).values), MATRIX, 'but received sort'],
  [
    'clamp',
    () => new Of((x) => F.clamp(x, { min: F.neg(x) })),
    MATRIX,
    'expected model.0 to clamp between numbers',
  ],
];

test.each(REFUSED)('%s is refused by name', async (_, make, shape, text) => {
  const exported = exportOnnx(new nn.Sequential(make()), { inputShape: shape });
  await expect(exported).rejects.toThrow(
    expect.objectContaining({ name: 'ArgumentError', message: expect.stringContaining(text) as string }),
  );
});

/** What only holds others, takes several inputs, or is exported with indices: embedding.test.ts. */
const NOT_HERE = [
  'Bilinear',
  'Buffer',
  'CosineSimilarity',
  'Embedding',
  'Module',
  'ModuleDict',
  'ModuleList',
  'PairwiseDistance',
  'Parameter',
  'ParameterDict',
  'ParameterList',
];

test('every module is exported here or refused by name', () => {
  const known = [...MODULES, ...REFUSED.map(([name]) => ({ name }))].map(({ name }) => name.split(' ')[0]!);
  const missing = Object.keys(nn).filter(
    (name) => !known.includes(name) && !NOT_HERE.includes(name) && !name.endsWith('Loss'),
  );
  expect(missing).toEqual([]);
});
