/**
 * Measures ours and the peer, alternating, and prints a table; writes it as JSON to bench/results/, with the machine,
 * versions and thread counts.
 *
 *     npm run bench -- [--filter TEXT] [--threads 1,2] [--rounds N] [--seconds S] [--device NAME] [--no-json]
 *
 * A row is the median over rounds of the ratio of the two medians of a round: what disturbs the machine for a while
 * meets both. GFLOP/s, GB/s and their shares are of our fastest round; so are, of more threads than one, the times of one
 * thread over theirs. Cases of processes start two a round. Without a Python that has torch
 * (LR_BENCH_PYTHON, else python3) ours is measured alone, and the table says so.
 *
 * On a device (`npm run bench:gpu`) a call is over when the device is done with it, the peer's too, and what has a peer on
 * the CPU alone is left out. On the emulation, which tries this out, PyTorch runs on the CPU and times mean nothing.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DeviceError, addon, cudaInfo, cudaSynchronize, device, ones, setNumThreads } from '@org/lr-native';
import { runtimeInfo } from '@org/lr-onnx';
import type { Case, ProcessCase, ProcessMeasure } from './case.ts';
import { conv } from './cases/conv.ts';
import { gemm } from './cases/gemm.ts';
import { inference } from './cases/inference.ts';
import { ops } from './cases/ops.ts';
import { optimizers } from './cases/optimizers.ts';
import { processes } from './cases/processes.ts';
import { steps } from './cases/steps.ts';
import { PEER, TorchPeer } from './peer.ts';

const CASES: (Case | ProcessCase)[] = [
  ...gemm,
  ...conv,
  ...ops,
  ...optimizers,
  ...steps,
  ...inference,
  ...processes,
];

interface Row {
  name: string;
  threads: number;
  unit: 'us' | 'ms' | 'MB';
  /** Of one call, the median of the fastest round; of a process, the least. */
  ours: number;
  peer: number | null;
  against: string;
  /** Peer's over ours. */
  ratio: number | null;
  /** With more threads than one: what one takes over what these take. */
  speedup: { ours: number; peer: number | null } | null;
  goal: number | null;
  gflops: number | null;
  shareOfPeak: number | null;
  gigabytes: number | null;
  shareOfBandwidth: number | null;
}

function deviceOrExit(name: string): string {
  try {
    return device(name);
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
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
    if (onDevice) cudaSynchronize(where);
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
  const n = where.startsWith('cuda-emu') ? 1 << 15 : 1 << 25;
  const [x, y] = [ones([n]).data, ones([n]).data];
  const found = await times(() => addon.accumulate(n, x, y), 0.5);
  return (12 * n) / Math.min(...found) / 1000;
}

interface Effort {
  readonly rounds: number;
  readonly seconds: number;
}
type Measured = Pick<Row, 'ours' | 'peer' | 'ratio'>;

/** @param found of ours and the peer, round after round; without a peer that is NaN */
function summary(found: readonly (readonly [number, number])[], hasPeer: boolean): Measured {
  return {
    ours: Math.min(...found.map(([mine]) => mine)),
    peer: hasPeer ? Math.min(...found.map(([, other]) => other)) : null,
    ratio: hasPeer ? median(found.map(([mine, other]) => other / mine)) : null,
  };
}

async function measure(
  torch: TorchPeer | null,
  test: Case,
  threads: number,
  { rounds, seconds }: Effort,
): Promise<Measured> {
  setNumThreads(threads);
  const ours = await test.ours();
  const inProcess = typeof test.peer === 'function' ? await test.peer(threads) : null;
  const hasPeer = inProcess !== null || torch !== null;
  if (inProcess === null) await torch?.build(test.peer, threads, peerDevice);
  const peer = (): Promise<number[]> =>
    inProcess === null ? torch!.run(seconds) : times(inProcess, seconds);
  await times(ours, seconds / 2);
  if (hasPeer) await peer();
  const found: [number, number][] = [];
  for (let round = 0; round < rounds; round++) {
    const mine = median(await times(ours, seconds));
    found.push([mine, hasPeer ? median(await peer()) : NaN]);
  }
  return summary(found, hasPeer);
}

/** What a process that is given `request` takes until it prints its line, `{"peak": bytes, "ms": since its first import}`. */
async function processTakes(
  command: readonly string[],
  request: object,
): Promise<Record<ProcessMeasure, number>> {
  const begin = performance.now();
  const [program, ...args] = [...command, JSON.stringify(request)];
  const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'close') as Promise<[number]>;
  let text = '';
  let end = begin;
  for await (const chunk of child.stdout) {
    text += String(chunk);
    end = performance.now();
  }
  const [status] = await exit;
  if (status !== 0) throw new Error(`${program} ended with ${status}`);
  const { peak, ms } = JSON.parse(text) as { peak: number; ms: number };
  return { start: end - begin, import: ms, peak: peak / 1e6 };
}

async function measureProcess(
  hasPeer: boolean,
  { request, measure }: ProcessCase,
  threads: number,
  { rounds }: Effort,
): Promise<Measured> {
  const script = fileURLToPath(new URL('once.mjs', import.meta.url));
  const ours = () => processTakes([process.execPath, script], { ...request, threads });
  const peer = () => processTakes(PEER, { ...request, threads, device: peerDevice });
  // The first of each reads its files from the disk.
  await ours();
  if (hasPeer) await peer();
  const found: [number, number][] = [];
  for (let round = 0; round < rounds; round++) {
    found.push([(await ours())[measure], hasPeer ? (await peer())[measure] : NaN]);
  }
  return summary(found, hasPeer);
}

