import { ArgumentError, ArgumentRangeError, StateError } from '@org/lr-core';
import { describe, expect, it } from 'vitest';
import { F, Tensor, manualSeed, nn, noGrad, ones, tensor, zeros } from '../src/index.ts';

/** Weights tied between encoder and decoder. */
class Tied extends nn.Module {
  readonly encoder = new nn.Linear(3, 2, { bias: false });
  readonly decoder = new nn.Linear(3, 2, { bias: false });
  readonly gates = new nn.ParameterList([ones([2]), zeros([2])]);
  readonly parts = new nn.ModuleDict({ convA: new nn.Linear(2, 2), head: new nn.Identity() });
  readonly counts = new nn.Buffer(tensor(Int32Array.of(1, 2)));
  readonly options = { sizes: [1, 2], names: new Map([['a', new Set([1])]]) };

  constructor() {
    super();
    this.decoder.weight = this.encoder.weight;
  }

  forward(x: Tensor): Tensor {
    const hidden = this.parts.get('convA')!.forward(this.encoder.forward(x));
    return hidden.mul(this.gates.at(0)!).add(this.decoder.forward(x));
  }
}

describe('names', () => {
  it('are listed here or below, with a prefix, each once or always', () => {
    const model = new Tied();
    const names = (options?: nn.NamedOptions): string[] =>
      model.namedParameters(options).map(([name]) => name);
    const below = ['encoder.weight', 'gates.0', 'gates.1', 'parts.convA.weight', 'parts.convA.bias'];
    expect(names()).toEqual(below);
    expect(names({ removeDuplicate: false })).toEqual(below.toSpliced(1, 0, 'decoder.weight'));
    expect(names({ prefix: 'net' })).toEqual(below.map((name) => `net.${name}`));
    expect(names({ recurse: false })).toEqual([]);
    expect(model.gates.parameters({ recurse: false })).toHaveLength(2);
    expect(model.namedBuffers({ prefix: 'x', recurse: false }).map(([name]) => name)).toEqual(['x.counts']);
    expect(model.buffers()).toEqual([model.counts]);
    expect(model.namedChildren().map(([name]) => name)).toEqual(['encoder', 'decoder', 'gates', 'parts']);
    expect(model.namedModules({ prefix: 'm' }).map(([name]) => name)).toEqual([
      'm',
      'm.encoder',
      'm.decoder',
      'm.gates',
      'm.parts',
      'm.parts.convA',
      'm.parts.head',
    ]);
  });

  it('lead to parameters, buffers and modules', () => {
    const model = new Tied();
    expect(model.getParameter('decoder.weight')).toBe(model.encoder.weight);
    expect(model.getParameter('gates.1')).toBe(model.gates.at(1));
    expect(model.getBuffer('counts')).toBe(model.counts);
    expect(model.getSubmodule('parts.convA')).toBe(model.parts.get('convA'));
    expect(model.getSubmodule('')).toBe(model);
    const bn = new nn.Sequential(new nn.BatchNorm1d(2));
    expect(bn.getBuffer('0.running_mean')).toBe(bn.getBuffer('0.runningMean'));
    expect(() => model.getParameter('encoder.bias')).toThrow(ArgumentError);
    expect(() => bn.getSubmodule('1')).toThrow(
      '[getSubmodule] expected path to be one of ["", "0"] but received "1"',
    );
    expect(() => bn.getBuffer(0 as never)).toThrow('[getBuffer] expected path to be text but received 0');
  });

  it('survive a module that holds the one above it', () => {
    class Child extends nn.Linear {
      up: nn.Module | null = null;
    }
    const child = new Child(1, 1);
    const parent = new nn.Sequential(child);
    child.up = parent;
    expect(Object.keys(parent.stateDict())).toEqual(['0.weight', '0.bias']);
    expect(parent.modules()).toEqual([parent, child]);
    const copy = parent.clone();
    expect((copy.at(0) as Child).up).toBe(copy);
  });
});

describe('weight tying', () => {
  it('trains the one weight, saves it by both names and loads it back', () => {
    const model = new Tied();
    model
      .forward(ones([1, 3]))
      .sum()
      .backward();
    expect(model.encoder.weight.grad).not.toBeNull();
    const state = model.stateDict();
    expect(Object.keys(state)).toEqual([
      'counts',
      'encoder.weight',
      'decoder.weight',
      'gates.0',
      'gates.1',
      'parts.convA.weight',
      'parts.convA.bias',
    ]);
    const other = new Tied();
    other.loadStateDict(JSON.parse(JSON.stringify(state)) as Record<string, nn.TensorLike>);
    expect(other.decoder.weight).toBe(other.encoder.weight);
    expect(other.stateDict()).toEqual(state);
  });
});

