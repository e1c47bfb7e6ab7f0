/** What only devices have: memory that is given back, two of them, errors. Skipped where there is none (`npm run test:emu`). */
import {
  Adafactor,
  Adam,
  AveragedModel,
  Muon,
  SGD,
  clipGradNorm,
  clipGradValue,
  emaAverage,
} from '@org/lr-core';
import { describe, expect, it } from 'vitest';
import {
  DataLoader,
  DeviceArray,
  DeviceError,
  F,
  Tensor,
  TensorDataset,
  compileStep,
  cudaEmptyCache,
  cudaInfo,
  cudaMemoryStats,
  cudaSynchronize,
  device,
  manualSeed,
  nn,
  ones,
  profile,
  setCudaPrecision,
  tensor,
  zeros,
} from '../src/index.ts';

const { name, devices, libraries, unavailable } = cudaInfo();
const first = name === 'cuda' ? 'cuda:0' : name;
const on = { device: first };

const arrayOf = (x: { readonly data: unknown }): DeviceArray => x.data as DeviceArray;

describe.skipIf(unavailable !== null)('a device', () => {
  it('is a name, with a number but for the first emulated one', () => {
    expect([device(name), device(`${name}:0`)]).toEqual([first, first]);
    expect(() => device(`${name}:${devices.length}`)).toThrow(DeviceError);
    expect(() => device(`${name}:${devices.length}`)).toThrow(
      `[device] expected device to be one that is there (cpu, ${first}`,
    );
    expect(() => device('cuda:x')).toThrow("'cpu', 'cuda' or 'cuda:N'");
    expect(devices.every((text) => text.length > 0)).toBe(true);
    expect(libraries.map((text) => /^(CUDA driver|cuBLAS|cuDNN)[: ]/.exec(text)?.[1])).toEqual([
      'CUDA driver',
      'cuBLAS',
      'cuDNN',
    ]);
  });

  it('has tensors of every element type, which come back as they were', () => {
    for (const values of [
      Float32Array.of(1, -0, NaN, 3e38),
      Float64Array.of(1, -0, NaN, 1e300),
      Int32Array.of(1, -2, 2 ** 31 - 1),
      BigInt64Array.of(1n, -(2n ** 63n)),
      Uint8Array.of(0, 255),
    ]) {
      const x = tensor(values as Float32Array, on);
      expect([x.device, x.data]).toEqual([first, expect.any(DeviceArray)]);
      expect(arrayOf(x).toTypedArray()).toEqual(values);
      expect(x.cpu().data).toEqual(values);
      expect(x.copy().cpu().data).toEqual(values);
    }
    const mask = tensor([1, 0], { dtype: 'bool', ...on });
    expect([mask.dtype, mask.toArray()]).toEqual(['bool', [1, 0]]);
    expect(arrayOf(tensor(Int32Array.of(1, 2), on)).toFloat32Array()).toEqual(Float32Array.of(1, 2));
  });

  it('keeps gradients where the values are, and to() takes them back', () => {
    const x = tensor([1, 2, 3], { requiresGrad: true, device: 'cpu' });
    const y = x.to(first).mul(x.to(first)).sum();
    expect(y.device).toBe(first);
    y.backward();
    expect(x.grad).toEqual(Float32Array.of(2, 4, 6));
    const z = tensor([1, 2], { requiresGrad: true, ...on });
    z.sum().backward();
    expect(z.grad).toBeInstanceOf(DeviceArray);
    z.grad = Float32Array.of(5, 6);
    expect([z.grad.length, (z.grad as unknown as DeviceArray).device]).toEqual([2, first]);
  });

  it('refuses to mix tensors of two devices, but for scalars of the CPU', () => {
    const [here, there] = [ones([2, 2], on), ones([2, 2], { device: 'cpu' })];
    for (const mix of [
      () => here.add(there),
      () => F.cat([here, there]),
      () => F.matmul(here, there),
      () => F.where(here.gt(0), here, there),
      () => F.mseLoss(here, there),
      () => F.eq(here, there),
      () => F.linear(here, there),
    ]) {
      expect(mix).toThrow(DeviceError);
      expect(mix).toThrow(/expected all tensors on one device but received (cpu and \S+|\S+ and cpu)$/);
    }
    const scalar = tensor(3, { device: 'cpu', requiresGrad: true });
    here.mul(scalar).sum().backward();
    expect([scalar.device, scalar.grad]).toEqual(['cpu', Float32Array.of(4)]);
  });

  it('refuses elements one by one, and memory that has been freed', () => {
    const array = arrayOf(ones([4], on));
    expect(array.length).toBe(4);
    const view = array.subarray(1, 3);
    array.free();
    expect([array.isFreed, view.isFreed]).toEqual([true, true]);
    for (const use of [
      () => array.toFloat32Array(),
      () => view.set(Float32Array.of(1, 2)),
      () => array.slice(),
    ]) {
      expect(use).toThrow(DeviceError);
      expect(use).toThrow('freed');
    }
    const x = new Tensor(array as unknown as Float32Array);
    expect(() => x.add(1)).toThrow(DeviceError);
    array[Symbol.dispose]();
    expect(() => array.subarray(0, 5)).toThrow();
    expect(() => DeviceArray.empty(first, 'float32', -1)).toThrow(TypeError);
  });

  it('says how much memory tensors take, and gives back what is freed or collected', () => {
    cudaEmptyCache(name);
    const before = cudaMemoryStats(name).allocated;
    const held = zeros([1 << 18], on);
    expect(cudaMemoryStats(name).allocated - before).toBeGreaterThanOrEqual(1 << 20);
    expect(cudaMemoryStats(name).peak).toBeGreaterThanOrEqual(before + (1 << 20));
    arrayOf(held).free();
    expect(cudaMemoryStats(name).allocated).toBe(before);
    (() => zeros([1 << 18], on))();
    cudaEmptyCache(name);
    const { allocated, reserved } = cudaMemoryStats(name);
    expect(allocated).toBe(before);
    expect(reserved).toBeGreaterThanOrEqual(allocated);
  });

  it('gives back the memory of what is forgotten in a synchronous loop', () => {
    cudaEmptyCache(name);
    const before = cudaMemoryStats(name).allocated;
    let most = 0;
    for (let i = 0; i < 800; i++) {
      DeviceArray.empty(first, 'float32', 1 << 20);
      if (i % 50 === 0) most = Math.max(most, cudaMemoryStats(name).peak - before);
    }
    // 3.4 GB have been allocated
    expect(most).toBeLessThan(800e6);
  });

  it('says that there is not enough memory, with what there is', () => {
    const most = 2 ** 31 - 1;
    expect(() => {
      const all: DeviceArray[] = [];
      for (let i = 0; i < 100; i++) all.push(DeviceArray.empty(first, 'float64', most));
    }).toThrow(
      /^expected \d+ bytes of memory on \S+ but there is not enough: tensors take \d+, the cache \d+$/,
    );
    cudaEmptyCache(name);
    expect(ones([2], on).sum().item()).toBe(2);
  });

  it.each([
    ['Adam', (model: nn.Module) => new Adam(model.parameters(), { lr: 0.05 })],
    ['SGD', (model: nn.Module) => new SGD(model.parameters(), { lr: 0.05, momentum: 0.9 })],
    ['Adafactor', (model: nn.Module) => new Adafactor(model.parameters(), { lr: 0.05 })],
    ['Muon', (model: nn.Module) => new Muon([model.parameters()[0]!], { lr: 0.05 })],
  ])('trains as the CPU does, with clipping: %s', (_, made) => {
    const run = (place: string): { losses: number[]; weights: unknown } => {
      manualSeed(3);
      const model = new nn.Sequential(new nn.Linear(6, 5), new nn.Tanh(), new nn.Linear(5, 3)).to('cpu');
      model.to(place);
      const optimizer = made(model);
      const x = F.reshape(
        tensor(
          Float32Array.from({ length: 24 }, (__, i) => (i % 7) / 7),
          { device: place },
        ),
        [4, 6],
      );
      const target = tensor(Int32Array.of(0, 1, 2, 1), { device: place });
      const losses = Array.from({ length: 5 }, () => {
        optimizer.zeroGrad();
        const loss = F.crossEntropy(model.forward(x) as Tensor, target);
        loss.backward();
        clipGradNorm(model.parameters(), 0.1);
        clipGradValue(model.parameters(), 0.05);
        optimizer.step();
        return loss.item();
      });
      expect(model.parameters().every((parameter) => parameter.device === place)).toBe(true);
      return { losses, weights: model.stateDict()['0.weight']!.toArray() };
    };
    const [here, there] = [run(first), run('cpu')];
    here.losses.forEach((loss, i) => expect(loss).toBeCloseTo(there.losses[i]!, 5));
    const flat = (weights: unknown): number[] => (weights as number[][]).flat();
    flat(here.weights).forEach((weight, i) => expect(weight).toBeCloseTo(flat(there.weights)[i]!, 4));
  });

  it('keeps the state of optimizers where the parameters are, and loads it there', () => {
    const made = (): { model: nn.Module; optimizer: Adam } => {
      manualSeed(1);
      const model = new nn.Linear(3, 2).to(first);
      return { model, optimizer: new Adam(model.parameters()) };
    };
    const { model, optimizer } = made();
    (model.forward(ones([1, 3], on)) as Tensor).sum().backward();
    optimizer.step();
    const state = [...optimizer.state.values()][0] as { expAvg: DeviceArray };
    expect(state.expAvg.device).toBe(first);
    const saved = JSON.parse(JSON.stringify(optimizer.stateDict())) as ReturnType<Adam['stateDict']>;
    const other = made();
    other.model.loadStateDict(JSON.parse(JSON.stringify(model.stateDict())) as nn.StateDict);
    other.optimizer.loadStateDict(saved);
    for (const each of [{ model, optimizer }, other]) {
      each.optimizer.zeroGrad();
      (each.model.forward(ones([1, 3], on)) as Tensor).mul(2).sum().backward();
      each.optimizer.step();
    }
    expect(other.model.stateDict()['weight']!.data).toEqual(model.stateDict()['weight']!.data);
    const averaged = new AveragedModel(model.parameters(), { average: emaAverage(0.5) });
    averaged.updateParameters();
    expect(averaged.params[0]!.data).toEqual(model.stateDict()['weight']!.data);
  });

  it('replays captured steps on other data, masks and targets of its own', () => {
    const sides = [false, true].map((compiles) => {
      manualSeed(5);
      const model = new nn.Sequential(new nn.Linear(4, 8), new nn.BatchNorm1d(8), new nn.ReLU(), new nn.Dropout(0.5), new nn.Linear(8, 3)); // prettier-ignore
      model.to(first);
      const loss = new nn.CrossEntropyLoss();
      const optimizer = new Adam(model.parameters(), { lr: 0.01 });
      const captured = compileStep({ model, loss, optimizer, clipGradNorm: 1 });
      const eager = (x: Tensor, target: Tensor<'int32'>): number => {
        optimizer.zeroGrad();
        const value = loss.forward(model.forward(x) as Tensor, target);
        value.backward();
        clipGradNorm(model.parameters(), 1);
        optimizer.step();
        return value.item();
      };
      manualSeed(6);
      const losses = Array.from({ length: 6 }, (_, step) => {
        const x = tensor(Float32Array.from({ length: 24 }, (__, i) => Math.fround(((i + step) % 5) - 2)), { shape: [6, 4], ...on }); // prettier-ignore
        const target = tensor(
          Int32Array.from({ length: 6 }, (__, i) => (i + step) % 3),
          on,
        );
        return compiles ? captured(x, target as never) : eager(x, target as Tensor<'int32'>);
      });
      return { losses, state: model.stateDict() };
    });
    expect(sides[1]!.losses).toEqual(sides[0]!.losses);
    for (const [key, { data }] of Object.entries(sides[0]!.state))
      expect(sides[1]!.state[key]!.data, key).toEqual(data);
  });

  it('gets batches from a loader, of data on the host or its own', () => {
    const y = tensor(
      Int32Array.from({ length: 5 }, (_, i) => i),
      { device: 'cpu' },
    );
    const rows = F.reshape(y.asType('float32'), [5, 1]);
    for (const dataset of [new TensorDataset(rows, y), new TensorDataset(rows.to(first), y.to(first))]) {
      const loader = new DataLoader(dataset as never, { batchSize: 2, ...on });
      const batches = [...loader] as unknown as [Tensor, Tensor<'int32'>][];
      expect(batches.map(([x]) => x.device)).toEqual([first, first, first]);
      expect(batches.flatMap(([, labels]) => labels.toArray())).toEqual([0, 1, 2, 3, 4]);
      expect(batches.flatMap(([x]) => x.toArray())).toEqual([[0], [1], [2], [3], [4]]);
    }
  });

  it('prints its name where new tensors are elsewhere', () => {
    const isDefault = (process.env['LR_DEVICE'] ?? 'cpu') === name;
    expect(String(ones([1], on)).includes(`device: ${first}`)).toBe(!isDefault);
  });

  it('takes its time in a profile, and options of its precision', () => {
    expect(() => setCudaPrecision({ tf32: 1 as never })).toThrow('tf32');
    setCudaPrecision({ tf32: true });
    setCudaPrecision({});
    const x = ones([8, 8], on);
    const { rows } = profile(() => F.matmul(x, x));
    expect(rows).toMatchObject([{ calls: 1 }]);
    cudaSynchronize(name);
  });
});

