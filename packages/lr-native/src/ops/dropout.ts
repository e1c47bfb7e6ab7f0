import { checkBoolean, checkRange, checkType } from '@org/lr-core';
import { acquire, release } from '../pool.ts';
import { defaultGenerator } from '../random.ts';
import type { Generator } from '../random.ts';
import type { Tensor } from '../tensor.ts';
import { checkTensor, result } from './op.ts';

export interface DropoutOptions {
  /** Probability of an element to be zeroed; default 0.5. */
  p?: number;
  /** Default true; `x` itself otherwise. */
  training?: boolean;
  /** Default: the generator that manualSeed seeds. */
  generator?: Generator;
}

/** @throws ArgumentError, ArgumentRangeError unless `p` is a probability */
export function checkProbability(op: string, p: unknown): asserts p is number {
  checkType(typeof p === 'number', op, 'p', 'a number from 0 to 1', p);
  checkRange((p as number) >= 0 && (p as number) <= 1, op, 'p', 'a number from 0 to 1', p);
}

/**
 * Each element zeroed with probability `p`, the others divided by 1 - p. As `torch.nn.functional.dropout` on a CPU: the
 * same elements from the same seed, and no draw where p is 0 or 1.
 * Srivastava et al., 2014, https://jmlr.org/papers/v15/srivastava14a.html
 *
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function dropout(x: Tensor, options: DropoutOptions = {}): Tensor {
  const { p = 0.5, training = true, generator = defaultGenerator } = options;
  checkTensor('dropout', 'x', x);
  checkProbability('dropout', p);
  checkBoolean('dropout', 'training', training);
  if (!training || p === 0) return x;

  const { fround } = Math;
  const scale = p === 1 ? 0 : fround(1 / fround(1 - p));
  const mask = acquire(x.data.length);
  if (p === 1) mask.fill(0);
  else generator.bernoulli_(mask, 1 - p);
  const y = new Float32Array(mask.length);
  for (let i = 0; i < mask.length; i++) {
    mask[i]! *= scale;
    y[i] = x.data[i]! * mask[i]!;
  }
  return result(
    'dropout',
    [x],
    y,
    x.shape,
    (dy) => {
      const dx = acquire(dy.length);
      for (let i = 0; i < dx.length; i++) dx[i] = dy[i]! * mask[i]!;
      return [dx];
    },
    () => release(mask),
  );
}
