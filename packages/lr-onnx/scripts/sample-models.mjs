/**
 * Exports models into the folder named on the command line, with an input and what the model makes of it, for
 * check_onnx.py. Needs `npm run build`.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { manualSeed, nn, noGrad, tensor } from '@org/lr-native';
import { exportOnnx } from '@org/lr-onnx';

const [dir] = process.argv.slice(2);
const mnist = () =>
  new nn.Sequential(
    new nn.Conv2d(1, 32, 3),
    new nn.ReLU(),
    new nn.Conv2d(32, 64, 3),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(9216, 128),
    new nn.ReLU(),
    new nn.Linear(128, 10),
  );
const MODELS = [
  ['mnist', mnist, [4, 1, 28, 28]],
  ['notebook', () => new nn.Sequential(new nn.Conv2d(64, 10, 3), new nn.Linear(10, 3)), [2, 64, 12, 12]],
  [
    'conv',
    () => new nn.Conv2d(4, 6, [3, 2], { padding: 'same', dilation: [2, 1], groups: 2 }),
    [2, 4, 9, 11],
  ],
  ['strides', () => new nn.Conv2d(4, 6, 3, { stride: [2, 3], padding: [2, 1], bias: false }), [2, 4, 9, 11]],
  ['pool', () => new nn.MaxPool2d(3, { stride: 2, padding: 1, dilation: 1, ceilMode: true }), [2, 4, 8, 10]],
  [
    'norms',
    () =>
      new nn.Sequential(
        new nn.Conv2d(1, 4, 3),
        new nn.BatchNorm2d(4),
        new nn.SiLU(),
        new nn.AvgPool2d(3, { stride: 2, padding: 1, ceilMode: true }),
        new nn.LeakyReLU(),
        new nn.AdaptiveAvgPool2d([5, 2]),
        new nn.Softplus(),
        new nn.AdaptiveAvgPool2d(1),
        new nn.Flatten(),
        new nn.BatchNorm1d(4, { affine: false }),
        new nn.Sigmoid(),
        new nn.Tanh(),
        new nn.Softmax({ dim: 1 }),
        new nn.LogSoftmax({ dim: -1 }),
      ),
    [3, 1, 10, 9],
  ],
  ['divisor', () => new nn.AvgPool2d(2, { divisorOverride: 3, countIncludePad: false }), [2, 3, 6, 5]],
  ['means', () => new nn.AvgPool2d(3, { padding: 1, countIncludePad: false, ceilMode: true }), [2, 3, 8, 5]],
  ['layernorm', () => new nn.LayerNorm([4, 5]), [2, 3, 4, 5], { since: 17 }],
  ['gelu', () => new nn.GELU({ approximate: 'tanh' }), [2, 3], { since: 20 }],
  ['groupnorm', () => new nn.GroupNorm(2, 6), [2, 6, 4, 5], { since: 21 }],
  ['embedding', () => new nn.Embedding(9, 4), [2, 3], { inputDtype: 'int64' }],
  ['linear1', () => new nn.Linear(7, 5), [7]],
  ['linear4', () => new nn.Linear(7, 5, { bias: false }), [2, 3, 4, 7]],
  ['flatten', () => new nn.Flatten({ startDim: 1, endDim: 2 }), [2, 3, 4, 5]],
  ['identity', () => new nn.Sequential(), [3, 4]],
  ['conv1d', () => new nn.Conv1d(4, 6, 3, { stride: 2, padding: 1, dilation: 2, groups: 2 }), [2, 4, 11]],
  ['reflect', () => new nn.Conv2d(4, 6, 3, { padding: [2, 1], paddingMode: 'reflect' }), [2, 4, 9, 11]],
  [
    'circular',
    () => new nn.Conv2d(4, 6, 3, { padding: 1, paddingMode: 'circular' }),
    [2, 4, 9, 11],
    { since: 19 },
  ],
  [
    'transposed1d',
    () => new nn.ConvTranspose1d(4, 6, 3, { stride: 3, padding: 1, outputPadding: 2, groups: 2 }),
    [2, 4, 9],
  ],
  ['transposed', () => new nn.ConvTranspose2d(4, 6, 3, { stride: [2, 3], outputPadding: 1 }), [2, 4, 5, 6]],
  [
    'signals',
    () =>
      new nn.Sequential(
        new nn.MaxPool1d(3, { stride: 2, padding: 1, ceilMode: true }),
        new nn.AvgPool1d(3, { stride: 1, padding: 1, countIncludePad: false }),
        new nn.InstanceNorm1d(4, { affine: true }),
        new nn.PReLU({ numParameters: 4 }),
        new nn.AdaptiveAvgPool1d(4),
        new nn.AdaptiveMaxPool1d(2),
        new nn.GLU({ dim: 1 }),
      ),
    [2, 4, 15],
  ],
  ['lppool', () => new nn.Sequential(new nn.LPPool2d(2, 2), new nn.AdaptiveMaxPool2d(2)), [2, 4, 8, 8]],
  ['batchnorm3d', () => new nn.BatchNorm3d(4), [2, 4, 3, 2, 5]],
  ['rmsnorm', () => new nn.RMSNorm([4, 5]), [2, 3, 4, 5]],
  ['instancenorm', () => new nn.InstanceNorm2d(4, { trackRunningStats: true }), [2, 4, 5, 6]],
  ['fold', () => new nn.Fold({ kernelSize: 2, outputSize: 3, padding: 1 }), [2, 8, 16], { since: 18 }],
  ...[
    { scaleFactor: 2 },
    { size: [9, 5], mode: 'nearest-exact' },
    { size: [9, 5], mode: 'bilinear', alignCorners: true },
    { scaleFactor: [2, 1.5], mode: 'bicubic' },
  ].map((options, i) => [`upsample${i}`, () => new nn.Upsample(options), [2, 4, 6, 8], { since: 18 }]),
  [
    'activations',
    () =>
      new nn.Sequential(
        new nn.ELU({ alpha: 0.6 }),
        new nn.CELU({ alpha: 0.6 }),
        new nn.SELU(),
        new nn.Mish(),
        new nn.Softsign(),
        new nn.Hardswish(),
        new nn.Hardsigmoid(),
        new nn.Tanhshrink(),
        new nn.LogSigmoid(),
        new nn.Hardtanh({ minVal: -3, maxVal: 2 }),
        new nn.ReLU6(),
        new nn.Threshold(-0.5, -2),
        new nn.Softplus({ beta: 2, threshold: 3 }),
        new nn.Softshrink({ lambd: 0.1 }),
        new nn.Hardshrink({ lambd: 0.2 }),
        new nn.Softmin({ dim: 1 }),
      ),
    [3, 7],
  ],
  ['softmax2d', () => new nn.Softmax2d(), [2, 3, 4, 5]],
  ['transformer', () => new nn.TransformerEncoderLayer(8, 2, { batchFirst: true }), [2, 5, 8], { since: 17 }],
  [
    'transformers',
    () =>
      new nn.TransformerEncoder(
        new nn.TransformerEncoderLayer(8, 2, { batchFirst: true, normFirst: true, activation: 'gelu' }),
        2,
        { norm: new nn.LayerNorm(8) },
      ),
    [2, 5, 8],
    { since: 20 },
  ],
];

manualSeed(0);
const samples = [];
for (const [name, make, inputShape, { since = 13, inputDtype = 'float32' } = {}] of MODELS) {
  const model = make();
  const size = inputShape.reduce((product, length) => product * length, 1);
  const x = tensor(
    inputDtype === 'int64'
      ? BigInt64Array.from({ length: size }, (_, i) => BigInt(i))
      : Float32Array.from({ length: size }, (_, i) => Math.sin(i * 1.7)),
    { shape: inputShape },
  );
  const y = noGrad(() => model.eval().forward(x));
  const io = {
    x: Array.from(x.data, Number),
    shape: inputShape,
    dtype: inputDtype,
    y: [...y.data],
    yShape: y.shape,
  };
  for (const opset of new Set([since, 21, 26])) {
    const dynamicBatch = inputShape.length > 1;
    const file = `${name}-${opset}.onnx`;
    await exportOnnx(model, { inputShape, inputDtype, opset, dynamicBatch, path: join(dir, file) });
    samples.push({ file, opset, ...io });
  }
}
writeFileSync(join(dir, 'samples.json'), JSON.stringify(samples));
