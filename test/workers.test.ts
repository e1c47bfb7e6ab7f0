/** The addon in many threads at once: loaded, used, torn down; and every way in which a process may end meanwhile. */
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';

const fixture = new URL('./workers-fixture.mjs', import.meta.url);
const ROUNDS = Number(process.env['LR_TEARDOWNS'] || 50);

interface Trained {
  losses: number[];
  state: string[];
}

/** What a thread trains, and its exit code. */
function train(
  workerData: object,
): Promise<{ trained: Trained | undefined; code: number; error: Error | undefined }> {
  return new Promise((resolve) => {
    const worker = new Worker(fixture, { workerData, execArgv: [] });
    let trained: Trained | undefined;
    let error: Error | undefined;
    worker.on('message', (message: Trained) => (trained = message));
    worker.on('error', (thrown: Error) => (error = thrown));
    worker.on('exit', (code) => resolve({ trained, code, error }));
  });
}

/** A program of its own that imports the addon. */
function program(source: string): SpawnSyncReturns<string> {
  const text = `
    import { Worker } from 'node:worker_threads';
    import { F, nn, randn, setNumThreads } from '@org/lr-native';
    const fixture = new URL(${JSON.stringify(fixture.href)});
    setNumThreads(4);
    const linear = new nn.Linear(512, 512);
    const step = () => linear.forward(randn([256, 512])).sum().backward();
    ${source}`;
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  return spawnSync(process.execPath, ['--input-type=module', '-e', text], {
    cwd,
    encoding: 'utf8',
    timeout: 60_000,
  });
}

describe('worker threads', () => {
  it('train to the bits that each trains alone', async () => {
    const runs = [
      { seed: 1, steps: 12 },
      { seed: 2, steps: 12 },
    ];
    const alone = [];
    for (const run of runs) alone.push((await train({ ...run, threads: 1 })).trained!);
    const together = await Promise.all(runs.map((run) => train({ ...run, threads: 3 })));
    expect(together.map(({ trained }) => trained)).toEqual(alone);
    expect(alone[0]).not.toEqual(alone[1]);
    expect(alone[0]!.losses).toHaveLength(12);
  });

  it(
    `16 at a time load the addon, use it and end, ${ROUNDS} times`,
    async () => {
      const expected = (await train({ seed: 3, steps: 1 })).trained;
      for (let round = 0; round < ROUNDS; round++) {
        const ended = await Promise.all(Array.from({ length: 16 }, () => train({ seed: 3, steps: 1 })));
        for (const { trained, code, error } of ended) {
          expect(error).toBeUndefined();
          expect(code).toBe(0);
          expect(trained).toEqual(expected);
        }
      }
    },
    120_000 + 20_000 * ROUNDS,
  );

  it('that throw or exit in a step take nothing else along', async () => {
    const thrown = await train({ mode: 'throw', seed: 1, steps: 1 });
    expect(thrown).toMatchObject({ code: 1, error: { message: 'in the middle of a step' } });
    expect(await train({ mode: 'exit', seed: 1, steps: 1 })).toMatchObject({ code: 7, trained: undefined });
    expect((await train({ seed: 1, steps: 1 })).trained!.losses).toHaveLength(1);
  });

  it('that are terminated in a step end', async () => {
    const stop = new Int32Array(new SharedArrayBuffer(4));
    const workers = Array.from(
      { length: 3 },
      () => new Worker(fixture, { workerData: { mode: 'forever', seed: 1, threads: 3, stop }, execArgv: [] }),
    );
    await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
    expect(await Promise.all(workers.map((worker) => worker.terminate()))).toEqual([1, 1, 1]);
    expect((await train({ seed: 1, steps: 1 })).trained!.losses).toHaveLength(1);
  });
});

describe('a process', () => {
  const background = `
    const stop = new Int32Array(new SharedArrayBuffer(4));
    const workers = [1, 2].map((seed) => new Worker(fixture, { workerData: { mode: 'forever', seed, threads: 4, stop }, execArgv: [] }));
    await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));`;

  it.each<[string, string, number, RegExp]>([
    ['that ends by itself', 'step();', 0, /^$/],
    ['that asks for a code after a step', 'step(); process.exit(3);', 3, /^$/],
    [
      'that asks for a code in a backward pass',
      `
      const sum = linear.forward(randn([4, 512])).sum();
      const { backward } = sum.gradFn;
      sum.gradFn.backward = (...args) => { backward(...args); process.exit(4); };
      sum.backward();`,
      4,
      /^$/,
    ],
    [
      'that throws in a step',
      'linear.forward = () => { throw new TypeError("thrown"); }; step();',
      1,
      /TypeError: thrown/,
    ],
    [
      'that rejects after a step',
      'step(); Promise.reject(new RangeError("rejected"));',
      1,
      /RangeError: rejected/,
    ],
    ['that exits while other threads keep the pool busy', `${background} step(); process.exit(5);`, 5, /^$/],
    [
      'that throws while other threads keep the pool busy',
      `${background} step(); throw new Error('busy');`,
      1,
      /Error: busy/,
    ],
    [
      'that exits in a timer between steps',
      'setTimeout(() => process.exit(6), 30); const go = () => { step(); setImmediate(go); }; go();',
      6,
      /^$/,
    ],
  ])('%s has the code asked for', (_, source, code, errors) => {
    const { status, signal, stderr } = program(source);
    expect({ status, signal }, stderr).toEqual({ status: code, signal: null });
    expect(stderr).toMatch(errors);
  });
});