function amount(value: number | null, unit: Row['unit']): string {
  if (value === null) return '-';
  if (unit !== 'us') return `${value.toFixed(0)} ${unit}`;
  return duration(value);
}

function duration(microseconds: number): string {
  return microseconds < 1000 ? `${microseconds.toFixed(1)} µs` : `${(microseconds / 1000).toFixed(2)} ms`;
}

function print(row: Row): void {
  const rate =
    row.gflops !== null
      ? `${row.gflops.toFixed(0)} GFLOP/s${row.shareOfPeak === null ? '' : ` ${(100 * row.shareOfPeak).toFixed(0)} %`}`
      : row.gigabytes !== null
        ? `${row.gigabytes.toFixed(1)} GB/s ${(100 * row.shareOfBandwidth!).toFixed(0)} %`
        : '';
  const { speedup } = row;
  const scaling =
    speedup === null
      ? ''
      : ` ${speedup.ours.toFixed(2)}x of 1T${speedup.peer === null ? '' : ` (${row.against} ${speedup.peer.toFixed(2)}x)`}`;
  const ratio = row.ratio === null ? 'alone' : `${row.ratio.toFixed(2)}x`;
  const goal = row.goal === null ? '' : ` (aim ${row.goal}x)`;
  console.log(
    `${row.name.padEnd(56)} ${onDevice ? where : `${row.threads}T`} ${amount(row.ours, row.unit).padStart(11)} ${amount(row.peer, row.unit).padStart(11)} ` +
      `${ratio.padStart(8)}${goal.padEnd(12)} ${rate}${scaling}`.trimEnd(),
  );
}

const { values } = parseArgs({
  options: {
    filter: { type: 'string', default: '' },
    threads: { type: 'string', default: '1,2' },
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '0.2' },
    device: { type: 'string', default: process.env.LR_DEVICE || 'cpu' },
    'no-json': { type: 'boolean', default: false },
  },
});
const where = deviceOrExit(values.device);
// Of the tensors of the cases, in processes of their own too
process.env.LR_DEVICE = where;
const onDevice = where !== 'cpu';
const peerDevice = where.startsWith('cuda:') ? where : 'cpu';
const threadCounts = onDevice ? [1] : values.threads.split(',').map(Number);
const effort = { rounds: Number(values.rounds), seconds: Number(values.seconds) };
const started = await TorchPeer.start();
const torch = peerDevice !== 'cpu' && started?.versions.gpu === undefined ? null : started;
if (torch === null) started?.close();
const { table } = addon.cpuInfo();
const peak = onDevice ? null : peakOf(table);
const bandwidths = new Map<number, number>();
for (const threads of threadCounts) bandwidths.set(threads, await bandwidth(threads));
const machine = {
  cpu: cpus()[0]!.model.trim(),
  cores: cpus().length,
  table,
  system: `${process.platform} ${process.arch} ${release()}`,
  node: process.version,
  onnxruntime: runtimeInfo().version,
  ...(torch === null ? { torch: null } : torch.versions),
  ...(onDevice ? { device: where, cuda: cudaInfo() } : {}),
  peakGflopsPerCore: peak,
  bandwidthGBs: Object.fromEntries(bandwidths),
};
console.log(JSON.stringify(machine));
if (torch === null) {
  const sought = peerDevice === 'cpu' ? 'torch' : 'a torch that finds a GPU';
  console.log(`No Python with ${sought} was found: ours is measured alone.`);
}
if (onDevice) console.log(`On ${where}, each call until the device is done with it`);

const rows: Row[] = [];
for (const test of CASES) {
  if (!test.name.includes(values.filter)) continue;
  if (onDevice && 'peer' in test && typeof test.peer === 'function') continue;
  let single: Row | undefined;
  for (const threads of test.threads ?? [1, 2]) {
    if (!threadCounts.includes(threads)) continue;
    const isProcess = 'request' in test;
    const measured = isProcess
      ? await measureProcess(torch !== null, test, threads, effort)
      : await measure(torch, test, threads, effort);
    const { flops, bytes, against } = { flops: undefined, bytes: undefined, against: undefined, ...test };
    const gflops = flops === undefined ? null : flops / measured.ours / 1000;
    const gigabytes = bytes === undefined ? null : bytes / measured.ours / 1000;
    const row: Row = {
      name: test.name,
      threads,
      unit: !isProcess ? 'us' : test.measure === 'peak' ? 'MB' : 'ms',
      ...measured,
      against: against ?? 'PyTorch',
      goal: onDevice ? null : (test.goal ?? null),
      speedup:
        single === undefined || threads === 1
          ? null
          : {
              ours: single.ours / measured.ours,
              peer: single.peer === null || measured.peer === null ? null : single.peer / measured.peer,
            },
      gflops,
      shareOfPeak: gflops === null || peak === null ? null : gflops / (peak * threads),
      gigabytes,
      shareOfBandwidth: gigabytes === null ? null : gigabytes / bandwidths.get(threads)!,
    };
    if (threads === 1) single = row;
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
