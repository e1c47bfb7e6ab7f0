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
  ['linear1', () => new nn.Linear(7, 5), [7]],
  ['linear4', () => new nn.Linear(7, 5, { bias: false }), [2, 3, 4, 7]],
  ['flatten', () => new nn.Flatten({ startDim: 1, endDim: 2 }), [2, 3, 4, 5]],
  ['identity', () => new nn.Sequential(), [3, 4]],
];

manualSeed(0);
const samples = [];
for (const [name, make, inputShape] of MODELS) {
  const model = make();
  const size = inputShape.reduce((product, length) => product * length, 1);
  const x = tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(i * 1.7)),
    { shape: inputShape },
  );
  const y = noGrad(() => model.forward(x));
  const io = { x: [...x.data], shape: inputShape, y: [...y.data], yShape: y.shape };
  for (const opset of [13, 21, 26]) {
    const dynamicBatch = inputShape.length > 1;
    const file = `${name}-${opset}.onnx`;
    await exportOnnx(model, { inputShape, opset, dynamicBatch, path: join(dir, file) });
    samples.push({ file, opset, ...io });
  }
}
writeFileSync(join(dir, 'samples.json'), JSON.stringify(samples));
