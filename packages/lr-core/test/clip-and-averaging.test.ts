/** Gradient clipping and parameter averages, against PyTorch's. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  ArgumentError,
  ArgumentRangeError,
  AveragedModel,
  clipGradNorm,
  clipGradValue,
  emaAverage,
  Param,
  ShapeError,
  StateError,
  swaAverage,
} from '../src/index.ts';
import { errorOf } from './optimizer-fixtures.ts';

type Values = (number | string)[];
const fixtures = JSON.parse(
  readFileSync(new URL('fixtures/clip-and-averaging.json', import.meta.url), 'utf8'),
) as {
  norm: {
    kind: string;
    normType: number | string;
    maxNorm: number;
    grads: Values[];
    total: number | string;
    clipped: Values[];
  }[];
  value: { clipValue: number; grad: Values; clipped: Values }[];
  average: { decay: number | null; values: number[][][]; averages: number[][][] }[];
};

/** A few roundings of float32. */
const BOUND = 4e-7;

function withGrad(grad: Values): Param {
  const param = new Param(new Float32Array(grad.length));
  param.grad = Float32Array.from(grad, Number);
  return param;
}

describe('clipGradNorm', () => {
  test.each(fixtures.norm)('$kind gradients, norm $normType, at most $maxNorm', (fixture) => {
    const params = fixture.grads.map(withGrad);
    const total = clipGradNorm(params, fixture.maxNorm, { normType: Number(fixture.normType) });
    expect(errorOf([total], [fixture.total])).toBeLessThanOrEqual(BOUND);
    params.forEach((param, i) => {
      expect(errorOf(param.grad as Float32Array, fixture.clipped[i]!)).toBeLessThanOrEqual(BOUND);
    });
  });

  test('leaves null gradients out; without gradients the norm is 0', () => {
    expect(clipGradNorm([new Param([1])], 1)).toBe(0);
    const param = withGrad([3, 4]);
    expect(clipGradNorm([new Param([1]), param], 10)).toBe(5);
    expect(clipGradNorm(param, 10)).toBe(5);
    const sparse = new Param(new Float32Array(4), [2, 2]);
    sparse.grad = { indices: Int32Array.of(1), values: Float32Array.of(3, 4) };
    expect(clipGradNorm([sparse], 2.5)).toBe(5);
    expect(sparse.grad.values[1]).toBeCloseTo(2);
  });

  test('throws, with the gradients unchanged', () => {
    const param = withGrad([Infinity, 1]);
    expect(() => clipGradNorm([param], 1, { errorIfNonfinite: true })).toThrow(StateError);
    expect(() => clipGradNorm([param], NaN)).toThrow(ArgumentRangeError);
    expect(() => clipGradNorm([param], -1)).toThrow(ArgumentRangeError);
    expect(() => clipGradNorm([param], 1, { normType: NaN })).toThrow(ArgumentRangeError);
    expect(() => clipGradNorm([param], 1, { normType: 'inf' as never })).toThrow(ArgumentError);
    expect(() => clipGradNorm(3 as never, 1)).toThrow(ArgumentError);
    expect(() => clipGradNorm([3] as never, 1)).toThrow(ArgumentError);
    expect(param.grad).toEqual(Float32Array.of(Infinity, 1));
  });
});

describe('clipGradValue', () => {
  test.each(fixtures.value)('to $clipValue', ({ clipValue, grad, clipped }) => {
    const param = withGrad(grad);
    clipGradValue([new Param([1]), param], clipValue);
    expect(param.grad).toEqual(Float32Array.from(clipped, Number));
  });

  test('throws for NaN and negative values', () => {
    expect(() => clipGradValue([], NaN)).toThrow(ArgumentRangeError);
    expect(() => clipGradValue([], -1)).toThrow(ArgumentRangeError);
  });
});

describe('AveragedModel', () => {
  test.each(fixtures.average)('decay $decay', ({ decay, values, averages }) => {
    const params = values[0]!.map((each) => new Param(each));
    const averaged = new AveragedModel(params, decay === null ? {} : { average: emaAverage(decay) });
    values.forEach((step, k) => {
      params.forEach((param, i) => param.data.set(step[i]!));
      averaged.updateParameters();
      averaged.params.forEach((param, i) => {
        expect(errorOf(param.data, averages[k]![i]!)).toBeLessThanOrEqual(BOUND);
      });
    });
    expect(averaged.nAveraged).toBe(values.length);
  });

  test('has copies, which keep shape and name', () => {
    const param = new Param([1, 2], [2, 1], { name: 'w' });
    const averaged = new AveragedModel([param], { average: swaAverage() });
    param.data[0] = 5;
    expect(averaged.params[0]).toMatchObject({ shape: [2, 1], name: 'w', requiresGrad: false });
    expect(averaged.params[0]!.data[0]).toBe(1);
  });

  test('goes on from a state dict through JSON', () => {
    const param = new Param([1]);
    const [a, b] = [new AveragedModel([param]), new AveragedModel([new Param([9])])];
    a.updateParameters();
    param.data[0] = NaN;
    a.updateParameters();
    b.loadStateDict(JSON.parse(JSON.stringify(a.stateDict())));
    expect(b.nAveraged).toBe(2);
    expect(b.params[0]!.data[0]).toBeNaN();
    expect(() => b.loadStateDict({ nAveraged: 1, params: [[1, 2]] })).toThrow(ShapeError);
    expect(() => b.loadStateDict({ nAveraged: -1, params: [[1]] })).toThrow(ArgumentRangeError);
    expect(() => b.loadStateDict({ nAveraged: 1, params: [] })).toThrow(StateError);
  });

  test('rejects wrong arguments', () => {
    expect(() => emaAverage(1.1)).toThrow(ArgumentRangeError);
    expect(() => emaAverage(NaN)).toThrow(ArgumentRangeError);
    expect(() => new AveragedModel(3 as never)).toThrow(ArgumentError);
    expect(() => new AveragedModel([3] as never)).toThrow(ArgumentError);
    expect(() => new AveragedModel([new Param([1])], { average: 0.9 as never })).toThrow(ArgumentError);
  });
});
