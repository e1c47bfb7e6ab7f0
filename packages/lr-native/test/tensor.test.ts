import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Parameter } from '@org/lr-core';
import {
  cudaInfo,
  device,
  DeviceError,
  fromTypedArray,
  full,
  ones,
  Tensor,
  tensor,
  zeros,
} from '../src/index.ts';
import type { DType } from '../src/index.ts';

describe('tensor', () => {
  it.each<[unknown, number[], string]>([
    [3, [], 'float32'],
    [[1, 2, 3], [3], 'float32'],
    [
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      [3, 2],
      'float32',
    ],
    [[[], []], [2, 0], 'float32'],
    [Float32Array.of(1, 2), [2], 'float32'],
    [Float64Array.of(1, 2), [2], 'float64'],
    [Int32Array.of(1, 2), [2], 'int32'],
    [BigInt64Array.of(1n, 2n), [2], 'int64'],
    [Uint8Array.of(1, 2), [2], 'uint8'],
  ])('%s', (values, shape, dtype) => {
    const x = tensor(values as number[]);
    expect(x.shape).toEqual(shape);
    expect(x.dtype).toBe(dtype);
    expect(x.size).toBe(shape.reduce((a, b) => a * b, 1));
  });

  it('copies, fromTypedArray does not', () => {
    const values = Float32Array.of(1, 2, 3, 4);
    const x = tensor(values, { shape: [2, 2], requiresGrad: true });
    const y = fromTypedArray(values, [2, 2]);
    values[0] = 9;
    expect(x.toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(y.toArray()).toEqual([
      [9, 2],
      [3, 4],
    ]);
    expect(x.requiresGrad).toBe(true);
  });

  it('takes a shape, a type, a device', () => {
    expect(tensor(5, { shape: [] }).item()).toBe(5);
    expect(tensor([5], { shape: [1, 1] }).toArray()).toEqual([[5]]);
    expect(tensor([1.7, -1.7], { dtype: 'int32' }).toArray()).toEqual([1, -1]);
    expect(tensor([1], { device: 'cpu' }).device).toBe('cpu');
    expect(tensor([1, 0]).asType('int64').data).toEqual(BigInt64Array.of(1n, 0n));
  });

  it('is a parameter of lr-core', () => {
    const parameter: Parameter = tensor([1], { requiresGrad: true });
    expect(parameter.grad).toBeNull();
  });

  it.each<[string, () => unknown, string]>([
    [
      'text',
      () => tensor('1' as never),
      '[tensor] expected values to be numbers, nested arrays of them or a typed array but received "1"',
    ],
    [
      'ragged',
      () => tensor([[1, 2], [3]]),
      '[tensor] expected values to be arrays of 2 items in dimension 1 but received [3]',
    ],
    [
      'mixed',
      () => tensor([1, [2]]),
      '[tensor] expected values to be numbers, nested arrays of them or a typed array but received [2]',
    ],
    [
      'shape',
      () => tensor([1, 2, 3], { shape: [2, 2] }),
      '[tensor] expected shape to be one of 3 elements but received [2, 2]',
    ],
    [
      'negative',
      () => tensor([1], { shape: [-1] }),
      '[tensor] expected shape to be an array of integers >= 0 but received [-1]',
    ],
    [
      'dtype',
      () => tensor([1], { dtype: 'float16' as never }),
      '[tensor] expected dtype to be one of float32, float64, int32, int64, uint8, bool but received "float16"',
    ],
    [
      'device',
      () => tensor([1], { device: 'gpu' }),
      "[tensor] expected device to be 'cpu', 'cuda' or 'cuda:N' but received \"gpu\"",
    ],
    ['item', () => tensor([1, 2]).item(), '[item] expected the tensor to be of one element but received [2]'],
    [
      'zeros',
      () => zeros([1.5]),
      '[zeros] expected shape to be an array of integers >= 0 but received [1.5]',
    ],
    ['full', () => full([1], 'x' as never), '[full] expected value to be a number but received "x"'],
    [
      'wrap',
      () => fromTypedArray(new Uint16Array(1) as never),
      '[Tensor] expected data to be a typed array (float32, float64, int32, int64, uint8, bool) but received Uint16Array(1)',
    ],
  ])('refuses a wrong %s', (_, wrong, text) => {
    expect(wrong).toThrow(text);
  });

  it.skipIf(cudaInfo().unavailable === null)('says that there is no CUDA', () => {
    for (const use of [
      () => tensor([1], { device: 'cuda' }),
      () => device('cuda:1'),
      () => ones([1]).to('cuda'),
    ]) {
      expect(use).toThrow(DeviceError);
      expect(use).toThrow(/this build of the addon has no CUDA/);
    }
  });
});

describe('methods', () => {
  it('are the functions, with dimensions alone or as options', () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    expect(x.add(1).sub(x).mul(3).div(2).toArray()).toEqual([
      [1.5, 1.5],
      [1.5, 1.5],
    ]);
    expect(x.sum(0).toArray()).toEqual(x.sum({ dim: 0 }).toArray());
    expect(x.mean([0, 1]).item()).toBe(2.5);
    expect(x.cat([x], 1).toArray()).toEqual([
      [1, 2, 1, 2],
      [3, 4, 3, 4],
    ]);
    expect(x.cat([x], { dim: -1 }).shape).toEqual([2, 4]);
    expect(x.transpose(0, 1).matmul(x).toArray()).toEqual([
      [10, 14],
      [14, 20],
    ]);
    expect(x.reshape([4]).relu().flatten().shape).toEqual([4]);
    expect(x.reshape([1, 4]).data).toBe(x.data);
  });
});

