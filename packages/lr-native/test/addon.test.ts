/** The addon as a binary: how it loads, what it refuses, worker threads. */
import { execFileSync } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UNARY } from '../src/addon-types.ts';
import { addon } from '../src/addon.ts';
import { hostOf } from '../src/device-array.ts';
import { DeviceError, F, tensor } from '../src/index.ts';
import type { Tensor } from '../src/index.ts';

const root = new URL('..', import.meta.url);

function load(env: Record<string, string>, code = 'void 0'): { status: number; output: string } {
  const script = `const { addon } = await import('./src/addon.ts'); ${code}`;
  try {
    const output = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      cwd: root,
      encoding: 'utf8',
      stdio: 'pipe',
      env: { ...process.env, ...env },
    });
    return { status: 0, output };
  } catch (error) {
    const { status, stderr } = error as { status: number; stderr: string };
    return { status, output: stderr };
  }
}

describe('loading', () => {
  it('takes the table that LR_CPU names', () => {
    for (const table of addon.cpuInfo().tables) {
      expect(load({ LR_CPU: table }, 'console.log(addon.cpuInfo().table)').output.trim()).toBe(table);
    }
  });

  it('takes the best table otherwise, and selects others', () => {
    const { tables, built } = addon.cpuInfo();
    expect(load({ LR_CPU: '' }, 'console.log(addon.cpuInfo().table)').output.trim()).toBe(tables[0]);
    expect(built).toEqual(expect.arrayContaining([...tables]));
    expect(() => addon.selectCpu('sse9')).toThrow(/no such instruction set/);
  });

  it('says what to do about an LR_CPU that cannot be', () => {
    const { status, output } = load({ LR_CPU: 'neon9' });
    expect(status).not.toBe(0);
    expect(output).toContain('Could not load the native addon of @org/lr-native');
    expect(output).toContain('LR_CPU=neon9');
    expect(output).toContain('1. Unset LR_CPU (now "neon9")');
  });

  it('lists every place it tried', () => {
    const { output } = load({ LR_ADDON: '/nowhere/lr.node', LR_CPU: 'neon9' });
    expect(output).toContain("- /nowhere/lr.node: Cannot find module '/nowhere/lr.node'");
    expect(output).toContain('- @org/lr-addon: LR_CPU=neon9');
    expect(output).toMatch(/1\. .*\n2\. .*\n3\. /);
  });

  it('works in several worker threads at once', async () => {
    const code = `
      const { parentPort } = require('node:worker_threads');
      const addon = require(${JSON.stringify(require_('@org/lr-addon'))});
      const a = new Float32Array(64 * 64).fill(1), c = new Float32Array(64 * 64);
      for (let i = 0; i < 200; i++) addon.gemm(Int32Array.of(64, 64, 64, 64, 64, 64, 0, 0, 0), a, a, c);
      parentPort.postMessage(c.every((x) => x === 64));`;
    const results = await Promise.all(
      Array.from(
        { length: 4 },
        () =>
          new Promise((resolve, reject) => {
            const worker = new Worker(code, { eval: true });
            worker.once('message', resolve).once('error', reject);
          }),
      ),
    );
    expect(results).toEqual([true, true, true, true]);
  });
});

function require_(name: string): string {
  return import.meta.resolve(name).replace('file://', '');
}

