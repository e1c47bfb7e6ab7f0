/**
 * Trains for minutes with checkpoints, logging and validation, and watches the process: how its memory grows a step, and
 * whether its files and threads stay as many. Writes soak.csv and soak.svg to the current folder.
 *
 *     npx tsx test/soak.ts [minutes, default 30]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FRAGILE } from './kills.ts';

const minutes = Number(process.argv[2] ?? 30);
/** Of the time: until then caches fill and the engine compiles. */
const WARM_UP = 0.3;
const MOST_BYTES_A_STEP = 16;
/** Of the plot. */
const MOST_POINTS = 2000;

const LR = fileURLToPath(new URL('../packages/lr-cli/bin/lr.js', import.meta.url));
const cwd = mkdtempSync(join(tmpdir(), 'lr-soak-'));
const config = {
  ...FRAGILE,
  epochs: 100_000,
  scheduler: { type: 'CosineAnnealingLR', tMax: 1000 },
  checkpoint: { everySteps: 100 },
};
writeFileSync(join(cwd, 'soak.json'), JSON.stringify(config));

interface Sample {
  seconds: number;
  step: number;
  rss: number;
  files: number;
  threads: number;
}

const args = ['train', 'soak.json', '--json', '--checkpoint-dir', 'checkpoints', '--log-dir', 'logs'];
const child = spawn(process.execPath, [LR, ...args], { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
const samples: Sample[] = [];
const started = performance.now();
let step = 0;
let unread = '';
child.stdout.on('data', (chunk: Buffer) => {
  const lines = (unread + chunk.toString()).split('\n');
  unread = lines.pop()!;
  for (const line of lines) {
    const event = JSON.parse(line) as { event: string; step: number };
    if (event.event !== 'checkpoint') continue;
    step = event.step;
    samples.push(sample());
  }
});

function sample(): Sample {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)![1]);
  const files = readdirSync(`/proc/${child.pid}/fd`).length;
  const seconds = (performance.now() - started) / 1000;
  return { seconds, step, rss: field('VmRSS') * 1024, files, threads: field('Threads') };
}

const code = await new Promise<number | null>((resolve) => {
  child.on('close', resolve);
  setTimeout(() => child.kill('SIGTERM'), minutes * 60_000);
});
rmSync(cwd, { recursive: true, force: true });

/** Least squares of memory over steps. */
function slope(points: readonly Sample[]): number {
  const mean = (of: (point: Sample) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean((point) => point.step), mean((point) => point.rss)];
  const covariance = mean((point) => (point.step - x) * (point.rss - y));
  return covariance / mean((point) => (point.step - x) * (point.step - x));
}

const warm = samples.filter(({ seconds }) => seconds > WARM_UP * minutes * 60);
const range = (of: (point: Sample) => number): [number, number] => {
  const values = warm.map(of);
  return [Math.min(...values), Math.max(...values)];
};
const growth = slope(warm);
const [files, threads, rss] = [range((s) => s.files), range((s) => s.threads), range((s) => s.rss)];
writeFileSync(
  'soak.csv',
  ['seconds,step,rss,files,threads', ...samples.map((s) => Object.values(s).join(','))].join('\n') + '\n',
);

/** Memory over steps, by hand: nothing is needed to look at it. */
const [width, height] = [800, 300];
const most = Math.max(...samples.map((s) => s.rss));
const every = Math.ceil(samples.length / MOST_POINTS);
const points = samples
  .filter((_, i) => i % every === 0)
  .map(
    (s) => `${((s.step / step) * width).toFixed(1)},${(height - (s.rss / most) * height * 0.9).toFixed(1)}`,
  );
writeFileSync(
  'soak.svg',
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height + 30}" font-family="sans-serif" font-size="14">` +
    `<polyline fill="none" stroke="#1f77b4" points="${points.join(' ')}"/>` +
    `<text x="4" y="16">${(most / 1e6).toFixed(0)} MB at most, ${growth.toFixed(1)} B a step after warm-up</text>` +
    `<text x="4" y="${height + 20}">0 to ${step} steps, ${minutes} minutes</text></svg>\n`,
);
console.log(
  `${step} steps in ${minutes} minutes; after ${WARM_UP * minutes} minutes: memory ${growth.toFixed(1)} B a step ` +
    `(${rss.map((bytes) => (bytes / 1e6).toFixed(1)).join(' to ')} MB), files ${files.join(' to ')}, threads ${threads.join(' to ')}`,
);
// A checkpoint's file may be open when it is looked at.
const steady = files[1] - files[0] <= 2 && threads[0] === threads[1];
if (code !== 143 || growth > MOST_BYTES_A_STEP || !steady) {
  console.error(`FAILED: ended with ${code}, or memory, files or threads grew`);
  process.exitCode = 1;
}