describe('what a tensor shows', () => {
  it.each<[Tensor<DType>, string]>([
    [tensor(1.5, { shape: [] }), 'tensor(1.5000, shape: [], dtype: float32)'],
    [
      tensor([
        [1, 2.5],
        [-3, 1e-7],
      ]),
      'tensor([[ 1.0000e+00,  2.5000e+00],\n        [-3.0000e+00,  1.0000e-07]], shape: [2, 2], dtype: float32)',
    ],
    [tensor([0.25, -10, 1 / 3]), 'tensor([  0.2500, -10.0000,   0.3333], shape: [3], dtype: float32)'],
    [tensor([0, -0, 0.5]), 'tensor([ 0.0000, -0.0000,  0.5000], shape: [3], dtype: float32)'],
    [tensor([-7, 1000000]), 'tensor([     -7, 1000000], shape: [2], dtype: float32)'],
    [tensor([2 ** 30, 1]), 'tensor([1.0737e+09, 1.0000e+00], shape: [2], dtype: float32)'],
    [tensor([1e-20, 1e-30]), 'tensor([1.0000e-20, 1.0000e-30], shape: [2], dtype: float32)'],
    [tensor(Float64Array.of(1e200, 1)), 'tensor([1.0000e+200,  1.0000e+00], shape: [2], dtype: float64)'],
    [tensor([0.5, NaN, -Infinity]), 'tensor([   0.5000,       NaN, -Infinity], shape: [3], dtype: float32)'],
    [tensor([1, 0, 1], { dtype: 'bool' }), 'tensor([ true, false,  true], shape: [3], dtype: bool)'],
    [tensor(Int32Array.of(1, 2)), 'tensor([1, 2], shape: [2], dtype: int32)'],
    [tensor([NaN, -0, Infinity]), 'tensor([     NaN,       -0, Infinity], shape: [3], dtype: float32)'],
    [tensor([1], { requiresGrad: true }).mul(2), 'tensor([2], shape: [1], dtype: float32, gradFn: mul)'],
    [tensor([1], { requiresGrad: true }), 'tensor([1], shape: [1], dtype: float32, requiresGrad: true)'],
    [zeros([2000]), 'tensor([0, 0, 0, …, 0, 0, 0], shape: [2000], dtype: float32)'],
    [zeros([0, 2]), 'tensor([], shape: [0, 2], dtype: float32)'],
  ])('%s', (x, text) => {
    expect(inspect(x)).toBe(text);
  });

  it('separates matrices by an empty line', () => {
    expect(inspect(zeros([2, 2, 1]))).toContain('[[[0],\n         [0]],\n\n        [[0],\n         [0]]]');
  });

  it('becomes JSON, with what is not finite as text', () => {
    expect(JSON.parse(JSON.stringify(tensor([1, NaN, -Infinity])))).toEqual({
      dtype: 'float32',
      shape: [3],
      data: [1, 'NaN', '-Infinity'],
    });
    expect(JSON.parse(JSON.stringify(tensor(BigInt64Array.of(2n))))).toMatchObject({ data: ['2'] });
  });
});
