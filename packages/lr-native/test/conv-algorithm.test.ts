/** Who chooses the algorithm of a convolution, and what each one promises. */
import { afterEach, expect, test } from 'vitest';
import { F, Generator, nn, tensor } from '../src/index.ts';
import type { ConvAlgorithm, Tensor } from '../src/index.ts';
import { onCpu } from './on-cpu.ts';

const algorithms: ConvAlgorithm[] = ['auto', 'direct', 'winograd2', 'winograd4'];
const generator = new Generator(1);
const draw = (shape: number[], value: () => number): Tensor => {
  const size = shape.reduce((a, b) => a * b);
  return tensor(Float32Array.from({ length: size }, value), { shape });
};
const fraction = () => generator.random() / 4294967296;
const uniform = () => 2 * fraction() - 1;
const integer = () => Math.floor(7 * fraction()) - 3;

/** Output and gradients of a convolution of 3 by 3 with padding 1 */
function passes(x: Tensor, weight: Tensor, convAlgorithm?: ConvAlgorithm): number[][] {
  const leaves = [x, weight].map((t) => tensor(t.data.slice(), { shape: t.shape, requiresGrad: true }));
  const y = F.conv2d(leaves[0]!, leaves[1]!, null, { padding: 1, convAlgorithm });
  y.mul(y).sum().backward();
  return [y.data as Float32Array, leaves[0]!.grad!, leaves[1]!.grad!].map((values) => Array.from(values));
}

afterEach(() => F.setConvAlgorithm('auto'));

const x = draw([2, 32, 9, 10], uniform);
const weight = draw([32, 32, 3, 3], uniform);

test.runIf(onCpu)('auto is winograd4 from 32 channels on and direct below', () => {
  expect(passes(x, weight)).toEqual(passes(x, weight, 'winograd4'));
  expect(passes(x, weight)).not.toEqual(passes(x, weight, 'direct'));
  const few = draw([31, 32, 3, 3], uniform);
  expect(passes(x, few)).toEqual(passes(x, few, 'direct'));
});

test.runIf(onCpu)('the algorithms differ, in their order of operations alone', () => {
  const direct = passes(x, weight, 'direct');
  for (const algorithm of ['winograd2', 'winograd4'] as const) {
    const results = passes(x, weight, algorithm);
    expect(results).not.toEqual(direct);
    results.forEach((values, i) => {
      const largest = Math.max(...direct[i]!.map(Math.abs));
      const error = Math.max(...values.map((value, j) => Math.abs(value - direct[i]![j]!)));
      // sqrt(K) of the 288 products of an output, their gradients' errors included, times the algorithm's factor 94/9
      expect(error).toBeLessThan(2 ** -24 * Math.sqrt(288) * (94 / 9) * largest);
    });
  }
});

test('the global choice holds where a call or module has none', () => {
  expect(F.getConvAlgorithm()).toBe('auto');
  for (const algorithm of algorithms) {
    F.setConvAlgorithm(algorithm);
    expect(F.getConvAlgorithm()).toBe(algorithm);
    expect(passes(x, weight)).toEqual(passes(x, weight, algorithm));
    expect(passes(x, weight, 'direct')).toEqual(passes(x, weight, 'direct'));
  }
  const output = (module: nn.Conv2d) => {
    module.weight = new nn.Parameter(weight);
    return Array.from(module.forward(x).data as Float32Array);
  };
  F.setConvAlgorithm('direct');
  const options = { padding: 1, bias: false };
  expect(output(new nn.Conv2d(32, 32, 3, options))).toEqual(passes(x, weight, 'direct')[0]);
  const own = new nn.Conv2d(32, 32, 3, { ...options, convAlgorithm: 'winograd2' });
  expect(output(own)).toEqual(passes(x, weight, 'winograd2')[0]);
  expect(String(own)).toContain("convAlgorithm='winograd2'");
});

test('a convolution that Winograd does not fit is direct', () => {
  const options = { stride: 2 };
  const direct = F.conv2d(x, weight, null, { ...options, convAlgorithm: 'direct' });
  for (const convAlgorithm of algorithms) {
    expect(F.conv2d(x, weight, null, { ...options, convAlgorithm }).data).toEqual(direct.data);
  }
});

test('direct and winograd2 are exact on small integers', () => {
  const [images, kernels] = [draw([1, 32, 8, 8], integer), draw([32, 32, 3, 3], integer)];
  expect(passes(images, kernels, 'winograd2')).toEqual(passes(images, kernels, 'direct'));
});

test('an infinity reaches the outputs that read it, with winograd its tile', () => {
  const image = draw([1, 32, 12, 12], uniform);
  image.data[13 * 5] = Infinity; // channel 0, row 5, column 5
  const finite = (convAlgorithm: ConvAlgorithm) =>
    Array.from(F.conv2d(image, weight, null, { padding: 1, convAlgorithm }).data as Float32Array)
      .slice(0, 144)
      .map(Number.isFinite);
  const inside = (row: number, col: number, low: number, high: number) =>
    row >= low && row < high && col >= low && col < high;
  const expected = (low: number, high: number) =>
    Array.from({ length: 144 }, (_, i) => !inside(Math.floor(i / 12), i % 12, low, high));
  expect(finite('direct')).toEqual(expected(4, 7));
  // The tiles of 4 whose 6 rows and columns include 5: outputs 4 to 7; rows 3 to 8 are read
  if (onCpu) expect(finite('winograd4')).toEqual(expected(4, 8));
});
