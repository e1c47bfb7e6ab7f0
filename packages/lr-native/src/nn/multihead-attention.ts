import { checkBoolean, checkInteger, checkRange, checkShape, checkType, show } from '@org/lr-core';
import { zeros } from '../creation.ts';
import type { DType } from '../dtype.ts';
import { xavierNormal_, xavierUniform_, zeros_ } from '../init.ts';
import { add, mul } from '../ops/arithmetic.ts';
import { causalMask, scaledDotProductAttention } from '../ops/attention.ts';
import { cat } from '../ops/cat.ts';
import { checkProbability, dropout } from '../ops/dropout.ts';
import { linear } from '../ops/linear.ts';
import { matmul } from '../ops/matmul.ts';
import { checkShapeIs, checkTensor } from '../ops/op.ts';
import { permute, transpose } from '../ops/permute.ts';
import { mean } from '../ops/reduce.ts';
import { reshape, squeeze, unsqueeze } from '../ops/reshape.ts';
import { narrow } from '../ops/slice.ts';
import { softmax } from '../ops/softmax.ts';
import { where } from '../ops/where.ts';
import { Tensor } from '../tensor.ts';
import { Linear } from './linear.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';

export interface MultiheadAttentionOptions {
  /** Probability of a weight of attention to be dropped while training; default 0. */
  dropout?: number;
  /** Whether the projections have biases; default true. */
  bias?: boolean;
  /** Whether a learnt key and a learnt value are added to each sequence; default false. */
  addBiasKv?: boolean;
  /** Whether a key and a value of zeros are added to each sequence; default false. */
  addZeroAttn?: boolean;
  /** Features of the keys; default embedDim. */
  kdim?: number | null;
  /** Features of the values; default embedDim. */
  vdim?: number | null;
  /** Whether tensors are (N, L, E) rather than (L, N, E); default false. */
  batchFirst?: boolean;
}

/** A mask: booleans, true where a query may not look, or float32 numbers to add to the scores. */
export type Mask = Tensor<'bool' | 'float32'>;

export interface MultiheadAttentionInputs {
  /** (N, S), or (S) without batches: keys to leave out. */
  keyPaddingMask?: Mask | null;
  /** Whether to return the weights of attention; default true, and false is faster. */
  needWeights?: boolean;
  /** (L, S), or (N · numHeads, L, S). */
  attnMask?: Mask | null;
  /** Whether the weights that are returned are the mean over the heads; default true. */
  averageAttnWeights?: boolean;
  /** Whether query i sees keys 0 to i only; an attnMask is not needed for it, and with one changes nothing. */
  isCausal?: boolean;
}

/**
 * Attention by several heads, each on its share of the features. As `torch.nn.MultiheadAttention`, with its names of
 * parameters and the same weights for the same `manualSeed`.
 * Vaswani et al., 2017, https://arxiv.org/abs/1706.03762
 *
 * @throws ArgumentError, ArgumentRangeError
 */
export class MultiheadAttention extends Module<[Tensor, Tensor | null]> {
  readonly embedDim: number;
  readonly numHeads: number;
  readonly headDim: number;
  readonly kdim: number;
  readonly vdim: number;
  readonly dropout: number;
  readonly batchFirst: boolean;
  readonly addZeroAttn: boolean;
  /** (3 · embedDim, embedDim): of queries, keys and values; null where kdim or vdim is not embedDim */
  inProjWeight: Parameter | null = null;
  /** (embedDim, embedDim), or null */
  qProjWeight: Parameter | null = null;
  /** (embedDim, kdim), or null */
  kProjWeight: Parameter | null = null;
  /** (embedDim, vdim), or null */
  vProjWeight: Parameter | null = null;
  /** (3 · embedDim), or null */
  inProjBias: Parameter | null;
  readonly outProj: Linear;
  /** (1, 1, embedDim), or null */
  biasK: Parameter | null;
  /** (1, 1, embedDim), or null */
  biasV: Parameter | null;

