/** Profiles: the rows add up, costs are right, traces are valid, results are the same bits, and off is off. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Adam, ArgumentError } from '@org/lr-core';
import { afterAll, describe, expect, it } from 'vitest';
import {
  F,
  addon,
  compileStep,
  Generator,
  manualSeed,
  nn,
  ones,
  profile,
  tensor,
  zeros,
} from '../src/index.ts';
import type { ChromeTrace, Profile, ProfileRow, Tensor } from '../src/index.ts';
import { any } from './bad-input/wrong-calls.ts';

const folder = mkdtempSync(join(tmpdir(), 'lr-profile-'));
afterAll(() => rmSync(folder, { recursive: true }));

function random(...shape: number[]): Tensor {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  return tensor(new Generator(1).uniform_(data, -1, 1), { shape });
}

/** A training step of a small CNN, eager or captured, and its parameters. */
function training(compiled: boolean): { step: () => number; model: nn.Sequential } {
  manualSeed(3);
  const model = new nn.Sequential(
    new nn.Conv2d(2, 4, 3),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(4 * 3 * 3, 5),
  );
  const optimizer = new Adam(model.parameters(), { lr: 1e-2 });
  const loss = new nn.CrossEntropyLoss();
  const x = random(6, 2, 8, 8);
  const target = tensor(Int32Array.of(0, 1, 2, 3, 4, 0));
  const captured = compileStep({ model, loss, optimizer });
  const eager = (): number => {
    optimizer.zeroGrad();
    const value = loss.forward(model.forward(x) as Tensor, target as never) as Tensor;
    value.backward();
    optimizer.step();
    return value.item();
  };
  return { model, step: compiled ? () => captured(x, target) : eager };
}

const rowOf = ({ rows }: Profile<unknown>, name: string, phase = 'forward'): ProfileRow =>
  rows.find((row) => row.name === name && row.phase === phase)!;

/** What a step of the network above calls, once each: a captured one has a relu computed with the convolution before. */
const callsOf = (compiled: boolean): string[] => [
  ...(compiled ? ['conv2dForward(relu) forward'] : ['conv2dForward forward', 'unaryForward(relu) forward']),
  'maxPool2dForward forward',
  'linearForward forward',
  'crossEntropyForward forward',
  'crossEntropyBackward backward',
  'linearBackwardInput backward',
  'linearBackwardWeight backward',
  'maxPool2dBackward backward',
  'unaryBackward(relu) backward',
  'conv2dBackwardWeight backward',
  'optimizerStep(adam) optimizer',
];

describe.each([
  ['eager', false],
  ['captured', true],
])('a step, %s', (_, compiled) => {
  it('has a row for each operator, with its calls, forward and backward apart', () => {
    const { step } = training(compiled);
    step();
    const { rows, result } = profile(() => [step(), step(), step()]);
    expect(result).toHaveLength(3);
    for (const call of callsOf(compiled)) {
      expect(
        rows.filter(({ name, phase }) => `${name} ${phase}` === call),
        call,
      ).toMatchObject([{ calls: 3 }]);
    }
    expect(rows.map(({ name, phase }) => `${name} ${phase}`).sort()).toEqual(callsOf(compiled).sort());
  });

  it('has rows that sum to its phases, and those with the rest to all', () => {
    const { step } = training(compiled);
    const { rows, phases, outsideMs, wallMs } = profile(step);
    for (const phase of ['forward', 'backward', 'optimizer'] as const) {
      const own = rows.filter((row) => row.phase === phase);
      expect(own.reduce((sum, { totalMs }) => sum + totalMs, 0)).toBeCloseTo(phases[phase], 9);
      expect(phases[phase]).toBeGreaterThan(0);
    }
    expect(phases.forward + phases.backward + phases.optimizer + outsideMs).toBeCloseTo(wallMs, 9);
    expect(outsideMs).toBeGreaterThan(0);
    for (const { totalMs, meanUs, calls, share } of rows) {
      expect((meanUs * calls) / 1000).toBeCloseTo(totalMs, 9);
      expect(share).toBeCloseTo(totalMs / wallMs, 9);
    }
    const totals = rows.map(({ totalMs }) => totalMs);
    expect(totals).toEqual(totals.toSorted((a, b) => b - a));
  });

  it('gives the same bits with and without', () => {
    const [plain, profiled] = [training(compiled), training(compiled)];
    for (let i = 0; i < 5; i++) expect(profile(profiled.step).result).toBe(plain.step());
    const bits = ({ model }: { model: nn.Module }) => model.parameters().map(({ data }) => data);
    expect(bits(profiled)).toEqual(bits(plain));
  });

  it('writes a trace of nested events in order', () => {
    const { step } = training(compiled);
    step();
    const file = join(folder, `${compiled}.json`);
    const found = profile(step, { trace: file });
    const trace = JSON.parse(readFileSync(file, 'utf8')) as ChromeTrace;
    expect(trace).toEqual(JSON.parse(JSON.stringify(found.trace())));
    const { traceEvents } = trace;
    const open: { name: string; end: number }[] = [];
    const enclosing = new Map<string, string[]>();
    let before = 0;
    for (const { name, cat, ph, ts, dur, pid, tid } of traceEvents) {
      expect({ ph, pid, tid }).toEqual({ ph: 'X', pid: process.pid, tid: 0 });
      expect(ts).toBeGreaterThanOrEqual(before);
      before = ts;
      // Nanoseconds as microseconds: sums of two round.
      while (open.length > 0 && open.at(-1)!.end < ts + 1e-6) open.pop();
      for (const { end } of open) expect(ts + dur).toBeLessThanOrEqual(end + 1e-6);
      enclosing.set(
        `${name} ${cat}`,
        open.map((event) => event.name),
      );
      open.push({ name, end: ts + dur });
    }
    expect(traceEvents[0]).toMatchObject({ name: 'profile', ts: 0 });
    expect(traceEvents[0]!.dur).toBeCloseTo(found.wallMs * 1000, 6);
    expect([...enclosing.keys()]).toEqual(expect.arrayContaining(callsOf(compiled)));
    const [forward, backward] = compiled
      ? [
          ['profile', 'program'],
          ['profile', 'program'],
        ]
      : [['profile'], ['profile', 'backward']];
    expect(enclosing.get(callsOf(compiled)[0]!)).toEqual(forward);
    expect(enclosing.get('conv2dBackwardWeight backward')).toEqual(backward);
    expect(enclosing.get('optimizerStep(adam) optimizer')).toEqual(['profile']);
    const conv = traceEvents.find(({ name }) => name.startsWith('conv2dForward'))!;
    expect(conv.args).toEqual({
      shapes: [[6, 2, 8, 8], [4, 2, 3, 3], [4], [6, 4, 6, 6]],
      flops: 2 * 6 * 4 * 6 * 6 * 2 * 3 * 3,
      bytes: 4 * (6 * 2 * 64 + 4 * 18 + 4 + 6 * 4 * 36),
    });
    for (const { name, totalMs } of found.rows) {
      const sum = traceEvents.filter((event) => event.name === name).reduce((a, { dur }) => a + dur, 0);
      expect(sum / 1000, name).toBeCloseTo(totalMs, 6);
    }
  });
});

