/** Run by memory.test.ts in a process of its own: eager steps without a break, and the resident memory on the way. */
import { Adam } from '@org/lr-core';
import { fromTypedArray, manualSeed, nn } from '../src/index.ts';

const [steps, settled] = process.argv.slice(2).map(Number) as [number, number];
manualSeed(0);
const model = new nn.Sequential(
  new nn.Conv2d(1, 8, 3),
  new nn.ReLU(),
  new nn.MaxPool2d(2),
  new nn.Flatten(),
  new nn.Linear(8 * 13 * 13, 10),
);
const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
const loss = new nn.CrossEntropyLoss();
let before = 0;
let peak = 0;
for (let step = 0; step < steps; step++) {
  // New inputs each step, as a data loader makes them
  const x = fromTypedArray(new Float32Array(16 * 28 * 28).fill((step % 7) / 7), [16, 1, 28, 28]);
  const target = fromTypedArray(Int32Array.from({ length: 16 }, (_, i) => (i + step) % 10));
  optimizer.zeroGrad();
  loss.forward(model.forward(x), target).backward();
  optimizer.step();
  if (step === settled) before = process.memoryUsage.rss();
  if (step > settled && step % 50 === 0) peak = Math.max(peak, process.memoryUsage.rss());
}
console.log(JSON.stringify({ before, peak, after: process.memoryUsage.rss() }));