  constructor(embedDim: number, numHeads: number, options: MultiheadAttentionOptions = {}) {
    super();
    const op = 'MultiheadAttention';
    const {
      dropout: p = 0,
      bias = true,
      addBiasKv = false,
      addZeroAttn = false,
      batchFirst = false,
    } = options;
    checkInteger(op, 'embedDim', embedDim, 1);
    checkInteger(op, 'numHeads', numHeads, 1);
    checkRange(embedDim % numHeads === 0, op, 'numHeads', `a divisor of embedDim (${embedDim})`, numHeads);
    checkProbability(op, p);
    const kdim = options.kdim ?? embedDim;
    const vdim = options.vdim ?? embedDim;
    checkInteger(op, 'kdim', kdim, 1);
    checkInteger(op, 'vdim', vdim, 1);
    for (const [name, value] of Object.entries({ bias, addBiasKv, addZeroAttn, batchFirst })) {
      checkBoolean(op, name, value);
    }
    this.embedDim = embedDim;
    this.numHeads = numHeads;
    this.headDim = embedDim / numHeads;
    this.kdim = kdim;
    this.vdim = vdim;
    this.dropout = p;
    this.batchFirst = batchFirst;
    this.addZeroAttn = addZeroAttn;
    if (kdim === embedDim && vdim === embedDim) {
      this.inProjWeight = new Parameter(zeros([3 * embedDim, embedDim]));
    } else {
      this.qProjWeight = new Parameter(zeros([embedDim, embedDim]));
      this.kProjWeight = new Parameter(zeros([embedDim, kdim]));
      this.vProjWeight = new Parameter(zeros([embedDim, vdim]));
    }
    this.inProjBias = bias ? new Parameter(zeros([3 * embedDim])) : null;
    this.outProj = new Linear(embedDim, embedDim, { bias });
    this.biasK = addBiasKv ? new Parameter(zeros([1, 1, embedDim])) : null;
    this.biasV = addBiasKv ? new Parameter(zeros([1, 1, embedDim])) : null;
    this.resetParameters();
  }

  /** Draws new values as PyTorch does: Xavier's, and biases of 0. */
  resetParameters(): void {
    for (const weight of [this.inProjWeight, this.qProjWeight, this.kProjWeight, this.vProjWeight]) {
      if (weight !== null) xavierUniform_(weight);
    }
    if (this.inProjBias !== null) zeros_(this.inProjBias);
    if (this.outProj.bias !== null) zeros_(this.outProj.bias);
    if (this.biasK !== null) xavierNormal_(this.biasK);
    if (this.biasV !== null) xavierNormal_(this.biasV);
  }

