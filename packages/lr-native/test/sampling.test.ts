import { expect, it } from 'vitest';
import {
  Generator,
  bernoulli,
  manualSeed,
  multinomial,
  rand,
  randint,
  randn,
  randperm,
  tensor,
} from '../src/index.ts';

it('fills new tensors from the generator, in the order of the calls', () => {
  const g = new Generator(3);
  const expected = [
    g.uniform_(new Float32Array(6)),
    g.normal_(new Float32Array(20)),
    g.random_(new Int32Array(4), -2, 9),
    g.random_(new BigInt64Array(4), 0, 2 ** 40),
    g.randperm(7),
    g.bernoulli_(new Float32Array(3), Float32Array.of(0, 0.5, 1)),
    g.multinomial(Float32Array.of(1, 2, 3), 2),
    g.multinomial(Float32Array.of(1, 2, 3), 9, { replacement: true }),
  ];
  const draw = (generator?: Generator): { data: unknown }[] => [
    rand([2, 3], { generator }),
    randn([4, 5], { generator }),
    randint(-2, 9, [2, 2], { generator }),
    randint(0, 2 ** 40, [4], { generator, dtype: 'int64' }),
    randperm(7, { generator }),
    bernoulli(tensor([0, 0.5, 1]), { generator }),
    multinomial(tensor([1, 2, 3]), 2, { generator }),
    multinomial(tensor([1, 2, 3]), 9, { generator, replacement: true }),
  ];
  manualSeed(3);
  expect(draw().map(({ data }) => data)).toEqual(expected);
  expect(draw(new Generator(3)).map(({ data }) => data)).toEqual(expected);
});

it('gives shapes, types and gradients', () => {
  expect(rand([2, 3], { requiresGrad: true })).toMatchObject({
    shape: [2, 3],
    dtype: 'float32',
    requiresGrad: true,
  });
  expect(randn([])).toMatchObject({ shape: [], dtype: 'float32' });
  expect(randint(0, 5, [3])).toMatchObject({ shape: [3], dtype: 'int32' });
  expect(randint(0, 5, [3], { dtype: 'int64' })).toMatchObject({ shape: [3], dtype: 'int64' });
  expect(bernoulli(tensor([[1, 0]]))).toMatchObject({ shape: [1, 2], dtype: 'float32' });
});

it.each([
  ['shape', () => rand([-1]), '[rand] expected shape'],
  ['low', () => randint(5, 5, [1]), 'expected low to be < high (5) but received 5'],
  [
    'dtype',
    () => randint(0, 5, [1], { dtype: 'uint8' as never }),
    '[randint] expected dtype to be "int32" or "int64"',
  ],
  [
    'probabilities',
    () => bernoulli(tensor([2])),
    '[bernoulli_] expected every p to be a probability from 0 to 1',
  ],
  [
    'weights',
    () => multinomial(tensor([[1]]), 1),
    '[multinomial] expected weights to be a vector but received [1, 1]',
  ],
  [
    'weights type',
    () => multinomial([1] as never, 1),
    '[multinomial] expected weights to be a float32 Tensor',
  ],
])('refuses wrong %s', (_, call, text) => {
  expect(call).toThrow(text);
});