describe('costs', () => {
  it('of matrix products: two operations a product, and their arrays', () => {
    const found = profile(() => F.matmul(random(5, 7), random(7, 11)));
    expect(rowOf(found, 'gemm')).toMatchObject({ flops: 2 * 5 * 7 * 11, bytes: 4 * (35 + 77 + 55) });
    const batched = profile(() => F.matmul(random(3, 4, 5, 7), random(3, 4, 7, 11)));
    expect(rowOf(batched, 'gemmBatch').flops).toBe(2 * 12 * 5 * 7 * 11);
  });

  it('of convolutions: those of direct ones, the same in each pass', () => {
    const x = random(2, 64, 9, 8);
    const weight = random(32, 32, 3, 3);
    x.requiresGrad = weight.requiresGrad = true;
    const found = profile(() =>
      F.conv2d(x, weight, null, { groups: 2, stride: [2, 1], padding: 1 }).backward(ones([2, 32, 5, 8])),
    );
    const flops = 2 * (2 * 32 * 5 * 8) * (32 * 3 * 3);
    expect(rowOf(found, 'conv2dForward')).toMatchObject({ flops });
    expect(rowOf(found, 'conv2dBackwardInput', 'backward')).toMatchObject({ flops });
    expect(rowOf(found, 'conv2dBackwardWeight', 'backward')).toMatchObject({ flops });
    const { gflops, totalMs } = rowOf(found, 'conv2dForward');
    expect(gflops).toBeCloseTo(flops / totalMs / 1e6, 9);
  });

  it('of linear layers, in float64 as in float32', () => {
    const float64 = (...shape: number[]) => tensor(new Float64Array(shape[0]! * shape[1]!), { shape });
    const found = profile(() => F.linear(float64(3, 5), float64(4, 5)));
    expect(rowOf(found, 'linearForward')).toMatchObject({ flops: 2 * 3 * 4 * 5, bytes: 8 * (15 + 20 + 12) });
  });

  it('of what moves memory: no operations, the elements it reads and writes', () => {
    const x = random(10, 20);
    const bytes = (fn: () => unknown, name: string): number => rowOf(profile(fn), name).bytes;
    expect(
      rowOf(
        profile(() => F.add(x, x)),
        'binaryForward(add)',
      ),
    ).toMatchObject({
      flops: null,
      gflops: null,
      bytes: 4 * 600,
    });
    expect(bytes(() => F.add(x, random(20)), 'binaryForward(add)')).toBe(4 * (200 + 20 + 200));
    expect(bytes(() => F.sum(x), 'reduceForward(sum)')).toBe(4 * 201);
    expect(bytes(() => F.cat([random(2, 4), random(3, 4)]), 'copy')).toBe(2 * 4 * (8 + 12));
    expect(bytes(() => F.embedding(tensor(Int32Array.of(1, 2)), random(1000, 4)), 'gatherRows')).toBe(
      4 * (8 + 2 + 8),
    );
    expect(bytes(() => addon.accumulate(200, x.data, zeros([200]).data), 'accumulate')).toBe(4 * 600);
  });

  it('of calls on different shapes: apart where asked for', () => {
    const run = (): void => {
      for (const n of [2, 3, 3]) F.linear(random(n, 4), random(5, 4));
    };
    expect(profile(run).rows).toMatchObject([{ calls: 3, flops: 2 * 8 * 20 }]);
    const { rows, table } = profile(run, { groupByShape: true });
    expect(rows.toSorted((a, b) => a.calls - b.calls)).toMatchObject([
      { calls: 1, flops: 2 * 2 * 20, shapes: [[2, 4], [5, 4], null, [2, 5]] },
      { calls: 2, flops: 2 * 6 * 20, shapes: [[3, 4], [5, 4], null, [3, 5]] },
    ]);
    expect(table()).toContain('[2,4] [5,4] - [2,5]');
  });
});

