import { checkBoolean, checkNumber, checkRange, checkShape, checkType } from '@org/lr-core';
import { written } from '../capture.ts';
import { hostOf, onDevice } from '../device-array.ts';
import { ARRAY_TYPES } from '../dtype.ts';
import type { RealDType } from '../dtype.ts';
import { Tensor } from '../tensor.ts';
import { add, mul } from './arithmetic.ts';
import { checkProbability, dropout } from './dropout.ts';
import { matmul } from './matmul.ts';
import { checkTensor, checkTensorLike } from './op.ts';
import { transpose } from './permute.ts';
import { reshape } from './reshape.ts';
import { shownSoftmax, softmax } from './softmax.ts';

export interface AttentionOptions<D extends RealDType = 'float32'> {
  /** Of a shape that broadcasts to (…, L, S): booleans, true where a query looks, or numbers added to the scores. */
  attnMask?: Tensor<D> | Tensor<'bool'> | null;
  /** Probability of a weight to be dropped; default 0. */
  dropoutP?: number;
  /** Whether query i sees keys 0 to i only; default false. */
  isCausal?: boolean;
  /** Default 1 / √E. */
  scale?: number;
  /** Whether several heads of the query share one of key and value, in order; default false. */
  enableGqa?: boolean;
}

/**
 * softmax(query · keyᵀ · scale + mask) · value, 0 for a query that sees no key. As
 * `torch.nn.functional.scaled_dot_product_attention`.
 * Vaswani et al., 2017, https://arxiv.org/abs/1706.03762
 *
 * @param query (…, L, E)
 * @param key (…, S, E)
 * @param value (…, S, V)
 * @returns (…, L, V)
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function scaledDotProductAttention<D extends RealDType>(
  query: Tensor<D>,
  key: Tensor<D>,
  value: Tensor<D>,
  options: AttentionOptions<D> = {},
): Tensor<D> {
  const op = 'scaledDotProductAttention';
  const { attnMask, dropoutP = 0, isCausal = false, enableGqa = false } = options;
  for (const [name, x] of Object.entries({ query, key, value })) {
    if (name === 'query') checkTensor(op, name, x);
    else checkTensorLike(op, name, x, query);
    checkShape(x.ndim >= 2, op, name, 'of shape (…, length, features)', x.shape);
  }
  const [length, features] = query.shape.slice(-2) as [number, number];
  const keys = key.shape.at(-2)!;
  const expected = `of shape (…, S, ${features}), as query has,`;
  checkShape(key.shape.at(-1) === features, op, 'key', expected, key.shape);
  checkShape(value.shape.at(-2) === keys, op, 'value', `of shape (…, ${keys}, V), as key has,`, value.shape);
  checkBoolean(op, 'isCausal', isCausal);
  checkBoolean(op, 'enableGqa', enableGqa);
  checkType(!isCausal || attnMask == null, op, 'attnMask', 'left out where isCausal is true', attnMask);
  checkProbability(op, dropoutP);
  const { scale = 1 / Math.sqrt(features) } = options;
  checkNumber(op, 'scale', scale);
  if (attnMask != null) checkTensor(op, 'attnMask', attnMask, [query.dtype, 'bool']);

  const groups = enableGqa ? checkGroups(op, query, key, value) : 1;
  if (groups > 1) {
    // (…, heads / groups, groups, L, E) against (…, heads / groups, 1, S, E)
    const split = (x: Tensor<D>, inner: number): Tensor<D> =>
      reshape(x, [...x.shape.slice(0, -3), x.shape.at(-3)! / inner, inner, ...x.shape.slice(-2)]);
    const mask =
      attnMask != null && attnMask.ndim >= 3
        ? splitHeads(attnMask as Tensor<D>, attnMask.shape.at(-3) === 1 ? 1 : groups)
        : attnMask;
    const y = attend(split(query, groups), split(key, 1), split(value, 1), mask);
    return reshape(y, [...query.shape.slice(0, -1), value.shape.at(-1)!]);
  }
  return attend(query, key, value, attnMask);

  function attend(q: Tensor<D>, k: Tensor<D>, v: Tensor<D>, mask: typeof attnMask): Tensor<D> {
    const scores = matmul(mul(q, scale), transpose(k, -2, -1));
    const bias = isCausal
      ? causalMask(q, length, keys)
      : mask?.dtype === 'bool'
        ? hiding(q, mask as Tensor<'bool'>)
        : mask;
    const shown = bias == null ? scores : add(scores, bias as Tensor<D>);
    const weights = mask == null ? softmax(shown, { dim: -1 }) : shownSoftmax(shown, { dim: -1 });
    return matmul(dropout(weights, { p: dropoutP }), v);
  }
}

/** How many heads of the query share one of key and value. @throws ShapeError, ArgumentRangeError */
function checkGroups<D extends RealDType>(
  op: string,
  query: Tensor<D>,
  key: Tensor<D>,
  value: Tensor<D>,
): number {
  for (const [name, x] of Object.entries({ query, key, value })) {
    checkShape(x.ndim >= 3, op, name, 'of shape (…, heads, length, features) with enableGqa', x.shape);
  }
  const [heads, shared] = [query.shape.at(-3)!, key.shape.at(-3)!];
  checkShape(value.shape.at(-3) === shared, op, 'value', `of ${shared} heads, as key has,`, value.shape);
  checkRange(heads % shared === 0, op, 'heads of key', `a divisor of the query's ${heads}`, shared);
  return heads / shared;
}

function splitHeads<D extends RealDType>(mask: Tensor<D>, groups: number): Tensor<D> {
  const heads = mask.shape.at(-3)!;
  return reshape(mask, [...mask.shape.slice(0, -3), heads / groups, groups, ...mask.shape.slice(-2)]);
}

/** (L, S): 0 where query i sees key j <= i, else -Infinity. */
export function causalMask<D extends RealDType>(like: Tensor<D>, length: number, keys: number): Tensor<D> {
  const mask = new ARRAY_TYPES[like.dtype](length * keys);
  for (let i = 0; i < length; i++) mask.fill(-Infinity, i * keys + Math.min(i + 1, keys), (i + 1) * keys);
  return new Tensor(onDevice(like.device, like.dtype, mask), [length, keys]);
}

/** 0 where `mask` is true, else -Infinity. */
function hiding<D extends RealDType>(like: Tensor<D>, { data, shape }: Tensor<'bool'>): Tensor<D> {
  const bias = written(like.data, data.length, (host) => {
    const shown = hostOf(data);
    for (let i = 0; i < host.length; i++) host[i] = shown[i] === 1 ? 0 : -Infinity;
  });
  return new Tensor(bias, shape);
}
