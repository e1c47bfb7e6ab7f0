/** `lr bench`: how long training, inference and an optimizer step take on this machine, as medians. */
import { Adam, Param, useKernels } from '@org/lr-core';
import {
  addon,
  Generator,
  getNumThreads,
  manualSeed,
  nn,
  noGrad,
  setNumThreads,
  tensor,
  type Tensor,
} from '@org/lr-native';
import { exportOnnx, InferenceModel } from '@org/lr-onnx';
import { count } from '../format.ts';
import { Output, type OutputOptions } from '../output.ts';

export interface BenchOptions extends OutputOptions {
  threads?: number;
  seconds: number;
}

interface Row {
  name: string;
  /** Examples a run handles, where it handles examples. */
  examples?: number;
  run: () => unknown;
}

const BATCH = 64;
const OPTIMIZER_PARAMETERS = 1_000_000;
const MINIMUM_RUNS = 5;

/** Milliseconds: the median of the runs that fit into `seconds`, after one that warms up. */
async function median(run: () => unknown, seconds: number): Promise<{ milliseconds: number; runs: number }> {
  await run();
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  while (times.length < MINIMUM_RUNS || performance.now() < end) {
    const started = performance.now();
    await run();
    times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  return { milliseconds: times[times.length >> 1]!, runs: times.length };
}

/** The model of examples/mnist.json. */
const mnistModel = (): nn.Sequential =>
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

function optimizerRow(kernels: 'js' | 'native'): Row {
  const values = new Generator(0).uniform_(new Float32Array(OPTIMIZER_PARAMETERS), -1, 1);
  const param = new Param(values);
  param.grad = values.slice();
  const optimizer = new Adam([param], { lr: 1e-3 });
  const run = (): void => {
    useKernels(kernels);
    optimizer.step();
    useKernels('native');
  };
  return { name: `Adam step, 1 M parameters, ${kernels} kernels`, run };
}

export async function bench(options: BenchOptions): Promise<void> {
  if (options.threads !== undefined) setNumThreads(options.threads);
  const output = new Output(options);
  manualSeed(0);
  const model = mnistModel();
  const criterion = new nn.CrossEntropyLoss();
  const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
  const x: Tensor = tensor(new Generator(0).uniform_(new Float32Array(BATCH * 784), 0, 1), {
    shape: [BATCH, 1, 28, 28],
  });
  const target = tensor(Int32Array.from({ length: BATCH }, (_, i) => i % 10));
  const session = await InferenceModel.load(
    await exportOnnx(model, { inputShape: [1, 1, 28, 28], dynamicBatch: true }),
  );
  const rows: Row[] = [
    {
      name: `MNIST CNN training step, batch ${BATCH}`,
      examples: BATCH,
      run: () => {
        optimizer.zeroGrad();
        criterion.forward(model.forward(x), target).backward();
        optimizer.step();
      },
    },
    { name: `MNIST CNN forward, batch ${BATCH}`, examples: BATCH, run: () => noGrad(() => model.forward(x)) },
    { name: `MNIST CNN forward, batch ${BATCH}, onnxruntime`, examples: BATCH, run: () => session.run(x) },
    optimizerRow('native'),
    optimizerRow('js'),
  ];
  const threads = getNumThreads();
  output.event('start', { threads, table: addon.cpuInfo().table });
  output.say(`${addon.cpuInfo().table}, ${threads} threads`);
  for (const { name, examples, run } of rows) {
    const { milliseconds, runs } = await median(run, options.seconds);
    const perSecond = examples === undefined ? undefined : Math.round((examples / milliseconds) * 1000);
    output.event('result', { name, milliseconds, runs, perSecond });
    const rate = perSecond === undefined ? '' : `  ${count(perSecond)} examples/s`;
    output.say(`${name.padEnd(44)} ${milliseconds.toFixed(2).padStart(9)} ms${rate}`);
  }
  await session.close();
  output.event('done', {});
}