describe('clone', () => {
  it('shares nothing with the original and within itself what that shares', () => {
    const model = new Tied();
    const first = model.parameters()[0]!;
    first.name = 'first';
    model
      .forward(ones([1, 3]))
      .sum()
      .backward();
    model.gates.at(1)!.requiresGrad = false;
    model.eval();
    const copy = model.clone();
    expect(copy).toBeInstanceOf(Tied);
    expect(copy.training).toBe(false);
    expect(copy.stateDict()).toEqual(model.stateDict());
    expect(copy.decoder.weight).toBe(copy.encoder.weight);
    expect(copy.encoder.weight).toBeInstanceOf(nn.Parameter);
    expect([copy.encoder.weight.grad, copy.encoder.weight.name]).toEqual([null, 'first']);
    expect(copy.gates.at(1)!.requiresGrad).toBe(false);
    expect(copy.counts).toBeInstanceOf(nn.Buffer);
    expect(copy.options).toEqual(model.options);
    const originals = new Set<unknown>([...model.parameters(), ...model.buffers(), ...model.modules()]);
    const copies = [...copy.parameters(), ...copy.buffers(), ...copy.modules()];
    expect(copies.some((part) => originals.has(part))).toBe(false);
    noGrad(() => copy.encoder.weight.zero_());
    copy.options.sizes.push(3);
    copy.options.names.get('a')!.add(2);
    expect(model.encoder.weight.data.every((value) => value === 0)).toBe(false);
    expect(model.options).toEqual({ sizes: [1, 2], names: new Map([['a', new Set([1])]]) });
    expect(copy.forward(ones([1, 3])).shape).toEqual([1, 2]);
  });

  it('copies hooks along, which are its own from then on', () => {
    const model = new nn.Sequential(new nn.Linear(1, 1));
    const seen: unknown[] = [];
    const handle = model.at(0)!.registerForwardHook((module) => void seen.push(module));
    const copy = model.clone();
    copy.forward(ones([1]));
    handle.remove();
    copy.forward(ones([1]));
    model.forward(ones([1]));
    expect(seen.map((module) => module === copy.at(0))).toEqual([true, true]);
  });

  it('refuses a field that belongs to a graph', () => {
    class Keeps extends nn.Linear {
      kept = tensor([1], { requiresGrad: true }).mul(2);
    }
    expect(() => new Keeps(1, 1).clone()).toThrow(StateError);
    expect(() => new Keeps(1, 1).clone()).toThrow(
      '[clone] expected fields that are no results of ops but received one of mul',
    );
  });
});

describe('registration', () => {
  class Empty extends nn.Module {
    declare scale: nn.Parameter;
    declare runningMean: nn.Buffer;
    declare inner: nn.Linear;
    bias: nn.Parameter | null = null;
    forward(x: Tensor): Tensor {
      return x.mul(this.scale);
    }
  }

  it('is assignment by name', () => {
    const module = new Empty();
    module.registerParameter('scale', new nn.Parameter(ones([1])));
    module.registerBuffer('runningMean', zeros([1]));
    module.registerBuffer('scratch', zeros([1]), { persistent: false });
    module.registerModule('inner', new nn.Linear(1, 1, { bias: false }));
    module.registerParameter('offset', null);
    module.registerParameter('bias', new nn.Parameter(ones([2])));
    expect(Object.keys(module.stateDict())).toEqual(['bias', 'scale', 'running_mean', 'inner.weight']);
    expect(module.namedBuffers().map(([name]) => name)).toEqual(['running_mean', 'scratch']);
    expect(module.forward(tensor([3])).item()).toBe(3);
  });

  it('has clear errors', () => {
    const module = new Empty();
    const parameter = new nn.Parameter(ones([1]));
    module.registerParameter('scale', parameter);
    expect(() => module.registerParameter('scale', parameter)).toThrow(
      '[registerParameter] expected name to be one that the module has not got yet but received "scale"',
    );
    expect(() => module.registerBuffer('forward', ones([1]))).toThrow(
      '[registerBuffer] expected name to be one that',
    );
    for (const name of ['', 'a.b', 1 as never]) {
      expect(() => module.registerModule(name, new nn.Identity())).toThrow(
        '[registerModule] expected name to be text without a dot but received',
      );
    }
    expect(() => module.registerParameter('x', ones([1]) as never)).toThrow(
      '[registerParameter] expected parameter to be a Parameter or null but received Tensor',
    );
    expect(() => module.registerBuffer('x', 1 as never)).toThrow('expected tensor to be a Tensor or null');
    expect(() => module.registerModule('x', 1 as never)).toThrow('expected module to be a Module or null');
  });
});

