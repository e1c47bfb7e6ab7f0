/** Functions whose gradient is one of the output alone: a captured program may overwrite their input (readsOnlyOutput in lengths.h). */
import { expect, it } from 'vitest';
import { addon } from '../../src/index.ts';
import { UNARY } from '../../src/addon-types.ts';

it.each(['exp', 'sqrt', 'sigmoid', 'tanh', 'relu'] as const)('the gradient of %s does not read x', (kind) => {
  const n = 67;
  const x = Float32Array.from({ length: n }, (_, i) => (kind === 'sqrt' ? i + 1 : i - 33) / 10);
  const dy = Float32Array.from({ length: n }, (_, i) => 1 + i / 7);
  const y = new Float32Array(n);
  addon.unaryForward(UNARY[kind], 0, 0, n, x, y);
  const [dx, blind] = [new Float32Array(n), new Float32Array(n)];
  addon.unaryBackward(UNARY[kind], 0, 0, n, x, y, dy, dx);
  addon.unaryBackward(UNARY[kind], 0, 0, n, new Float32Array(n).fill(NaN), y, dy, blind);
  expect(dx.every(Number.isFinite)).toBe(true);
  expect(blind).toEqual(dx);
});
