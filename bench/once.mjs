/**
 * Trains a model for a few steps in this process and prints `{"peak": bytes, "ms": …}`: the most memory it had, or the device
 * where LR_DEVICE names one, and the time since the first import. Our side of cases/processes.ts, as peer.py with an
 * argument is PyTorch's. The argument: a ProcessRequest of case.ts as JSON.
 */
const begin = performance.now();
const { readFileSync } = await import('node:fs');
const { Adam } = await import('@org/lr-core');
const { Generator, compileStep, cudaMemoryStats, defaultDevice, manualSeed, nn, setNumThreads, tensor } =
  await import('@org/lr-native');
const models = await import('./models.mjs');

/**
 * The most bytes of memory that this process had. The kernel's figure of resource usage starts with that of the process
 * it was forked from, so Linux is asked for the one of the address space.
 */
function peakMemory() {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
}

const { model, input, target, loss, calls, threads, compiled } = JSON.parse(process.argv[2]);
setNumThreads(threads);
manualSeed(0);
const random = (shape) =>
  tensor(new Generator(0).uniform_(new Float32Array(shape.reduce((a, b) => a * b, 1)), -1, 1), { shape });
const net = models[model]();
const x = random(input);
const t =
  typeof target === 'number'
    ? tensor(Int32Array.from({ length: input[0] }, (_, i) => i % target))
    : random(target);
const criterion = new nn[loss]();
const optimizer = new Adam(net.parameters(), { lr: 1e-3 });
const eager = () => {
  optimizer.zeroGrad();
  const value = criterion.forward(net.forward(x), t);
  value.backward();
  optimizer.step();
  return value.item();
};
const step = compiled ? compileStep({ model: net, loss: criterion, optimizer }) : eager;
for (let i = 0; i < calls; i++) step(x, t);
const ms = performance.now() - begin;
const device = defaultDevice();
console.log(JSON.stringify({ peak: device === 'cpu' ? peakMemory() : cudaMemoryStats(device).peak, ms }));
