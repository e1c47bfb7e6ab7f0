/** Models, inputs and error bounds that the tests share. */
import { F, nn, noGrad, tensor } from '@org/lr-native';
import type { Tensor } from '@org/lr-native';

/** The same numbers in every run, in [-1, 1). */
export function input(shape: readonly number[], seed = 1): Tensor {
  let state = seed;
  const data = Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2147483648 - 1;
  });
  return tensor(data, { shape });
}

/**
 * How far two float32 engines may lie apart at each output: 2·eps·sqrt(K) of the sum of the magnitudes that are added
 * up there, once for each parameter, where K is the number of products in the longest sum; equal bits without parameters. The magnitudes come from the
 * model itself with the absolute values of its weights and its input.
 */
export function bounds(model: nn.Module, x: Tensor): number[] {
  const parameters = model.parameters();
  const weights = parameters.map((parameter) => parameter.data);
  const absolute = (values: Float32Array): Float32Array => tensor(values.map(Math.abs)).data;
  for (const parameter of parameters) parameter.data = absolute(parameter.data);
  try {
    const magnitudes = noGrad(() => model.forward(F.abs(x)));
    const longest = Math.max(
      1,
      ...parameters.map(({ shape }) => shape.slice(1).reduce((k, size) => k * size, 1) + 1),
    );
    return Array.from(
      magnitudes.data,
      (size) => 2 * parameters.length * Math.sqrt(longest) * 2 ** -23 * size,
    );
  } finally {
    parameters.forEach((parameter, i) => (parameter.data = weights[i]!));
  }
}

/** The largest of |actual - expected| / bound; NaN where anything is NaN. */
export function excess(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  bound: readonly number[],
): number {
  if (actual.length !== expected.length) return NaN;
  return Math.max(
    ...bound.map((limit, i) => {
      const difference = Math.abs(actual[i]! - expected[i]!);
      return difference === 0 ? 0 : difference / limit;
    }),
  );
}

/** The MNIST network of the README, smaller. */
export function cnn(): nn.Sequential {
  return new nn.Sequential(
    new nn.Conv2d(1, 8, 3),
    new nn.ReLU(),
    new nn.Conv2d(8, 16, 3),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(16 * 5 * 5, 32),
    new nn.ReLU(),
    new nn.Linear(32, 10),
  );
}
