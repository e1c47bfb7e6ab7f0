/**
 * Run by memory.test.ts in a process of its own, which prints bytes of memory:
 *
 *     memory-loop.ts eager STEPS SETTLED BATCH    resident (on a device, the most so far), after SETTLED steps of the CNN of examples/mnist.json, and
 *                                                 the most later; nothing is disposed of, and nothing awaited
 *     memory-loop.ts dropped BATCH                of array buffers, before and after a model has been trained and dropped,
 *                                                 as the garbage collector, --expose-gc, leaves them
 */
import { Adam } from '@org/lr-core';
import { compileStep, cudaMemoryStats, manualSeed, nn, tensor } from '../src/index.ts';
import type { Tensor } from '../src/index.ts';

function cnn(): nn.Sequential {
  manualSeed(0);
  return new nn.Sequential(
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
}

/** New inputs each step, as a data loader makes them. */
function batchOf(size: number, step: number): [x: Tensor, target: Tensor<'int32'>] {
  return [
    tensor(new Float32Array(size * 28 * 28).fill((step % 7) / 7), { shape: [size, 1, 28, 28] }),
    tensor(Int32Array.from({ length: size }, (_, i) => (i + step) % 10)),
  ];
}

function eager(steps: number, settled: number, batch: number): object {
  const model = cnn();
  const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
  const loss = new nn.CrossEntropyLoss();
  let before = 0;
  let peak = 0;
  const { device } = tensor([]);
  const resident = (): number =>
    device === 'cpu' ? process.memoryUsage.rss() : cudaMemoryStats(device).peak;
  for (let step = 1; step <= steps; step++) {
    const [x, target] = batchOf(batch, step);
    optimizer.zeroGrad();
    loss.forward(model.forward(x), target).backward();
    optimizer.step();
    if (step === settled) before = resident();
    if (step > settled && step % 50 === 0) peak = Math.max(peak, resident());
  }
  return { before, peak };
}

/** Of arrays, on the device where that is not the CPU. */
function bytes(): number {
  const { device } = tensor([]);
  return device === 'cpu' ? process.memoryUsage().arrayBuffers : cudaMemoryStats(device).allocated;
}

async function collected(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    globalThis.gc!();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return bytes();
}

/** Eager steps, then captured ones. */
function trainAndDrop(batch: number): number {
  const model = cnn();
  const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
  const loss = new nn.CrossEntropyLoss();
  for (let step = 0; step < 5; step++) {
    const [x, target] = batchOf(batch, step);
    optimizer.zeroGrad();
    loss.forward(model.forward(x), target).backward();
    optimizer.step();
  }
  const captured = compileStep({ model, loss, optimizer });
  for (let step = 0; step < 5; step++) captured(...batchOf(batch, step));
  return bytes();
}

async function dropped(batch: number): Promise<object> {
  // What a first model leaves is what is kept to be used again.
  trainAndDrop(batch);
  const before = await collected();
  const during = trainAndDrop(batch);
  return { before, during, after: await collected() };
}

const [mode, ...args] = process.argv.slice(2);
const numbers = args.map(Number);
console.log(
  JSON.stringify(
    mode === 'eager' ? eager(...(numbers as [number, number, number])) : await dropped(numbers[0]!),
  ),
);