describe('containers', () => {
  it('ModuleList', () => {
    const [a, b, c, d] = [1, 2, 3, 4].map((n) => new nn.Linear(n, n, { bias: false }));
    const list = new nn.ModuleList([a!]);
    list.append(c!).extend([d!]).insert(1, b!);
    expect([...list]).toEqual([a, b, c, d]);
    expect([list.length, list.at(-1), list.at(7)]).toEqual([4, d, undefined]);
    expect(Object.keys(list.stateDict())).toEqual(['0.weight', '1.weight', '2.weight', '3.weight']);
    expect([list.pop(), list.pop(0), list.length]).toEqual([d, a, 2]);
    expect([...list.set(-1, d!)]).toEqual([b, d]);
    expect(String(list)).toBe(
      'ModuleList(\n  (0): Linear(inFeatures=2, outFeatures=2, bias=false)\n  (1): Linear(inFeatures=4, outFeatures=4, bias=false)\n)',
    );
    expect(() => (list as nn.Module<unknown>).forward(ones([1]))).toThrow(StateError);
    expect(() => list.append(1 as never)).toThrow('[ModuleList] expected item to be a Module but received 1');
    expect(() => list.insert(3, a!)).toThrow(
      '[ModuleList] expected index to be an integer from -2 to 2 but received 3',
    );
    expect(() => list.set(2, a!)).toThrow(ArgumentRangeError);
    expect(() => new nn.ModuleList([a!, 2 as never])).toThrow(
      '[ModuleList] expected modules[1] to be a Module but received 2',
    );
    expect(() => new nn.ModuleList(1 as never)).toThrow(ArgumentError);
    expect([...list]).toEqual([b, d]);
  });

  it('ModuleDict', () => {
    const dict = new nn.ModuleDict<nn.Module>({ first: new nn.ReLU() });
    const linear = new nn.Linear(1, 1, { bias: false });
    dict.set('Fc', linear).update([['again', linear]]);
    expect([...dict.keys()]).toEqual(['first', 'Fc', 'again']);
    expect([dict.size, dict.has('Fc'), dict.get('Fc'), dict.get('x')]).toEqual([3, true, linear, undefined]);
    expect([...dict].map(([name]) => name)).toEqual(['first', 'Fc', 'again']);
    expect(Object.keys(dict.stateDict())).toEqual(['Fc.weight', 'again.weight']);
    expect(dict.loadStateDict(dict.stateDict()).missingKeys).toEqual([]);
    expect(dict.parameters()).toHaveLength(1);
    expect(dict.pop('again')).toBe(linear);
    expect(() => dict.pop('again')).toThrow(
      '[ModuleDict] expected name to be one of first, Fc but received "again"',
    );
    expect(() => dict.set('a.b', linear)).toThrow(
      '[ModuleDict] expected name to be text without a dot but received "a.b"',
    );
    expect(() => dict.set('a', 1 as never)).toThrow('[ModuleDict] expected a to be a Module but received 1');
    expect(() => dict.forward()).toThrow(
      '[ModuleDict] expected its items to be called but forward of the container was',
    );
    dict.clear();
    expect(dict.size).toBe(0);
  });

  it('ParameterList and ParameterDict make parameters of tensors', () => {
    const parameter = new nn.Parameter(ones([1]));
    const list = new nn.ParameterList([ones([2]), parameter]);
    expect(list.at(0)).toBeInstanceOf(nn.Parameter);
    expect(list.at(1)).toBe(parameter);
    expect(list.parameters().every(({ requiresGrad }) => requiresGrad)).toBe(true);
    const dict = new nn.ParameterDict({ left: parameter });
    expect(dict.namedParameters().map(([name]) => name)).toEqual(['left']);
    expect(dict.namedParameters()[0]![1]).toBe(parameter);
    expect(() => new nn.ParameterList([tensor(Int32Array.of(1)) as never])).toThrow(
      '[ParameterList] expected parameters[0] to be a Parameter or a Tensor but received Tensor',
    );
  });

  it('Sequential changes as a list does', () => {
    const model = new nn.Sequential(new nn.ReLU());
    model.append(new nn.Flatten()).insert(0, new nn.Linear(2, 2));
    expect(model.children().map(({ constructor }) => constructor.name)).toEqual([
      'Linear',
      'ReLU',
      'Flatten',
    ]);
    expect(model.forward(ones([3, 2, 2])).shape).toEqual([3, 4]);
  });
});

