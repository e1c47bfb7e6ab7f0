/**
 * Measures ours and the peer, alternating, and prints a table; writes it as JSON to bench/results/.
 *
 *     npm run bench -- [--filter TEXT] [--threads 1,2] [--rounds N] [--seconds S] [--no-json]
 *
 * A row is the median over rounds of the ratio of the two medians of a round: what disturbs the machine for a while
 * meets both. GFLOP/s, GB/s and their shares are of our fastest round. Without a Python that has torch
 * (LR_BENCH_PYTHON, else python3) ours is measured alone, and the table says so.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { addon, setNumThreads } from '@org/lr-native';
import type { Case } from './case.ts';
import { conv } from './cases/conv.ts';
import { gemm } from './cases/gemm.ts';
import { inference } from './cases/inference.ts';
import { ops } from './cases/ops.ts';
import { optimizers } from './cases/optimizers.ts';
import { steps } from './cases/steps.ts';
import { TorchPeer } from './peer.ts';

const CASES: Case[] = [...gemm, ...conv, ...ops, ...optimizers, ...steps, ...inference];

interface Row {
  name: string;
  threads: number;
  /** Microseconds of one call, the median of the fastest round. */
  ours: number;
  peer: number | null;
  against: string;
  /** Peer's time over ours. */
  ratio: number | null;
  goal: number | null;
  gflops: number | null;
  shareOfPeak: number | null;
  gigabytes: number | null;
  shareOfBandwidth: number | null;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}

/** Microseconds of each call that `seconds` have room for. */
async function times(call: () => unknown, seconds: number): Promise<number[]> {
  const found: number[] = [];
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const begin = performance.now();
    const result = call();
    if (result instanceof Promise) await result;
    const now = performance.now();
    found.push((now - begin) * 1000);
    if (now >= end) return found;
  }
}

/** The FMA peak of one core in GFLOP/s, of the instruction set in use. */
function peakOf(table: string): number | null {
  const bench = createRequire(import.meta.url)
    .resolve('@org/lr-addon')
    .replace('lr.node', 'lr-bench');
  const text = execFileSync(bench, ['--table', table, '--filter', 'none of them'], { encoding: 'utf8' });
  const found = new RegExp(`^${table}: peak ([0-9.]+)`, 'm').exec(text);
  return found === null ? null : Number(found[1]);
}

/** Bytes a nanosecond that y += x moves over 128 MB arrays. */
async function bandwidth(threads: number): Promise<number> {
  setNumThreads(threads);
  const n = 1 << 25;
  const [x, y] = [new Float32Array(n).fill(1), new Float32Array(n).fill(1)];
  const found = await times(() => addon.accumulate(n, x, y), 0.5);
  return (12 * n) / Math.min(...found) / 1000;
}

async function measure(
  torch: TorchPeer | null,
  test: Case,
  threads: number,
  { rounds, seconds }: { rounds: number; seconds: number },
): Promise<{ ours: number; peer: number | null; ratio: number | null }> {
  setNumThreads(threads);
  const ours = await test.ours();
  const inProcess = typeof test.peer === 'function' ? await test.peer(threads) : null;
  const hasPeer = inProcess !== null || torch !== null;
  if (inProcess === null) await torch?.build(test.peer, threads);
  const peer = (): Promise<number[]> =>
    inProcess === null ? torch!.run(seconds) : times(inProcess, seconds);
  await times(ours, seconds / 2);
  if (hasPeer) await peer();
  const found: [number, number][] = [];
  for (let round = 0; round < rounds; round++) {
    const mine = median(await times(ours, seconds));
    found.push([mine, hasPeer ? median(await peer()) : NaN]);
  }
  return {
    ours: Math.min(...found.map(([mine]) => mine)),
    peer: hasPeer ? Math.min(...found.map(([, other]) => other)) : null,
    ratio: hasPeer ? median(found.map(([mine, other]) => other / mine)) : null,
  };
}

function duration(microseconds: number | null): string {
  if (microseconds === null) return '-';
  return microseconds < 1000 ? `${microseconds.toFixed(1)} µs` : `${(microseconds / 1000).toFixed(2)} ms`;
}

function print(row: Row): void {
  const rate =
    row.gflops !== null
      ? `${row.gflops.toFixed(0)} GFLOP/s${row.shareOfPeak === null ? '' : ` ${(100 * row.shareOfPeak).toFixed(0)} %`}`
      : row.gigabytes !== null
        ? `${row.gigabytes.toFixed(1)} GB/s ${(100 * row.shareOfBandwidth!).toFixed(0)} %`
        : '';
  const ratio = row.ratio === null ? 'alone' : `${row.ratio.toFixed(2)}x`;
  const goal = row.goal === null ? '' : ` (aim ${row.goal}x)`;
  console.log(
    `${row.name.padEnd(56)} ${row.threads}T ${duration(row.ours).padStart(11)} ${duration(row.peer).padStart(11)} ` +
      `${ratio.padStart(8)}${goal.padEnd(12)} ${rate}`,
  );
}

const { values } = parseArgs({
  options: {
    filter: { type: 'string', default: '' },
    threads: { type: 'string', default: '1,2' },
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '0.2' },
    'no-json': { type: 'boolean', default: false },
  },
});
const threadCounts = values.threads.split(',').map(Number);
const effort = { rounds: Number(values.rounds), seconds: Number(values.seconds) };
const torch = await TorchPeer.start();
const { table } = addon.cpuInfo();
const peak = peakOf(table);
const bandwidths = new Map<number, number>();
for (const threads of threadCounts) bandwidths.set(threads, await bandwidth(threads));
const machine = {
  cpu: cpus()[0]!.model.trim(),
  cores: cpus().length,
  table,
  node: process.version,
  ...(torch === null ? { torch: null } : torch.versions),
  peakGflopsPerCore: peak,
  bandwidthGBs: Object.fromEntries(bandwidths),
};
console.log(JSON.stringify(machine));
if (torch === null) console.log('No Python with torch was found: ours is measured alone.');

const rows: Row[] = [];
for (const test of CASES) {
  if (!test.name.includes(values.filter)) continue;
  for (const threads of test.threads ?? [1, 2]) {
    if (!threadCounts.includes(threads)) continue;
    const { ours, peer, ratio } = await measure(torch, test, threads, effort);
    const gflops = test.flops === undefined ? null : test.flops / ours / 1000;
    const gigabytes = test.bytes === undefined ? null : test.bytes / ours / 1000;
    const row: Row = {
      name: test.name,
      threads,
      ours,
      peer,
      against: test.against ?? 'PyTorch',
      ratio,
      goal: test.goal ?? null,
      gflops,
      shareOfPeak: gflops === null || peak === null ? null : gflops / (peak * threads),
      gigabytes,
      shareOfBandwidth: gigabytes === null ? null : gigabytes / bandwidths.get(threads)!,
    };
    rows.push(row);
    print(row);
  }
}
torch?.close();
if (!values['no-json']) {
  const folder = fileURLToPath(new URL('results/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  const path = `${folder}${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}.json`;
  writeFileSync(path, `${JSON.stringify({ machine, ...effort, rows }, null, 1)}\n`);
  console.log(`wrote ${path}`);
}
