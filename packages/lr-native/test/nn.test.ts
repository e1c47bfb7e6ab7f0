import { SGD } from '@org/lr-core';
import { describe, expect, it } from 'vitest';
import { Generator, Tensor, manualSeed, nn, noGrad, ones, tensor, zeros } from '../src/index.ts';
import { hostOf } from '../src/device-array.ts';
import { bytesOf } from '../src/dtype.ts';

class Net extends nn.Module {
  readonly convOne = new nn.Conv2d(1, 2, 3);
  readonly head = new nn.Sequential(new nn.Flatten(), new nn.Linear(8, 3));
  readonly runningMean = new nn.Buffer(zeros([2]));
  readonly scratch = new nn.Buffer(zeros([1]), false);
  readonly scale = new nn.Parameter(ones([1]));
  readonly note = tensor([1]);

  forward(x: Tensor): Tensor {
    return this.head.forward(this.convOne.forward(x)).mul(this.scale);
  }
}

describe('Module', () => {
  it('lists parameters, buffers and children by PyTorch’s names', () => {
    const net = new Net();
    expect(net.namedParameters().map(([name, { shape }]) => [name, shape])).toEqual([
      ['scale', [1]],
      ['conv_one.weight', [2, 1, 3, 3]],
      ['conv_one.bias', [2]],
      ['head.1.weight', [3, 8]],
      ['head.1.bias', [3]],
    ]);
    expect(net.namedBuffers().map(([name]) => name)).toEqual(['running_mean', 'scratch']);
    expect(Object.keys(net.stateDict())).toEqual([
      'scale',
      'running_mean',
      'conv_one.weight',
      'conv_one.bias',
      'head.1.weight',
      'head.1.bias',
    ]);
    expect(net.children()).toEqual([net.convOne, net.head]);
    expect(net.namedModules().map(([name]) => name)).toEqual(['', 'conv_one', 'head', 'head.0', 'head.1']);
    expect(net.parameters().every((p) => p.requiresGrad && p.isLeaf)).toBe(true);
  });

  it('lists a shared parameter once', () => {
    const a = new nn.Linear(2, 2);
    const b = new nn.Linear(2, 2);
    b.weight = a.weight;
    const both = new nn.Sequential(a, b, a);
    expect(both.namedParameters().map(([name]) => name)).toEqual(['0.weight', '0.bias', '1.bias']);
    expect(Object.keys(both.stateDict())).toEqual([
      '0.weight',
      '0.bias',
      '1.weight',
      '1.bias',
      '2.weight',
      '2.bias',
    ]);
    expect(both.children()).toEqual([a, b]);
    expect(both.namedModules({ removeDuplicate: false }).map(([name]) => name)).toEqual(['', '0', '1', '2']);
    expect(both.namedParameters({ removeDuplicate: false })).toHaveLength(6);
  });

  it('switches modes and gradients, here and below', () => {
    const net = new Net();
    expect(net.eval()).toBe(net);
    expect(net.modules().some(({ training }) => training)).toBe(false);
    expect(net.train().head.at(1)!.training).toBe(true);
    net.requiresGrad_(false);
    expect(net.parameters().some(({ requiresGrad }) => requiresGrad)).toBe(false);
    net.requiresGrad_();
    net
      .forward(ones([1, 1, 4, 4]))
      .sum()
      .backward();
    expect(net.parameters().every(({ grad }) => grad !== null)).toBe(true);
    net.zeroGrad({ setToNone: false });
    expect(Array.from(net.scale.grad!)).toEqual([0]);
    net.zeroGrad();
    expect(net.scale.grad).toBeNull();
    const visited: string[] = [];
    net.apply((module) => visited.push(module.constructor.name));
    expect(visited).toEqual(['Conv2d', 'Flatten', 'Linear', 'Sequential', 'Net']);
  });

  it('prints as a tree', () => {
    const model = new nn.Sequential(
      new nn.Conv2d(1, 2, 3, { stride: 2, padding: [1, 0], groups: 1, bias: false }),
      new nn.Sequential(new nn.ReLU(), new nn.MaxPool2d(2)),
    );
    expect(String(model)).toBe(
      [
        'Sequential(',
        '  (0): Conv2d(1, 2, kernelSize=[3, 3], stride=[2, 2], padding=[1, 0], bias=false)',
        '  (1): Sequential(',
        '    (0): ReLU()',
        '    (1): MaxPool2d(kernelSize=[2, 2], stride=[2, 2], padding=[0, 0], dilation=[1, 1], ceilMode=false)',
        '  )',
        ')',
      ].join('\n'),
    );
  });
});