describe.skipIf(unavailable !== null || devices.length < 2)('two devices', () => {
  const second = `${name}:1`;

  it('do not mix, and copy to one another', () => {
    const [a, b] = [ones([3], on), ones([3], { device: second })];
    expect(() => a.add(b)).toThrow(
      `[add] expected all tensors on one device but received ${first} and ${second}`,
    );
    const moved = a.to(second);
    expect([moved.device, moved.add(b).toArray()]).toEqual([second, [2, 2, 2]]);
    const before = cudaMemoryStats(second).allocated;
    const more = zeros([1 << 16], { device: second });
    expect(cudaMemoryStats(second).allocated - before).toBeGreaterThanOrEqual(1 << 18);
    expect(more.sum().item()).toBe(0);
  });

  it('train a model each', () => {
    for (const place of [first, second]) {
      const model = new nn.Linear(2, 1).to(place);
      const optimizer = new SGD(model.parameters(), { lr: 0.1 });
      const step = compileStep({ model, loss: new nn.MSELoss(), optimizer });
      const [x, target] = [ones([1, 2], { device: place }), zeros([1, 1], { device: place })];
      const losses = Array.from({ length: 4 }, () => step(x, target));
      expect(losses[3]!).toBeLessThan(losses[0]!);
    }
  });
});
