/** The base of all optimizers: groups, checks, hooks, steps, state dicts. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  Adagrad,
  Adam,
  AdamW,
  ArgumentError,
  ArgumentRangeError,
  LBFGS,
  Optimizer,
  Param,
  RAdam,
  registerOptimizerStepPostHook,
  registerOptimizerStepPreHook,
  RMSprop,
  setWarningHandler,
  SGD,
  ShapeError,
  StateError,
  type Parameter,
} from '../src/index.ts';

const ERROR = /^\[[\w.]+\] expected .* but received /;

function param(values: number[] = [1, 2], grad: number[] | null = null): Param {
  const created = new Param(values);
  created.grad = grad === null ? null : Float32Array.from(grad);
  return created;
}

let warnings: string[] = [];
beforeEach(() => {
  warnings = [];
  setWarningHandler((text) => warnings.push(text));
});
afterEach(() => void setWarningHandler(null));

describe('Param', () => {
  test('has shape, data, no gradient', () => {
    const created = new Param([1, 2, 3, 4], [2, 2], { name: 'weight' });
    expect(created).toMatchObject({ shape: [2, 2], grad: null, requiresGrad: true, name: 'weight' });
    expect(created.data).toEqual(Float32Array.of(1, 2, 3, 4));
    expect(new Param([1, 2]).shape).toEqual([2]);
    expect(new Param([1], []).shape).toEqual([]);
  });

  test('takes a Float32Array as it is', () => {
    const data = Float32Array.of(1);
    expect(new Param(data).data).toBe(data);
  });

  test('rejects what is no array of numbers, and shapes that do not fit', () => {
    expect(() => new Param(3 as never)).toThrow(ArgumentError);
    expect(() => new Param([1, 2], [3])).toThrow(ShapeError);
    expect(() => new Param([1, 2], [-1])).toThrow(ArgumentRangeError);
    expect(() => new Param([1, 2], 2 as never)).toThrow(ERROR);
  });
});

describe('groups', () => {
  test('a list of parameters is one group with the defaults', () => {
    const p = param();
    const optimizer = new SGD([p], { lr: 0.1 });
    expect(optimizer.paramGroups).toEqual([{ params: [p], ...optimizer.defaults }]);
    expect(Object.keys(optimizer.defaults)).toEqual([
      'lr',
      'momentum',
      'dampening',
      'weightDecay',
      'nesterov',
      'maximize',
    ]);
    expect(optimizer.defaults.lr).toBe(0.1);
  });

  test("groups keep their options and keys, and leave the caller's objects alone", () => {
    const [a, b] = [param(), param()];
    const input = { params: a, lr: 0.5, initialLr: 0.7, name: 'head' };
    const optimizer = new SGD([input, { params: [b] }], { momentum: 0.9 });
    expect(optimizer.paramGroups[0]).toMatchObject({ lr: 0.5, initialLr: 0.7, name: 'head', momentum: 0.9 });
    expect(optimizer.paramGroups[1]).toMatchObject({ lr: 1e-3, momentum: 0.9 });
    expect(input).toEqual({ params: a, lr: 0.5, initialLr: 0.7, name: 'head' });
  });

  test('groups share no array with options or defaults', () => {
    const betas: [number, number] = [0.8, 0.9];
    const optimizer = new Adam([{ params: [param()] }, { params: [param()], betas }]);
    optimizer.paramGroups[0]!.betas[0] = 0.1;
    optimizer.paramGroups[1]!.betas[0] = 0.1;
    expect(optimizer.defaults.betas).toEqual([0.9, 0.999]);
    expect(betas).toEqual([0.8, 0.9]);
    expect(new Adam([param()]).defaults.betas).toEqual([0.9, 0.999]);
  });

  test('parameters may come from any iterable, groups too', () => {
    const params = [param(), param()];
    const optimizer = new SGD(
      (function* () {
        yield { params: new Map([['a', params[0]!]]).values() };
        yield { params: [params[1]!] };
      })(),
    );
    expect(optimizer.paramGroups.map((group) => group.params)).toEqual([[params[0]], [params[1]]]);
  });

  test('named parameters', () => {
    const [a, b] = [param(), param()];
    const optimizer = new SGD([['a', a]] as const);
    optimizer.addParamGroup({ params: [['b', b]] as const });
    expect(optimizer.paramGroups.map((group) => group.paramNames)).toEqual([['a'], ['b']]);
    expect(() => optimizer.addParamGroup({ params: [param()] })).toThrow(ArgumentError);
    expect(optimizer.paramGroups).toHaveLength(2);
  });

  test('an empty group is legal, an empty list is not', () => {
    expect(new SGD([{ params: [] }]).step()).toBeUndefined();
    expect(() => new SGD([])).toThrow(/^\[SGD\] expected params to be a list of at least one parameter/);
  });

  test('a parameter more than once in a group: a warning, and so many updates', () => {
    const p = param([1], [1]);
    const optimizer = new SGD([p, p], { lr: 0.25, momentum: 0.5 });
    expect(warnings).toEqual([expect.stringContaining('paramGroups[0] has a parameter more than once')]);
    optimizer.step();
    expect([...p.data]).toEqual([1 - 0.25 - 0.25 * 1.5]);
  });

  const wrong: [string, () => unknown][] = [
    ['a parameter instead of a list', () => new SGD(param() as never)],
    ['a Set', () => new SGD([{ params: new Set([param()]) }])],
    ['a number', () => new SGD(5 as never)],
    ['null', () => new SGD(null as never)],
    ['a list of numbers', () => new SGD([1] as never)],
    ['a group without params', () => new SGD([{ params: [param()] }, { lr: 1 }] as never)],
    ['a name that is no string', () => new SGD([[1, param()]] as never)],
    ['the result of an operation', () => new SGD([Object.assign(param(), { isLeaf: false })])],
    ['an integer tensor', () => new SGD([{ ...param(), data: new Int32Array(1) } as unknown as Parameter])],
    ['a negative lr', () => new SGD([param()], { lr: -1 })],
    ['NaN as lr', () => new SGD([param()], { lr: NaN })],
    ['NaN as lr of a group', () => new SGD([{ params: [param()], lr: NaN }])],
    ['a negative lr of a group', () => new Adam([{ params: [param()], lr: -1 }])],
    ['a string as lr', () => new SGD([param()], { lr: '0.1' as never })],
    ['null as lr', () => new SGD([param()], { lr: null as never })],
    ['NaN as momentum', () => new SGD([param()], { momentum: NaN })],
    ['a number as a flag', () => new SGD([param()], { maximize: 1 as never })],
    ['nesterov without momentum', () => new SGD([param()], { nesterov: true })],
    ['an unknown option', () => new SGD([param()], { moment: 0.9 } as never)],
    ['an option in snake case', () => new SGD([param()], { weight_decay: 0.1 } as never)],
    ['an option of a group in snake case', () => new SGD([{ params: [param()], weight_decay: 0.1 }])],
    ['three betas', () => new Adam([param()], { betas: [0.9, 0.99, 0.9] as never })],
    ['beta 1', () => new Adam([param()], { betas: [0.9, 1] })],
    ['options that are no object', () => new SGD([param()], 0.1 as never)],
  ];
  test.each(wrong)('rejects %s', (_what, create) => {
    expect(create).toThrow(ERROR);
  });

  test('names the group and the option', () => {
    expect(() => new SGD([{ params: [param()] }, { params: [param()], lr: -1 }])).toThrow(
      '[SGD] expected paramGroups[1].lr to be a number >= 0 but received -1',
    );
  });

  test('lr 0 is legal, undefined means the default, implementation choices are ignored', () => {
    expect(new SGD([param()], { lr: 0 }).defaults.lr).toBe(0);
    expect(new AdamW([param()], { weightDecay: undefined as never }).defaults.weightDecay).toBe(0.01);
    expect(() => new Adam([param()], { foreach: false, fused: true } as never)).not.toThrow();
  });

  test('a rejected group changes nothing', () => {
    const p = param();
    const optimizer = new Adagrad([p]);
    expect(() => optimizer.addParamGroup({ params: [param(), p] })).toThrow(ArgumentError);
    expect(() => optimizer.addParamGroup({ params: [param()], eps: -1 })).toThrow(ArgumentRangeError);
    expect(optimizer.paramGroups).toHaveLength(1);
    expect(optimizer.state.size).toBe(1);
  });

  test('LBFGS takes one group', () => {
    const optimizer = new LBFGS([param()]);
    expect(() => optimizer.addParamGroup({ params: [param()] })).toThrow(StateError);
  });
});

describe('step and zeroGrad', () => {
  test('a null gradient leaves parameter and state alone; a zero gradient does not', () => {
    const [none, zero] = [param([1]), param([1], [0])];
    const optimizer = new SGD([none, zero], { lr: 0.5, momentum: 0.9, weightDecay: 0.5 });
    optimizer.step();
    expect([none.data[0], zero.data[0]]).toEqual([1, 0.75]);
    expect([...optimizer.state.keys()]).toEqual([zero]);
    expect(optimizer.stepCount).toBe(1);
  });

  test('a step with null gradients only is a step', () => {
    const optimizer = new Adam([param()]);
    expect(optimizer.step()).toBeUndefined();
    expect(optimizer.stepCount).toBe(1);
    expect(optimizer.state.size).toBe(0);
  });

  test('zeroGrad sets to null, or to zeros', () => {
    const [a, b] = [param([1], [3]), param([1])];
    const optimizer = new SGD([a, b]);
    const { grad } = a;
    optimizer.zeroGrad({ setToNone: false });
    expect([a.grad, b.grad]).toEqual([Float32Array.of(0), null]);
    expect(a.grad).toBe(grad);
    optimizer.zeroGrad();
    expect([a.grad, b.grad]).toEqual([null, null]);
  });

  test('the closure runs once, before the update; step returns what it returns', () => {
    const p = param([1]);
    const optimizer = new SGD([p], { lr: 1 });
    let calls = 0;
    const loss = optimizer.step(() => {
      calls++;
      p.grad = Float32Array.of(0.5);
      return p.data[0]!;
    });
    expect([loss, calls, p.data[0]]).toEqual([1, 1, 0.5]);
    expect(() => optimizer.step(3 as never)).toThrow(ArgumentError);
  });

  test('data and gradient arrays may be replaced between steps', () => {
    const p = param([1], [1]);
    const optimizer = new SGD([p], { lr: 1 });
    optimizer.step();
    p.data = Float32Array.of(10);
    p.grad = Float32Array.of(2);
    optimizer.step();
    expect(p.data[0]).toBe(8);
  });

  test('parameters may gain and lose gradients between steps', () => {
    const [a, b] = [param([0], [1]), param([0], [1])];
    const optimizer = new Adam([a, b], { lr: 1 });
    optimizer.step();
    a.grad = null;
    optimizer.step();
    a.grad = Float32Array.of(1);
    optimizer.step();
    const steps = [a, b].map((each) => (optimizer.state.get(each) as { step: number }).step);
    expect(steps).toEqual([2, 3]);
  });

  const badGrads: [string, unknown][] = [
    ['of another length', new Float32Array(3)],
    ['that is a plain array', [1, 2]],
    ['that is undefined', undefined],
    ['that is sparse', { indices: Int32Array.of(0), values: Float32Array.of(1) }],
    ['of doubles', new Float64Array(2)],
  ];
  test.each(badGrads)('a gradient %s is an error before anything changes', (_what, grad) => {
    const [good, bad] = [param([1], [1]), param([1, 2])];
    bad.grad = grad as Float32Array;
    const optimizer = new Adam([good, bad]);
    expect(() => optimizer.step()).toThrow(ERROR);
    expect(good.data[0]).toBe(1);
    expect(optimizer.state.size).toBe(0);
    expect(optimizer.stepCount).toBe(0);
  });

  test('sparse gradients: rows that do not exist, values that do not fit, weight decay', () => {
    const p = new Param(new Float32Array(6), [3, 2]);
    const optimizer = new SGD([p]);
    for (const grad of [
      { indices: Int32Array.of(3), values: new Float32Array(2) },
      { indices: Int32Array.of(-1), values: new Float32Array(2) },
      { indices: Int32Array.of(0), values: new Float32Array(3) },
      { indices: [0] as never, values: new Float32Array(2) },
      { indices: Int32Array.of(0), values: [0, 0] as never },
    ]) {
      p.grad = grad;
      expect(() => optimizer.step()).toThrow(ERROR);
    }
    p.grad = { indices: Int32Array.of(0), values: new Float32Array(2) };
    expect(() => new SGD([p], { weightDecay: 0.1 }).step()).toThrow(ArgumentRangeError);
    expect(() => new Adagrad([p], { weightDecay: 0.1 }).step()).toThrow(ArgumentRangeError);
  });

  test('skipStep, in the closure or instead of the step', () => {
    const p = param([1], [1]);
    const optimizer = new SGD([p], { lr: 1 });
    optimizer.step(() => {
      optimizer.skipStep();
      return NaN;
    });
    optimizer.skipStep();
    expect([p.data[0], optimizer.stepCount, optimizer.skippedStepCount]).toEqual([1, 0, 2]);
    optimizer.step();
    expect([p.data[0], optimizer.stepCount, optimizer.skippedStepCount]).toEqual([0, 1, 2]);
  });

  test('LBFGS: a closure that throws or skips leaves parameters and state as they were', () => {
    const p = param([3, -4]);
    const optimizer = new LBFGS([p], { lineSearchFn: 'strong_wolfe' });
    let calls = 0;
    const closure = (fail: () => void) => (): number => {
      if (++calls === 3) fail();
      p.grad = p.data.map((x) => x ** 3);
      return p.data.reduce((sum, x) => sum + x ** 4 / 4, 0);
    };
    const fail = (): void => {
      throw new Error('out of data');
    };
    expect(() => optimizer.step(closure(fail))).toThrow('out of data');
    expect([...p.data]).toEqual([3, -4]);
    calls = 0;
    optimizer.step(closure(() => optimizer.skipStep()));
    expect([...p.data]).toEqual([3, -4]);
    expect(optimizer.state.size).toBe(0);
    expect(() => optimizer.step()).toThrow(ArgumentError);
  });

  test('options that need a buffer may be switched on later', () => {
    const p = param([1], [1]);
    const adam = new Adam([p]);
    adam.step();
    adam.paramGroups[0]!.amsgrad = true;
    adam.step();
    expect(Object.keys(adam.state.get(p)!)).toContain('maxExpAvgSq');
    const rmsprop = new RMSprop([p]);
    rmsprop.step();
    Object.assign(rmsprop.paramGroups[0]!, { momentum: 0.9, centered: true });
    rmsprop.step();
    expect(Object.keys(rmsprop.state.get(p)!).sort()).toEqual([
      'gradAvg',
      'momentumBuffer',
      'squareAvg',
      'step',
    ]);
    expect(Number.isFinite(p.data[0])).toBe(true);
  });

  test('parameters on a device without kernels are an error', () => {
    const device = { length: 1, device: 'cuda:0', toFloat32Array: () => new Float32Array(1), free() {} };
    const p: Parameter = { shape: [1], data: device, grad: device, requiresGrad: true };
    expect(() => new SGD([p]).step()).toThrow(
      /^\[sgd\] expected storage to be on the CPU but received "cuda:0"/,
    );
  });
});

describe('hooks', () => {
  test('run in the order global pre, own pre, step, own post, global post, until removed', () => {
    const calls: string[] = [];
    const optimizer = new SGD([param()]);
    const removers = [
      registerOptimizerStepPreHook(() => void calls.push('global pre')),
      optimizer.registerStepPreHook((self) => void calls.push(`pre ${self === (optimizer as unknown)}`)),
      optimizer.registerStepPostHook(() => void calls.push('post')),
      registerOptimizerStepPostHook(() => void calls.push('global post')),
    ];
    optimizer.step(() => calls.push('closure'));
    expect(calls).toEqual(['global pre', 'pre true', 'closure', 'post', 'global post']);
    removers.forEach((remove) => remove());
    optimizer.step();
    expect(calls).toHaveLength(5);
  });

  test('a pre hook may replace the closure, with a closure', () => {
    const optimizer = new SGD([param()]);
    const remove = optimizer.registerStepPreHook(() => () => 7);
    expect(optimizer.step(() => 3)).toBe(7);
    remove();
    optimizer.registerStepPreHook(() => 5 as never);
    expect(() => optimizer.step()).toThrow(ArgumentError);
    expect(() => optimizer.registerStepPostHook(3 as never)).toThrow(ArgumentError);
  });

  test('state dict hooks', () => {
    const optimizer = new SGD([param()], { lr: 0.1 });
    const calls: string[] = [];
    optimizer.registerStateDictPreHook(() => calls.push('second'));
    optimizer.registerStateDictPreHook(() => calls.push('first'), { prepend: true });
    optimizer.registerStateDictPostHook((_self, dict) => ({ ...dict, type: 'SGD', extra: 1 }) as typeof dict);
    optimizer.registerLoadStateDictPreHook((_self, dict) => {
      calls.push('load');
      return { ...dict, paramGroups: dict.paramGroups.map((group) => ({ ...group, lr: 0.7 })) };
    });
    optimizer.registerLoadStateDictPostHook(() => calls.push('loaded'));
    const dict = optimizer.stateDict();
    expect(dict).toHaveProperty('extra', 1);
    optimizer.loadStateDict(dict);
    expect(calls).toEqual(['first', 'second', 'load', 'loaded']);
    expect(optimizer.paramGroups[0]!.lr).toBe(0.7);
    expect(dict.paramGroups[0]!['lr']).toBe(0.1);
  });
});

describe('state dicts', () => {
  function stepped(create: (params: Param[]) => Optimizer = (params) => new Adam(params)): Optimizer {
    const optimizer = create([param([1, 2], [0.5, -0.5]), param([3])]);
    optimizer.step();
    return optimizer;
  }

  test('are plain data that JSON and structuredClone carry', () => {
    const dict = stepped().stateDict();
    expect(Object.keys(dict.state)).toEqual(['0']);
    expect(dict.paramGroups[0]!.params).toEqual([0, 1]);
    expect(JSON.parse(JSON.stringify(dict))).toStrictEqual(dict);
    expect(structuredClone(dict)).toStrictEqual(dict);
  });

  test('share no buffer with the optimizer, in either direction', () => {
    const optimizer = stepped();
    const dict = optimizer.stateDict();
    const before = JSON.stringify(dict);
    optimizer.step();
    expect(JSON.stringify(dict)).toBe(before);
    const live = { ...dict, state: { 0: { ...dict.state[0], expAvg: Float32Array.of(1, 2) } } };
    const other = stepped();
    other.loadStateDict(live);
    other.step();
    expect(live.state[0].expAvg).toEqual(Float32Array.of(1, 2));
  });

  test('keep NaN, infinities and -0 through JSON', () => {
    const optimizer = new SGD([param([0, 0, 0, 0, 1], [NaN, Infinity, -Infinity, -0, 0.1])], {
      momentum: 0.5,
    });
    optimizer.step();
    Object.assign(optimizer.paramGroups[0]!, { best: -Infinity, note: 'x', nothing: null });
    const loaded = new SGD([param([0, 0, 0, 0, 0])]);
    loaded.loadStateDict(JSON.parse(JSON.stringify(optimizer.stateDict())));
    const buffer = [...loaded.state.values()][0]!['momentumBuffer'];
    expect(buffer).toEqual(Float32Array.of(NaN, Infinity, -Infinity, -0, 0.1));
    expect(loaded.paramGroups[0]).toMatchObject({ momentum: 0.5, best: -Infinity, note: 'x', nothing: null });
  });

  test("loading replaces a group's options altogether and keeps group objects and parameters", () => {
    const optimizer = stepped();
    const other = new Adam([param(), param([3])], { lr: 0.5 });
    const [group] = other.paramGroups;
    group!['left'] = 1;
    other.loadStateDict(optimizer.stateDict());
    expect(other.paramGroups[0]).toBe(group);
    expect(group).not.toHaveProperty('left');
    expect(group!.lr).toBe(1e-3);
    expect(group!.params).toHaveLength(2);
  });

  test('names survive where the saved groups have none', () => {
    const named = new Adam([['a', param()] as const, ['b', param([3])] as const]);
    named.loadStateDict(stepped().stateDict());
    expect(named.paramGroups[0]!.paramNames).toEqual(['a', 'b']);
  });

  test("flags that older state dicts lack take their defaults; AdamW's decay stays decoupled", () => {
    const dict = stepped().stateDict();
    delete dict.type;
    for (const flag of ['amsgrad', 'maximize', 'decoupledWeightDecay']) delete dict.paramGroups[0]![flag];
    const adamw = new AdamW([param(), param([3])]);
    adamw.loadStateDict(dict);
    expect(adamw.paramGroups[0]).toMatchObject({ amsgrad: false, decoupledWeightDecay: true });
  });

  type Dict = ReturnType<Optimizer['stateDict']>;
  const broken: [string, (dict: Dict) => unknown, new (...args: never[]) => Error][] = [
    ['null', () => null, ArgumentError],
    ['another number of groups', (dict) => ({ ...dict, paramGroups: [] }), StateError],
    ['no groups', (dict) => ({ ...dict, paramGroups: undefined }), ArgumentError],
    ['no state', (dict) => ({ ...dict, state: undefined }), ArgumentError],
    ['another number of parameters', (dict) => (dict.paramGroups[0]!.params.pop(), dict), StateError],
    ['state of a parameter it does not have', (dict) => ((dict.state['9'] = {}), dict), StateError],
    ['another class', (dict) => ({ ...dict, type: 'SGD' }), StateError],
    ['a wrong hyper-parameter', (dict) => ((dict.paramGroups[0]!['lr'] = 'NaN'), dict), ArgumentRangeError],
    ['no betas', (dict) => (delete dict.paramGroups[0]!['betas'], dict), StateError],
    ['a buffer of another length', (dict) => ((dict.state['0']!['expAvg'] = [1]), dict), ShapeError],
    ['a buffer of strings', (dict) => ((dict.state['0']!['expAvg'] = ['a', 'b']), dict), ArgumentError],
    ['a buffer that is no list', (dict) => ((dict.state['0']!['expAvg'] = 3), dict), ArgumentError],
    ['a step that is no number', (dict) => ((dict.state['0']!['step'] = null), dict), ArgumentError],
    ['a missing buffer', (dict) => (delete dict.state['0']!['expAvgSq'], dict), StateError],
    ['a buffer of another optimizer', (dict) => ((dict.state['0']!['sum'] = [1, 2]), dict), StateError],
  ];
  test.each(broken)('with %s are rejected, and nothing changes', (_what, spoil, error) => {
    const optimizer = stepped();
    const before = JSON.stringify(optimizer.stateDict());
    const dict = spoil(stepped((params) => new Adam(params, { lr: 0.5 })).stateDict()) as Dict;
    expect(() => optimizer.loadStateDict(dict)).toThrow(error);
    expect(() => optimizer.loadStateDict(dict)).toThrow(/^\[Adam\.loadStateDict\] expected /);
    expect(JSON.stringify(optimizer.stateDict())).toBe(before);
  });

  test('of another class are rejected even where options and state have the same names', () => {
    const dict = stepped().stateDict();
    expect(() => new RAdam([param(), param([3])]).loadStateDict(dict)).toThrow(StateError);
    expect(() => new AdamW([param(), param([3])]).loadStateDict(dict)).not.toThrow();
  });

  test("an optimizer of one's own needs no layout", () => {
    class Momentum extends Optimizer<{ lr: number }> {
      protected override updateGroup(group: { lr: number }, params: readonly Parameter[]): void {
        for (const each of params) {
          const state = this.stateOf(each);
          state['sum'] ??= new Float32Array(each.data.length);
          const sum = state['sum'] as Float32Array;
          const data = each.data as Float32Array;
          (each.grad as Float32Array | null)?.forEach(
            (g, i) => (data[i] = data[i]! - group.lr * (sum[i]! += g)),
          );
        }
      }
    }
    const make = (): Momentum => new Momentum([param([1], [1])], { lr: 0.5 });
    const [a, b] = [make(), make()];
    a.step();
    b.loadStateDict(JSON.parse(JSON.stringify(a.stateDict())));
    expect(a.stateDict()).toMatchObject({ type: 'Momentum', state: { 0: { sum: [1] } } });
    expect([...b.state.values()]).toEqual([{ sum: Float32Array.of(1) }]);
  });
});
