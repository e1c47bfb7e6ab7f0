/** State by name, layer-wise learning rates, gradient accumulation. */
import { describe, expect, test } from 'vitest';
import {
  Adam,
  ArgumentError,
  ArgumentRangeError,
  GradientAccumulator,
  layerwiseLrDecay,
  loadNamedStateDict,
  namedStateDict,
  Param,
  SGD,
  ShapeError,
  StateError,
  type NamedStateDict,
} from '../src/index.ts';

function named(names: Record<string, number>, options = {}): { params: [string, Param][]; optimizer: Adam } {
  const params = Object.entries(names).map(([name, size]): [string, Param] => {
    const param = new Param(new Float32Array(size));
    param.grad = Float32Array.from({ length: size }, (_, i) => name.length + i);
    return [name, param];
  });
  return { params, optimizer: new Adam(params, options) };
}

describe('state by name', () => {
  const save = (): NamedStateDict => {
    const { optimizer } = named({ weight: 2, bias: 1 }, { lr: 0.5 });
    optimizer.step();
    return JSON.parse(JSON.stringify(namedStateDict(optimizer))) as NamedStateDict;
  };

  test('loads in any order, and reports', () => {
    const { params, optimizer } = named({ bias: 1, weight: 2 });
    const report = loadNamedStateDict(optimizer, save());
    expect(report).toMatchObject({ loaded: ['bias', 'weight'], missing: [], unexpected: [], mismatched: [] });
    expect(String(report)).toBe('loaded (2): bias, weight');
    expect(optimizer.paramGroups[0]).toMatchObject({ lr: 0.5, paramNames: ['bias', 'weight'] });
    const { expAvg } = optimizer.state.get(params[1]![1]) as { expAvg: Float32Array };
    expect([...expAvg]).toEqual([6, 7].map((g) => Math.fround(Math.fround(1 - 0.9) * g)));
  });

  test('goes on to the bit', () => {
    const a = named({ weight: 2, bias: 1 }, { lr: 0.5 });
    a.optimizer.step();
    const b = named({ bias: 1, weight: 2 });
    loadNamedStateDict(b.optimizer, namedStateDict(a.optimizer));
    b.params[0]![1].data.set(a.params[1]![1].data);
    b.params[1]![1].data.set(a.params[0]![1].data);
    a.optimizer.step();
    b.optimizer.step();
    expect(b.params[1]![1].data).toEqual(a.params[0]![1].data);
  });

  test('what does not match is an error that lists it, or is left out', () => {
    const { params, optimizer } = named({ weight: 3, bias: 1, head: 4 }, { lr: 0.1 });
    const before = JSON.stringify(optimizer.stateDict());
    const saved = save();
    saved.params['tail'] = { shape: [1] };
    expect(() => loadNamedStateDict(optimizer, saved)).toThrow(StateError);
    expect(() => loadNamedStateDict(optimizer, saved)).toThrow(
      [
        'loaded (1): bias',
        'missing in the state dict (1): head',
        'not in the optimizer (1): tail',
        'of another shape (1): weight (expected shape [3], received [2])',
        'groups that keep their options (1): paramGroups[0]',
      ].join('\n'),
    );
    expect(JSON.stringify(optimizer.stateDict())).toBe(before);
    const report = loadNamedStateDict(optimizer, saved, { strict: false });
    expect(report.loaded).toEqual(['bias']);
    expect([...optimizer.state.keys()]).toEqual([params[1]![1]]);
    expect(optimizer.paramGroups[0]!.lr).toBe(0.1);
  });

  test('parameters may carry their names themselves; without names it is an error', () => {
    const param = new Param([1], [1], { name: 'w' });
    expect(namedStateDict(new SGD([param])).paramGroups[0]!.params).toEqual(['w']);
    expect(() => namedStateDict(new SGD([new Param([1])]))).toThrow(ArgumentError);
    expect(() => namedStateDict(new SGD([param, new Param([1], [1], { name: 'w' })]))).toThrow(ArgumentError);
    expect(() => loadNamedStateDict(new SGD([param]), null as never)).toThrow(ArgumentError);
    expect(() => loadNamedStateDict(new SGD([param]), { params: {} } as never)).toThrow(ArgumentError);
  });

  test('a spoilt buffer is an error, and nothing changes', () => {
    const { optimizer } = named({ weight: 2, bias: 1 });
    const saved = save();
    saved.params['weight']!.state!['expAvg'] = [1];
    expect(() => loadNamedStateDict(optimizer, saved)).toThrow(ShapeError);
    expect(optimizer.state.size).toBe(0);
  });
});

describe('layerwiseLrDecay', () => {
  test('multiplies from the last layer backwards', () => {
    const layers = [[new Param([1])], [new Param([1]), new Param([2])], [new Param([3])]];
    const optimizer = new SGD(layerwiseLrDecay(layers, { lr: 0.4, decay: 0.5, momentum: 0.9 }));
    expect(optimizer.paramGroups.map(({ lr }) => lr)).toEqual([0.1, 0.2, 0.4]);
    expect(optimizer.paramGroups.map(({ params }) => params)).toEqual(layers);
    expect(optimizer.paramGroups[2]!.momentum).toBe(0.9);
    expect(optimizer.paramGroups[0]).not.toHaveProperty('decay');
  });

  test('rejects wrong arguments', () => {
    expect(() => layerwiseLrDecay(3 as never, { lr: 1, decay: 1 })).toThrow(ArgumentError);
    for (const options of [
      { lr: -1, decay: 1 },
      { lr: 1, decay: 0 },
      { lr: 1, decay: 1.1 },
      { lr: 1, decay: NaN },
    ]) {
      expect(() => layerwiseLrDecay([], options)).toThrow(ArgumentRangeError);
    }
  });
});

describe('GradientAccumulator', () => {
  const add = (param: Param, value: number): void => {
    const sum = (param.grad as Float32Array | null)?.[0] ?? 0;
    param.grad = Float32Array.of(sum + value);
  };

  test('steps every n batches with the mean gradient', () => {
    const param = new Param([0]);
    const accumulator = new GradientAccumulator(new SGD([param], { lr: 1 }), { steps: 2 });
    const stepped = [1, 3, 5].map((value) => {
      add(param, value);
      return accumulator.step();
    });
    expect(stepped).toEqual([false, true, false]);
    expect([param.data[0], accumulator.pending]).toEqual([-2, 1]);
    expect(accumulator.flush()).toBe(true);
    expect([param.data[0], param.grad, accumulator.pending]).toEqual([-7, null, 0]);
    expect(accumulator.flush()).toBe(false);
  });

  test('sums without averaging, and says when a step was skipped', () => {
    const param = new Param([0]);
    const optimizer = new SGD([param], { lr: 1 });
    const accumulator = new GradientAccumulator(optimizer, { steps: 2, average: false });
    add(param, 1);
    accumulator.step();
    add(param, 3);
    optimizer.registerStepPreHook((self) => self.skipStep());
    expect(accumulator.step()).toBe(false);
    expect([param.data[0], param.grad]).toEqual([0, null]);
  });

  test('rejects wrong arguments', () => {
    const optimizer = new SGD([new Param([0])]);
    expect(() => new GradientAccumulator({} as never, { steps: 1 })).toThrow(ArgumentError);
    expect(() => new GradientAccumulator(optimizer, { steps: 0 })).toThrow(ArgumentRangeError);
    expect(() => new GradientAccumulator(optimizer, { steps: 1, average: 1 as never })).toThrow(
      ArgumentError,
    );
  });
});