describe('arguments', () => {
  const floats = new Float32Array(12);
  const six = (): Float32Array => new Float32Array(6);
  it.each<[string, () => void, string]>([
    ['none', () => (addon.accumulate as () => void)(), 'expected argument 0 to be an integer'],
    [
      'another type',
      () => addon.accumulate(12, new Int32Array(12) as never, floats),
      'argument 1 to be a Float32Array of 12 elements',
    ],
    [
      'another length',
      () => addon.accumulate(12, floats, new Float32Array(3)),
      'argument 2 to be a Float32Array of 12 elements',
    ],
    [
      'a short shape',
      () => addon.linearForward(Int32Array.of(1, 2), floats, floats, null, floats),
      'argument 0 to be a Int32Array of 3 elements',
    ],
    [
      'a negative shape',
      () => addon.linearForward(Int32Array.of(-1, 2, 2), floats, floats, null, floats),
      'argument 0 to be geometry and numbers of this operator',
    ],
    [
      'an overflowing shape',
      () => addon.maxPool2dForward(new Int32Array(13).fill(0x7fffffff), floats, floats, new Int32Array(1)),
      'argument 0 to be geometry and numbers of this operator',
    ],
    [
      'a stride of 0',
      () => addon.conv2dForward(new Int32Array(18), floats, floats, null, floats),
      'argument 0 to be geometry and numbers of this operator',
    ],
    [
      'a matrix that is too small',
      () => addon.gemm(Int32Array.of(3, 4, 5, 5, 4, 4, 0, 0, 0), floats, floats, floats),
      'argument 1 to be a Float32Array of 15 elements',
    ],
    [
      'no such optimizer',
      () => addon.optimizerStep('sgdd' as never, [], new Float64Array(1), new Float64Array(6)),
      'the name of an optimizer kernel',
    ],
    [
      'a gradient of another length',
      () =>
        addon.optimizerStep(
          'sgd',
          [[floats], [new Float32Array(3)], null],
          new Float64Array(1),
          new Float64Array(6),
        ),
      'an array for each role',
    ],
    [
      'no gradients',
      () => addon.optimizerStep('sgd', [[floats], null, null], new Float64Array(1), new Float64Array(6)),
      'an array for each role',
    ],
    [
      'no moments',
      () =>
        addon.optimizerStep(
          'adam',
          [[floats], [floats], null, [floats], null],
          new Float64Array(2),
          new Float64Array(7),
        ),
      'an array for each role',
    ],
    [
      'a matrix of another size',
      () => addon.optimizerStep('muon', [[floats], [floats], [floats]], Float64Array.of(2, 3, 1), new Float64Array(9)), // prettier-ignore
      'an array for each role',
    ],
    [
      'means of rows of another length',
      () =>
        addon.optimizerStep(
          'adafactor',
          [[six()], [six()], [six()], [new Float32Array(3)], null],
          Float64Array.of(2, 3, 1, 1),
          new Float64Array(6),
        ),
      'an array for each role',
    ],
    [
      'means of rows without those of columns',
      () =>
        addon.optimizerStep(
          'adafactor',
          [[six()], [six()], [new Float32Array(2)], null, null],
          Float64Array.of(2, 3, 1, 1),
          new Float64Array(6),
        ),
      'an array for each role',
    ],
    [
      'rows that are no number',
      () =>
        addon.optimizerStep(
          'adafactor',
          [[six()], [six()], [six()], [six()], null],
          Float64Array.of(NaN, 1, 1, 1),
          new Float64Array(6),
        ),
      'an array for each role',
    ],
    [
      'too few hyper-parameters',
      () => addon.optimizerStep('sgd', [[floats], [floats], null], new Float64Array(1), new Float64Array(2)),
      'argument 3',
    ],
  ])('refuses %s', (_, wrong, text) => {
    expect(wrong).toThrow(text);
    expect(wrong).toThrow(TypeError);
  });

  const pool = Int32Array.of(1, 2, 3, 1, 3, 1, 1, 1, 1, 0, 0, 1, 1);
  const windows = Int32Array.of(1, 2, 3, 1, 1);
  const taps = Int32Array.of(1, 2, 3, 1, 1, 1);
  const one = (): Float32Array => new Float32Array(1);
  const classes = Int32Array.of(3, 2, 1, 7, 2);
  /** Each takes three indices, or the spans of one output, along a dimension of 6, of 2 for classes. */
  const OPERATORS: Record<string, (at: Int32Array) => void> = {
    gather: (at) => addon.gather(Int32Array.of(1, 6, 3, 1), six(), at, new Float32Array(3)),
    scatter: (at) => addon.scatter(Int32Array.of(1, 6, 3, 1), new Float32Array(3), at, six()),
    scatterAdd: (at) => addon.scatterAdd(Int32Array.of(1, 6, 3, 1), new Float32Array(3), at, six()),
    gatherRows: (at) => addon.gatherRows(Int32Array.of(1, 6, 3, 1, -1), six(), at, new Float32Array(3)),
    gatherRowsBackward: (at) =>
      addon.gatherRowsBackward(Int32Array.of(1, 6, 3, 1, -1), new Float32Array(3), at, six()),
    argReduceBackward: (at) =>
      addon.argReduceBackward(Int32Array.of(3, 6, 1), new Float32Array(3), at, new Float32Array(18)),
    maxPool2dBackward: (at) => addon.maxPool2dBackward(pool, new Float32Array(3), at, six()),
    maxUnpool2dBackward: (at) => addon.maxUnpool2dBackward(pool, six(), at, new Float32Array(3)),
    crossEntropyForward: (at) => addon.crossEntropyForward(classes, 0, six(), at, null, six(), one()),
    crossEntropyBackward: (at) => addon.crossEntropyBackward(classes, 0, six(), at, null, one(), six()),
    nllForward: (at) => addon.nllForward(classes, six(), at, null, one()),
    nllBackward: (at) => addon.nllBackward(classes, at, null, one(), six()),
    avgPool2dForward: (at) => addon.avgPool2dForward(windows, Int32Array.of(0, 2, 1), at, six(), one()),
    avgPool2dBackward: (at) => addon.avgPool2dBackward(windows, at, Int32Array.of(0, 3, 1), one(), six()),
    windowMaxForward: (at) =>
      addon.windowMaxForward(windows, Int32Array.of(0, 2, 1), at, six(), one(), new Int32Array(1)),
    resample2dForward: (at) =>
      addon.resample2dForward(taps, 0, at.subarray(0, 1), new Int32Array(1), one(), one(), six(), one()),
    resample2dBackward: (at) =>
      addon.resample2dBackward(taps, new Int32Array(1), at.subarray(0, 1), one(), one(), one(), six()),
  };

  it.each(Object.entries(OPERATORS))('%s touches no memory outside', (_, call) => {
    expect(() => call(Int32Array.of(0, 1, 1))).not.toThrow();
    for (const wrong of [
      [-2, 1, 1],
      [0x7fffffff, 0, 0],
      [-0x80000000, 1, 0],
    ]) {
      expect(() => call(Int32Array.from(wrong))).toThrow(/to be places within its array/);
    }
  });

  it('takes the value that classes may have besides', () => {
    expect(() => OPERATORS.nllForward!(Int32Array.of(7, 1, 0))).not.toThrow();
    expect(() => OPERATORS.nllForward!(Int32Array.of(6, 1, 0))).toThrow('argument 2 to be places');
  });

  it('sees indices that were changed between forward and backward', () => {
    const x = tensor([[1, 3, 2, 0]], { requiresGrad: true });
    const { values, indices } = F.max(x, { dim: 1 });
    indices.data[0] = 1_000_000;
    // A device says so when it is read.
    const backward = (y: Tensor) => (y.backward(), hostOf(x.grad!));
    const outOfRange = /to be places within its array|an index that is out of range/;
    expect(() => backward(values.sum())).toThrow(outOfRange);
    const target = tensor(Int32Array.of(2));
    const loss = F.crossEntropy(x, target);
    target.data[0] = 4;
    expect(() => backward(loss)).toThrow(outOfRange);
  });

  it('reads the borrowed array of a program from another of its length alone', () => {
    const [x, y] = [Float32Array.of(1, 2, 3), new Float32Array(3)];
    addon.beginProgram();
    addon.unaryForward(UNARY.neg, 0, 0, 3, x, y);
    const program = addon.endProgram([x, y], x);
    addon.runProgram(program!, Float32Array.of(4, 5, 6));
    expect(y).toEqual(Float32Array.of(-4, -5, -6));
    for (const lent of [new Float32Array(2), new Float64Array(3), null, [1, 2, 3]]) {
      expect(() => addon.runProgram(program!, lent as Float32Array)).toThrow('expected argument 1 to be');
    }
    addon.runProgram(program!, x);
    expect(y).toEqual(Float32Array.of(-1, -2, -3));
  });

  it('survives any arguments', () => {
    const { setNumThreads, selectCpu, beginProgram, endProgram, ...others } = addon;
    void [setNumThreads, selectCpu, beginProgram, endProgram]; // which change what others do
    const functions = Object.values(others) as ((...args: unknown[]) => unknown)[];
    const argument = fc.oneof(
      fc.constantFrom<unknown>(
        null,
        undefined,
        1,
        -1,
        NaN,
        'adam',
        [],
        {},
        [[]],
        [null, null],
        new Float32Array(0),
        floats,
        new DataView(new ArrayBuffer(8)),
        new Int32Array(18),
        new Float64Array(7),
      ),
      fc.int32Array({ minLength: 3, maxLength: 17, min: -2, max: 4 }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...functions), fc.array(argument, { maxLength: 8 }), (fn, args) => {
        try {
          fn(...args);
        } catch (error) {
          if (!(error instanceof DeviceError)) expect(error).toBeInstanceOf(TypeError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
