/**
 * How long training waits for a save, beside the copy that it cannot do without: of a model and Adam's state, 48 MB.
 * Prints the least and the median of each, in milliseconds.
 *
 *     npx tsx test/save-stall.ts [saves, default 25]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Adam } from '@org/lr-core';
import { nn, randn, saveCheckpoint } from '@org/lr-native';

const saves = Number(process.argv[2] ?? 25);
const model = new nn.Sequential(...Array.from({ length: 4 }, () => new nn.Linear(1000, 1000)));
const optimizer = new Adam(model.namedParameters(), { lr: 1e-3 });
function step(): void {
  optimizer.zeroGrad();
  (model.forward(randn([8, 1000])) as ReturnType<typeof randn>).sum().backward();
  optimizer.step();
}
step();
const arrays = [
  ...model.parameters().map(({ data }) => data as Float32Array),
  ...[...optimizer.state.values()].flatMap((state) =>
    Object.values(state).filter((value) => value instanceof Float32Array),
  ),
];
const megabytes = arrays.reduce((sum, { byteLength }) => sum + byteLength, 0) / 1e6;
const copies = arrays.map((array) => array.slice());

const folder = mkdtempSync(join(tmpdir(), 'lr-stall-'));
const times: Record<'stall' | 'copy' | 'written', number[]> = { stall: [], copy: [], written: [] };
const since = (start: number): number => performance.now() - start;
try {
  for (let i = 0; i < saves; i++) {
    step();
    let start = performance.now();
    arrays.forEach((array, j) => copies[j]!.set(array));
    times.copy.push(since(start));
    start = performance.now();
    const saved = saveCheckpoint(folder, { model, optimizer, progress: { step: i } });
    times.stall.push(since(start));
    await saved;
    times.written.push(since(start));
  }
} finally {
  rmSync(folder, { recursive: true });
}
console.log(`${megabytes.toFixed(0)} MB, ${saves} saves`);
for (const [what, all] of Object.entries(times)) {
  const sorted = all.toSorted((a, b) => a - b);
  const [least, median] = [sorted[0]!, sorted[sorted.length >> 1]!];
  console.log(`${what}: ${least.toFixed(1)} ms at least, ${median.toFixed(1)} ms median`);
}