  /**
   * @param query (L, N, embedDim), or (N, L, embedDim) with batchFirst, or (L, embedDim)
   * @param key (S, N, kdim), likewise
   * @param value (S, N, vdim), likewise
   * @returns the output, of the shape of `query`; and the weights (N, L, S), (N, numHeads, L, S) unless averaged,
   *   without N where the input has none, or null
   * @throws ArgumentError, ShapeError
   */
  forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    inputs: MultiheadAttentionInputs = {},
  ): [Tensor, Tensor | null] {
    const { needWeights = true, averageAttnWeights = true } = inputs;
    this.checkInputs(query, key, value, inputs);
    const batched = query.ndim === 3;
    const inner = (x: Tensor): Tensor => {
      if (!batched) return unsqueeze(x, 0);
      return this.batchFirst ? x : transpose(x, 0, 1);
    };
    const [q, k, v] = this.project(inner(query), inner(key), inner(value));
    const [batch, , length] = q.shape as [number, number, number];
    const mask = this.maskOf(q, k.shape[2]!, inputs);
    const p = this.training ? this.dropout : 0;
    let weights: Tensor | null = null;
    let attended: Tensor;
    if (needWeights) {
      const scores = matmul(mul(q, Math.sqrt(1 / this.headDim)), transpose(k, -2, -1));
      weights = dropout(softmax(mask === null ? scores : add(scores, mask), { dim: -1 }), { p });
      attended = matmul(weights, v);
      if (averageAttnWeights) weights = mean(weights, { dim: 1 });
      if (!batched) weights = squeeze(weights, 0);
    } else {
      attended = scaledDotProductAttention(q, k, v, { attnMask: mask, dropoutP: p });
    }
    const together = reshape(permute(attended, [0, 2, 1, 3]), [batch, length, this.embedDim]);
    const output = this.outProj.forward(together);
    if (!batched) return [squeeze(output, 0), weights];
    return [this.batchFirst ? output : transpose(output, 0, 1), weights];
  }

  /** Of (N, length, features) the projections (N, numHeads, length, headDim), with the keys and values that are added. */
  private project(query: Tensor, key: Tensor, value: Tensor): [Tensor, Tensor, Tensor] {
    const part = (packed: Tensor | null, i: number): Tensor | null =>
      packed === null ? null : narrow(packed, 0, i * this.embedDim, this.embedDim);
    const weight = (own: Tensor | null, i: number): Tensor => own ?? part(this.inProjWeight, i)!;
    const q = linear(query, weight(this.qProjWeight, 0), part(this.inProjBias, 0));
    let k = linear(key, weight(this.kProjWeight, 1), part(this.inProjBias, 1));
    let v = linear(value, weight(this.vProjWeight, 2), part(this.inProjBias, 2));
    const [batch] = q.shape as [number];
    if (this.biasK !== null && this.biasV !== null) {
      const each = zeros([batch, 1, this.embedDim], { device: q.device });
      k = cat([k, add(each, this.biasK)], { dim: 1 });
      v = cat([v, add(each, this.biasV)], { dim: 1 });
    }
    const heads = (x: Tensor): Tensor =>
      permute(reshape(x, [batch, x.shape[1]!, this.numHeads, this.headDim]), [0, 2, 1, 3]);
    const none = zeros([batch, this.numHeads, 1, this.headDim], { device: q.device });
    const withNone = (x: Tensor): Tensor => (this.addZeroAttn ? cat([x, none], { dim: 2 }) : x);
    return [heads(q), withNone(heads(k)), withNone(heads(v))];
  }

  /** All masks as one that is added to scores (N, numHeads, L, S); keys that the module adds are seen by all. */
  private maskOf(
    q: Tensor,
    keys: number,
    { attnMask, keyPaddingMask, isCausal = false }: MultiheadAttentionInputs,
  ): Tensor | null {
    const [batch, , length] = q.shape as [number, number, number];
    const added = (this.biasK === null ? 0 : 1) + (this.addZeroAttn ? 1 : 0);
    const own = keys - added;
    const padded = (mask: Tensor): Tensor =>
      added === 0
        ? mask
        : cat([mask, zeros([...mask.shape.slice(0, -1), added], { device: mask.device })], { dim: -1 });
    let mask: Tensor | null = null;
    if (attnMask != null) {
      mask = padded(additive(attnMask));
      if (mask.ndim === 3) mask = reshape(mask, [batch, this.numHeads, length, keys]);
    } else if (isCausal) {
      mask = padded(causalMask(q, length, own));
    }
    if (keyPaddingMask == null) return mask;
    const padding = reshape(padded(additive(keyPaddingMask)), [batch, 1, 1, keys]);
    return mask === null ? padding : add(mask, padding);
  }

  private checkInputs(query: Tensor, key: Tensor, value: Tensor, inputs: MultiheadAttentionInputs): void {
    const op = 'MultiheadAttention';
    const {
      attnMask,
      keyPaddingMask,
      needWeights = true,
      averageAttnWeights = true,
      isCausal = false,
    } = inputs;
    for (const [name, flag] of Object.entries({ needWeights, averageAttnWeights, isCausal })) {
      checkBoolean(op, name, flag);
    }
    for (const [name, x] of Object.entries({ query, key, value })) checkTensor(op, name, x, ['float32']);
    const batched = query.ndim === 3;
    const layout = this.batchFirst ? '(N, L, ' : '(L, N, ';
    const fits = (batched || query.ndim === 2) && query.shape.at(-1) === this.embedDim;
    checkShape(
      fits,
      op,
      'query',
      `of shape ${layout}${this.embedDim}) or (L, ${this.embedDim})`,
      query.shape,
    );
    const [lengthDim, batchDim] = this.batchFirst && batched ? [1, 0] : [0, 1];
    const keys = key.shape[lengthDim]!;
    const like = (features: number, length: number): number[] => {
      const shape = [length, features];
      if (batched) shape.splice(batchDim, 0, query.shape[batchDim]!);
      return shape;
    };
    checkShape(key.ndim === query.ndim, op, 'key', `of ${query.ndim} dimensions, as query has,`, key.shape);
    checkShapeIs(op, 'key', key, like(this.kdim, keys));
    checkShapeIs(op, 'value', value, like(this.vdim, keys));
    const batch = batched ? query.shape[batchDim]! : 1;
    const length = query.shape[lengthDim]!;
    if (attnMask != null) {
      checkMask(op, 'attnMask', attnMask, [
        [length, keys],
        [batch * this.numHeads, length, keys],
      ]);
    }
    if (keyPaddingMask != null) {
      checkMask(op, 'keyPaddingMask', keyPaddingMask, [batched ? [batch, keys] : [keys]]);
    }
  }

  protected override extraRepr(): string {
    return `embedDim=${this.embedDim}, numHeads=${this.numHeads}`;
  }
}

function checkMask(op: string, name: string, mask: Mask, shapes: readonly (readonly number[])[]): void {
  const isMask = mask instanceof Tensor && ['bool', 'float32'].includes((mask as Tensor<DType>).dtype);
  checkType(isMask, op, name, 'a bool or float32 Tensor', mask);
  const fits = shapes.some((shape) => show(shape) === show(mask.shape));
  checkShape(fits, op, `${name}.shape`, shapes.map((shape) => show(shape)).join(' or '), mask.shape);
}

/** `mask` as numbers to add to scores. */
function additive(mask: Mask): Tensor {
  if (mask.dtype === 'float32') return mask as Tensor;
  return where(mask as Tensor<'bool'>, -Infinity, 0);
}