describe('state dicts', () => {
  const made = (): nn.Module => new nn.Sequential(new nn.Linear(2, 3), new nn.ReLU(), new nn.Linear(3, 1));

  it('share no memory with the module', () => {
    const model = made();
    const state = model.stateDict();
    const before = structuredClone(state['0.weight']!.data);
    new SGD(model.parameters(), { lr: 1 }).zeroGrad();
    model.parameters()[0]!.data.fill(7);
    expect(state['0.weight']!.data).toEqual(before);
  });

  it.each<[string, (state: nn.StateDict) => Record<string, nn.TensorLike>]>([
    ['as they are', (state) => state],
    ['structuredClone', (state) => structuredClone(state)],
    ['JSON', (state) => JSON.parse(JSON.stringify(state)) as Record<string, nn.TensorLike>],
  ])('load: %s', (_, pass) => {
    const [a, b] = [made(), made()];
    a.parameters()[0]!.data.set([NaN, Infinity, -Infinity, -0]);
    const arrays = b.parameters().map(({ data }) => data);
    expect(b.loadStateDict(pass(a.stateDict()))).toEqual({ missingKeys: [], unexpectedKeys: [] });
    expect(b.parameters().map(({ data }) => data)).toEqual(a.parameters().map(({ data }) => data));
    b.parameters().forEach(({ data }, i) => expect(data).toBe(arrays[i]));
  });

  it('load nothing where anything does not fit', () => {
    const model = made();
    const before = JSON.stringify(model.stateDict());
    const state = made().stateDict();
    const { '0.weight': weight, ...rest } = state;
    const load = (value: unknown, options?: nn.LoadOptions) => () =>
      model.loadStateDict(value as nn.StateDict, options);
    expect(load(rest)).toThrow(
      '[loadStateDict] expected the names of this Sequential but received a state without ["0.weight"]',
    );
    expect(load({ ...state, extra: weight })).toThrow('received a state with unknown ["extra"]');
    expect(load({ ...rest, extra: weight })).toThrow('without ["0.weight"] and with unknown ["extra"]');
    expect(load({ ...state, '2.weight': zeros([3, 1]) })).toThrow(
      '[loadStateDict] expected 2.weight to be of shape [1, 3] but received [3, 1]',
    );
    expect(load({ ...state, '2.weight': [1, 2, 3] })).toThrow(
      '[loadStateDict] expected 2.weight to be a tensor but received [1, 2, 3]',
    );
    expect(load(null)).toThrow('[loadStateDict] expected state to be a record of tensors but received null');
    expect(JSON.stringify(model.stateDict())).toBe(before);
    expect(load({ ...rest, extra: weight }, { strict: false })()).toEqual({
      missingKeys: ['0.weight'],
      unexpectedKeys: ['extra'],
    });
  });
});

describe('memory of Sequential without a graph', () => {
  const deep = (): nn.Sequential => {
    manualSeed(3);
    return new nn.Sequential(
      new nn.Conv2d(1, 4, 3, { padding: 1 }),
      new nn.ReLU(),
      new nn.Dropout(0.5),
      new nn.Conv2d(4, 4, 3, { padding: 1 }),
      new nn.ReLU(),
      new nn.Flatten(),
      new nn.Linear(4 * 64 * 64, 16),
      new nn.Tanh(),
    ).eval();
  };
  const x = (): Tensor =>
    tensor(new Generator(1).normal_(new Float32Array(2 * 64 * 64)), { shape: [2, 1, 64, 64] });
  /** A comparison of large arrays by expect takes seconds. */
  const bytes = ({ data }: Tensor): Uint8Array => bytesOf(hostOf(data));
  const isSame = (a: Tensor, b: Tensor): boolean => Buffer.compare(bytes(a), bytes(b)) === 0;
  const layerByLayer = (model: nn.Sequential, input: Tensor): Tensor[] => {
    const outputs = [input];
    for (const layer of model) outputs.push(layer.forward(outputs.at(-1)!));
    return outputs;
  };

  it('changes neither results nor what is held', () => {
    const model = deep();
    const [input, expected] = [x(), layerByLayer(model, x())];
    const outputs = noGrad(() => [model.forward(input), model.forward(input), model.forward(x())]);
    for (const output of outputs) expect(isSame(output, expected.at(-1)!)).toBe(true);
    expect(isSame(input, x())).toBe(true);
  });

  it('keeps what a module, a hook or a replaced forward may hold', () => {
    class Holder extends nn.ReLU {
      held: Tensor[] = [];
      override forward(input: Tensor): Tensor {
        const output = super.forward(input);
        this.held.push(input, output);
        return output;
      }
    }
    const expected = layerByLayer(deep(), x());
    for (const layer of [0, 1, 3, 4, 5, 6]) {
      const model = deep();
      const held: Tensor[] = [];
      const module = model.at(layer)!;
      if (layer === 1 || layer === 4) {
        const holder = new Holder();
        holder.held = held;
        model.set(layer, holder);
      } else if (layer === 3) {
        module.registerForwardHook((_, [input], output) => void held.push(input as Tensor, output as Tensor));
      } else {
        const forward = module.forward.bind(module) as (input: Tensor) => Tensor;
        module.forward = (input: Tensor) => {
          const output = forward(input);
          held.push(input, output);
          return output;
        };
      }
      noGrad(() => [model.forward(x()), model.forward(x())]);
      held.forEach((tensor, i) =>
        expect(isSame(tensor, expected[layer + (i % 2)]!), `${layer} ${i}`).toBe(true),
      );
    }
  });

  it('passes on what is no tensor', () => {
    class Pair extends nn.Module<Tensor[]> {
      forward(input: Tensor): Tensor[] {
        return [input, input];
      }
    }
    class Second extends nn.Module {
      forward([, input]: Tensor[]): Tensor {
        return input!;
      }
    }
    const model = new nn.Sequential(new nn.Tanh(), new Pair() as unknown as nn.Module, new Second());
    const [input, expected] = [x(), model.forward(x())];
    expect(
      isSame(
        noGrad(() => model.forward(input)),
        expected,
      ),
    ).toBe(true);
  });

  it('keeps the input that a first module gives on', () => {
    const model = new nn.Sequential(new nn.Flatten(), new nn.Tanh(), new nn.Tanh());
    const input = x();
    noGrad(() => [model.forward(input), model.forward(input)]);
    expect(isSame(input, x())).toBe(true);
  });
});