describe('profile', () => {
  it('names every kind of call that backward passes share with forward ones by its phase', () => {
    const x = random(4, 4);
    x.requiresGrad = true;
    const found = profile(() => F.sum(F.matmul(x, x)).backward());
    expect(rowOf(found, 'gemm').calls).toBe(1);
    expect(rowOf(found, 'gemm', 'backward').calls).toBe(2);
    expect(rowOf(found, 'accumulate', 'backward').calls).toBe(1);
    expect(rowOf(found, 'accumulate')).toBeUndefined();
  });

  it('prints a table with a line for each row and one of sums', () => {
    const found = profile(() => F.matmul(random(30, 30), random(30, 30)));
    const lines = found.table().split('\n');
    expect(lines[0]).toMatch(/^operator +phase +calls +total ms +mean µs +share +GFLOP\/s +GB\/s$/);
    expect(lines[1]).toMatch(/^gemm +forward +1 +[0-9.]+ +[0-9.]+ +[0-9.]+ % +[0-9.]+ +[0-9.]+$/);
    expect(lines[2]).toMatch(
      /^forward .* ms, backward 0\.00 ms, optimizer 0\.00 ms, outside operators .* ms, all .* ms$/,
    );
    expect(lines).toHaveLength(3);
  });

  it('sees nothing before it begins and after it ends, and leaves no profile behind', () => {
    const x = random(4, 4);
    F.relu(x);
    const { rows } = profile(() => F.exp(x));
    F.log(x);
    expect(rows.map(({ name }) => name)).toEqual(['unaryForward(exp)']);
    const found = profile(() => {
      const failed = () => {
        F.exp(x);
        throw new Error('no');
      };
      expect(() => profile(failed)).toThrow('no');
      return profile(() => F.exp(x));
    });
    expect(rowOf(found, 'unaryForward(exp)').calls).toBe(2);
    expect(rowOf(found.result, 'unaryForward(exp)').calls).toBe(1);
  });

  it('waits for a promise', async () => {
    const x = random(4, 4);
    const found = await profile(async () => {
      F.exp(x);
      await Promise.resolve();
      return F.log(x).shape;
    });
    expect(found.result).toEqual([4, 4]);
    expect(found.rows.map(({ name }) => name).sort()).toEqual(['unaryForward(exp)', 'unaryForward(log)']);
    await expect(profile(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  });

  it.each([
    [() => profile(any(1)), '[profile] expected fn to be a function but received 1'],
    [
      () => profile(() => 1, { trace: any(1) }),
      '[profile] expected trace to be the name of a file but received 1',
    ],
    [
      () => profile(() => 1, { groupByShape: any(1) }),
      '[profile] expected groupByShape to be a boolean but received 1',
    ],
  ])('wrong calls %#', (call, text) => {
    expect(call).toThrow(ArgumentError);
    expect(call).toThrow(text);
  });
});

describe('LR_PROFILE', () => {
  const index = new URL('../src/index.ts', import.meta.url).href;
  const script = `import { F, ones } from ${JSON.stringify(index)}; F.matmul(ones([2, 2]), ones([2, 2]));`;
  const run = (env: Record<string, string>) =>
    spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
      encoding: 'utf8',
      env: { ...process.env, ...env },
    });

  it('prints the table when the process exits, on standard error', () => {
    const { status, stdout, stderr } = run({ LR_PROFILE: '1' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(stderr).toMatch(/^operator .*\n(.*\n)*gemm +forward +1 /m);
  });

  it('writes the trace to the file that it names', () => {
    const file = join(folder, 'environment.json');
    const { status, stderr } = run({ LR_PROFILE: file });
    expect(status).toBe(0);
    expect(stderr).toMatch(/^gemm +forward +1 /m);
    const { traceEvents } = JSON.parse(readFileSync(file, 'utf8')) as ChromeTrace;
    expect(traceEvents.find(({ name }) => name === 'gemm')!.args).toMatchObject({ flops: 16 });
  });

  it('is off by default', () => {
    for (const env of [{ LR_PROFILE: '' }, { LR_PROFILE: '0' }]) expect(run(env).stderr).toBe('');
  });
});