describe('hooks', () => {
  it('run around forward wherever it is called, in order, until they are removed', () => {
    const model = new nn.Sequential(new nn.Linear(2, 2), new nn.ReLU());
    const seen: unknown[] = [];
    const relu = model.at(1)!;
    const handles = [
      relu.registerForwardPreHook(
        (module, inputs) => void seen.push(['pre', module === relu, inputs.length]),
      ),
      relu.registerForwardPreHook(() => void seen.push('first'), { prepend: true }),
      relu.registerForwardHook(
        (module, _, output) => void seen.push([module === relu, (output as Tensor).shape]),
      ),
    ];
    model.forward(ones([1, 2]));
    expect(seen).toEqual(['first', ['pre', true, 1], [true, [1, 2]]]);
    expect(Object.keys(model.stateDict())).toEqual(['0.weight', '0.bias']);
    handles.forEach((handle) => handle.remove());
    handles[0]!();
    expect(Object.hasOwn(relu, 'forward')).toBe(false);
    model.forward(ones([1, 2]));
    expect(seen).toHaveLength(3);
  });

  it('may give other inputs and another output', () => {
    const other = new nn.Identity();
    other.registerForwardPreHook((_, [x]) => (x as Tensor).mul(2));
    other.registerForwardHook((_, [x], y) => (y as Tensor).add(x as Tensor));
    expect(other.forward(ones([1])).item()).toBe(4);
  });

  it('keep a forward that is the instance’s own', () => {
    const identity = new nn.Identity();
    identity.forward = (x) => x.mul(5);
    const handle = identity.registerForwardHook((_, __, y) => (y as Tensor).add(1));
    expect(identity.forward(ones([1])).item()).toBe(6);
    handle.remove();
    expect(identity.forward(ones([1])).item()).toBe(5);
  });

  it('see gradients of outputs and inputs', () => {
    manualSeed(0);
    const linear = new nn.Linear(2, 1, { bias: false });
    noGrad(() => linear.weight.copy_(tensor([[3, 5]])));
    const seen: unknown[] = [];
    linear.registerFullBackwardPreHook((_, [g]) => {
      seen.push(['pre', g!.toArray()]);
      return [g!.mul(10)];
    });
    const handle = linear.registerFullBackwardHook((module, gradInput, gradOutput) => {
      seen.push([module === linear, gradInput.map((g) => g?.toArray()), gradOutput.map((g) => g?.toArray())]);
      return gradInput.map((g) => g?.mul(2) ?? null);
    });
    const x = tensor([[1, 1]], { requiresGrad: true });
    linear.forward(x).sum().backward();
    expect(seen).toEqual([
      ['pre', [[1]]],
      [true, [[[30, 50]]], [[[10]]]],
    ]);
    expect(Array.from(x.grad!)).toEqual([60, 100]);
    expect(Array.from(linear.weight.grad!)).toEqual([10, 10]);
    handle.remove();
    linear
      .forward(ones([1, 2]))
      .sum()
      .backward(); // no input wants a gradient
    expect(seen.slice(2)).toEqual([['pre', [[1]]]]);
  });

  it('see null for an input without a gradient, and nothing without recording', () => {
    const linear = new nn.Linear(2, 1);
    const seen: unknown[] = [];
    linear.registerFullBackwardHook(
      (_, gradInput, gradOutput) => void seen.push([gradInput, gradOutput.length]),
    );
    linear
      .forward(ones([1, 2]))
      .sum()
      .backward();
    expect(seen).toEqual([[[null], 1]]);
    expect(noGrad(() => linear.forward(ones([1, 2]))).requiresGrad).toBe(false);
  });

  it('work on a module that takes and returns several tensors', () => {
    class Two extends nn.Module<[Tensor, Tensor]> {
      forward(a: Tensor, scale: number, b: Tensor): [Tensor, Tensor] {
        return [a.mul(scale), b.mul(a)];
      }
    }
    const two = new Two();
    const seen: unknown[] = [];
    const gradients = (list: nn.Gradients): unknown => list.map((g) => g?.toArray() ?? null);
    two.registerFullBackwardHook((_, gradInput, gradOutput) => {
      seen.push([gradients(gradInput), gradients(gradOutput)]);
    });
    const [a, b] = [tensor([2], { requiresGrad: true }), tensor([3], { requiresGrad: true })];
    const [left, right] = two.forward(a, 4, b);
    left.add(right.mul(10)).backward();
    expect(seen).toEqual([
      [
        [[34], null, [20]],
        [[1], [10]],
      ],
    ]);
    expect([a.grad![0], b.grad![0]]).toEqual([34, 20]);
  });

  it('have clear errors', () => {
    const module = new nn.ReLU();
    expect(() => module.registerForwardHook(1 as never)).toThrow(
      '[registerForwardHook] expected hook to be a function but received 1',
    );
    expect(() => module.registerForwardPreHook(() => {}, { prepend: 1 as never })).toThrow(
      '[registerForwardPreHook] expected prepend to be true or false but received 1',
    );
    module.registerFullBackwardHook(() => []);
    const x = tensor([1], { requiresGrad: true });
    expect(() => F.relu(module.forward(x)).backward()).toThrow(
      'expected backward to return a gradient for each of 2 arguments but received 1',
    );
  });
});
