import { checkBoolean, checkNumber, checkShape, checkType } from '@org/lr-core';
import { Tensor } from '../tensor.ts';
import { add, mul } from './arithmetic.ts';
import { dropout } from './dropout.ts';
import { matmul } from './matmul.ts';
import { checkTensor } from './op.ts';
import { transpose } from './permute.ts';
import { softmax } from './softmax.ts';

export interface AttentionOptions {
  /** Added to the scores: (…, L, S), -Infinity where a query may not look. */
  attnMask?: Tensor | null;
  /** Probability of a weight to be dropped; default 0. */
  dropoutP?: number;
  /** Whether query i sees keys 0 to i only; default false. */
  isCausal?: boolean;
  /** Default 1 / √E. */
  scale?: number;
}

/**
 * softmax(query · keyᵀ · scale + mask) · value. As `torch.nn.functional.scaled_dot_product_attention`.
 * Vaswani et al., 2017, https://arxiv.org/abs/1706.03762
 *
 * @param query (…, L, E)
 * @param key (…, S, E)
 * @param value (…, S, V)
 * @returns (…, L, V)
 * @throws ArgumentError, ShapeError
 */
export function scaledDotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions = {},
): Tensor {
  const op = 'scaledDotProductAttention';
  const { attnMask, dropoutP = 0, isCausal = false } = options;
  for (const [name, x] of Object.entries({ query, key, value })) {
    checkTensor(op, name, x);
    checkShape(x.ndim >= 2, op, name, 'of shape (…, length, features)', x.shape);
  }
  const [length, features] = query.shape.slice(-2) as [number, number];
  const keys = key.shape.at(-2)!;
  checkShape(
    key.shape.at(-1) === features,
    op,
    'key',
    `of shape (…, S, ${features}), as query has,`,
    key.shape,
  );
  checkShape(value.shape.at(-2) === keys, op, 'value', `of shape (…, ${keys}, V), as key has,`, value.shape);
  checkBoolean(op, 'isCausal', isCausal);
  checkType(!isCausal || attnMask == null, op, 'attnMask', 'left out where isCausal is true', attnMask);
  const { scale = 1 / Math.sqrt(features) } = options;
  checkNumber(op, 'scale', scale);
  const scores = mul(matmul(query, transpose(key, -2, -1)), scale);
  const mask = isCausal ? causalMask(length, keys) : attnMask;
  const weights = softmax(mask == null ? scores : add(scores, mask), { dim: -1 });
  return matmul(dropout(weights, { p: dropoutP }), value);
}

/** (length, keys): -Infinity where key j comes after query i. */
export function causalMask(length: number, keys: number): Tensor {
  const mask = new Float32Array(length * keys);
  for (let i = 0; i < length; i++) mask.fill(-Infinity, i * keys + Math.min(i + 1, keys), (i + 1) * keys);
  return new Tensor(mask, [length, keys]);
}
