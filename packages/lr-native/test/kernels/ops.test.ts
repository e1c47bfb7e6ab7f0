/**
 * Values and all gradients of every op against PyTorch's, which test/generate/ops.py computed in float64.
 * The bound of an element that sums K products is a few eps · sqrt(K) of the largest magnitude.
 */
import { describe, expect, it } from 'vitest';
import { device } from '../../src/index.ts';
import { decode, opFixtures, runCase } from '../op-fixtures.ts';

const EPS = 2 ** -24;

/**
 * The largest error in units of eps · sqrt(terms) · the largest finite magnitude, at least `floor`; NaN and infinities
 * have to be equal.
 */
function errorOf(given: ArrayLike<number>, expected: Float32Array, terms: number, floor: number): number {
  const actual = Array.from(given);
  expect(actual.length).toBe(expected.length);
  const scale = expected
    .filter(Number.isFinite)
    .reduce((max, value) => Math.max(max, Math.abs(value)), floor);
  let worst = 0;
  for (let i = 0; i < actual.length; i++) {
    if (actual[i] === expected[i] || (Number.isNaN(actual[i]) && Number.isNaN(expected[i]))) continue;
    const error = Math.abs(actual[i]! - expected[i]!);
    worst = Number.isNaN(error) ? Infinity : Math.max(worst, error);
  }
  return worst === 0 ? 0 : worst / (EPS * Math.sqrt(terms) * scale);
}

describe.each(opFixtures())('%s', (_, cases) => {
  it.each(
    cases.map(
      (c, i) =>
        [
          `${i} ${c.op} ${c.inputs.map((x) => `[${x.shape}]`).join(' ')} ${JSON.stringify(c.options)}`,
          c,
        ] as const,
    ),
  )('%s', (__, c) => {
    const { y, dtype, grads, terms, floor = [0, 0] } = c;
    const [inputs, actual] = runCase(c);
    expect(actual.shape).toEqual(y.shape);
    expect(actual.device).toBe(device(process.env['LR_DEVICE'] ?? 'cpu'));
    const values = actual.dtype === 'int64' ? actual.asType('float64') : actual;
    expect(errorOf(values.data as Float64Array, decode(y), terms[0]!, floor[0])).toBeLessThanOrEqual(4);
    if (dtype !== undefined) expect([actual.dtype, actual.requiresGrad]).toEqual([dtype, false]);
    grads.forEach((grad, i) => {
      if (grad === null) expect(inputs[i]!.grad).toBeNull();
      else expect(errorOf(inputs[i]!.grad!, decode(grad), terms[1 + i]!, floor[1])).toBeLessThanOrEqual(4);
    });
  });
});
