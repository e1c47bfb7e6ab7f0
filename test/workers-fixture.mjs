/** What the threads of workers.test.ts run: a training loop on the addon. `workerData.mode` says how it ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { Adam } from '@org/lr-core';
import { F, manualSeed, nn, randn, setNumThreads, tensor } from '@org/lr-native';

const { mode, seed, steps, threads, stop } = workerData;
if (threads !== undefined) setNumThreads(threads);
manualSeed(seed);
const model = new nn.Sequential(
  new nn.Conv2d(1, 8, 3),
  new nn.ReLU(),
  new nn.MaxPool2d(2),
  new nn.Flatten(),
  new nn.Dropout(0.2),
  new nn.Linear(8 * 13 * 13, 10),
);
const optimizer = new Adam(model.namedParameters(), { lr: 0.01 });
const target = tensor(Int32Array.from({ length: 16 }, (_, i) => i % 10));
const losses = [];

function step() {
  optimizer.zeroGrad();
  const loss = F.crossEntropy(model.forward(randn([16, 1, 28, 28])), target);
  loss.backward();
  optimizer.step();
  losses.push(loss.item());
}

// In the middle of a step
const { forward } = nn.ReLU.prototype;
nn.ReLU.prototype.forward = function (x) {
  if (mode === 'throw') throw new Error('in the middle of a step');
  if (mode === 'exit') process.exit(7);
  return forward.call(this, x);
};
if (mode === 'forever') {
  parentPort.postMessage('running');
  while (Atomics.load(stop, 0) === 0) step();
}
for (let i = 0; i < steps; i++) step();
const state = Object.values(model.stateDict()).map(({ data }) => Buffer.from(data.buffer).toString('base64'));
parentPort.postMessage({ losses, state });
