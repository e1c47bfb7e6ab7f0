/** The encoder of a transformer: its layer, and a stack of them. */
import { checkAtLeast, checkBoolean, checkInteger, checkType } from '@org/lr-core';
import { add } from '../ops/arithmetic.ts';
import { checkProbability } from '../ops/dropout.ts';
import { transpose } from '../ops/permute.ts';
import { gelu, relu } from '../ops/activations.ts';
import type { Tensor } from '../tensor.ts';
import { ModuleList } from './containers.ts';
import { Dropout } from './dropout.ts';
import { Linear } from './linear.ts';
import { Module } from './module.ts';
import { MultiheadAttention } from './multihead-attention.ts';
import type { Mask } from './multihead-attention.ts';
import { LayerNorm } from './norm.ts';

const ACTIVATIONS = { relu, gelu };

export interface TransformerEncoderLayerOptions {
  /** Features between the two linear layers; default 2048. */
  dimFeedforward?: number;
  /** Default 0.1. */
  dropout?: number;
  /** `'relu'` (default), `'gelu'` or a function of a tensor. */
  activation?: keyof typeof ACTIVATIONS | ((x: Tensor) => Tensor);
  /** Default 1e-5. */
  layerNormEps?: number;
  /** Whether tensors are (N, S, E) rather than (S, N, E); default false. */
  batchFirst?: boolean;
  /** Whether norms come before attention and linear layers rather than after; default false. */
  normFirst?: boolean;
  /** Whether linear layers and norms have biases; default true. */
  bias?: boolean;
}

export interface TransformerEncoderLayerInputs {
  /** (S, S), or (N · nhead, S, S): see the attnMask of MultiheadAttention. */
  srcMask?: Mask | null;
  /** (N, S), or (S) without batches: positions to leave out. */
  srcKeyPaddingMask?: Mask | null;
  /** Whether a position sees itself and those before it only; default false. */
  isCausal?: boolean;
}

/**
 * Self-attention and two linear layers, each with dropout, a residual connection and layer norm.
 * As `torch.nn.TransformerEncoderLayer`, with its names of parameters and the same weights for the same `manualSeed`.
 * Vaswani et al., 2017, https://arxiv.org/abs/1706.03762
 *
 * @throws ArgumentError, ArgumentRangeError
 */
export class TransformerEncoderLayer extends Module {
  readonly selfAttn: MultiheadAttention;
  readonly linear1: Linear;
  readonly dropout: Dropout;
  readonly linear2: Linear;
  readonly normFirst: boolean;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly dropout1: Dropout;
  readonly dropout2: Dropout;
  readonly activation: (x: Tensor) => Tensor;

  constructor(dModel: number, nhead: number, options: TransformerEncoderLayerOptions = {}) {
    super();
    const op = 'TransformerEncoderLayer';
    const { dimFeedforward = 2048, dropout = 0.1, activation = 'relu', layerNormEps = 1e-5 } = options;
    const { batchFirst = false, normFirst = false, bias = true } = options;
    checkInteger(op, 'dModel', dModel, 1);
    checkInteger(op, 'nhead', nhead, 1);
    checkInteger(op, 'dimFeedforward', dimFeedforward, 1);
    checkProbability(op, dropout);
    const isActivation = typeof activation === 'function' || Object.hasOwn(ACTIVATIONS, activation);
    checkType(isActivation, op, 'activation', "'relu', 'gelu' or a function", activation);
    checkAtLeast(op, 'layerNormEps', layerNormEps, 0);
    for (const [name, flag] of Object.entries({ batchFirst, normFirst, bias })) checkBoolean(op, name, flag);
    this.selfAttn = new MultiheadAttention(dModel, nhead, { dropout, bias, batchFirst });
    this.linear1 = new Linear(dModel, dimFeedforward, { bias });
    this.dropout = new Dropout(dropout);
    this.linear2 = new Linear(dimFeedforward, dModel, { bias });
    this.normFirst = normFirst;
    this.norm1 = new LayerNorm(dModel, { eps: layerNormEps, bias });
    this.norm2 = new LayerNorm(dModel, { eps: layerNormEps, bias });
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
    this.activation = typeof activation === 'function' ? activation : ACTIVATIONS[activation];
  }

  /**
   * @param src (S, N, dModel), or (N, S, dModel) with batchFirst, or (S, dModel)
   * @returns the shape of `src`
   * @throws ArgumentError, ShapeError
   */
  forward(src: Tensor, inputs: TransformerEncoderLayerInputs = {}): Tensor {
    if (this.normFirst) {
      const x = add(src, this.attend(this.norm1.forward(src), inputs));
      return add(x, this.feed(this.norm2.forward(x)));
    }
    const x = this.norm1.forward(add(src, this.attend(src, inputs)));
    return this.norm2.forward(add(x, this.feed(x)));
  }

  private attend(x: Tensor, inputs: TransformerEncoderLayerInputs): Tensor {
    const { srcMask = null, srcKeyPaddingMask = null, isCausal = false } = inputs;
    const [attended] = this.selfAttn.forward(x, x, x, {
      attnMask: srcMask,
      keyPaddingMask: srcKeyPaddingMask,
      isCausal,
      needWeights: false,
    });
    // PyTorch draws what is dropped here in the order (S, N, E), in which its attention computes.
    const reorders = this.selfAttn.batchFirst && x.ndim === 3 && this.dropout1.training;
    if (!reorders || this.dropout1.p === 0) return this.dropout1.forward(attended);
    return transpose(this.dropout1.forward(transpose(attended, 0, 1)), 0, 1);
  }

  private feed(x: Tensor): Tensor {
    const hidden = this.dropout.forward(this.activation(this.linear1.forward(x)));
    return this.dropout2.forward(this.linear2.forward(hidden));
  }
}

export interface TransformerEncoderInputs {
  /** As srcMask of the layers. */
  mask?: Mask | null;
  /** (N, S), or (S) without batches: positions to leave out. */
  srcKeyPaddingMask?: Mask | null;
  /** Whether a position sees itself and those before it only; default false. */
  isCausal?: boolean;
}

/**
 * `numLayers` copies of `encoderLayer`, which begin with the same weights, one after another, and `norm` at the end.
 * As `torch.nn.TransformerEncoder`.
 *
 * @throws ArgumentError, ArgumentRangeError
 */
export class TransformerEncoder extends Module {
  readonly layers: ModuleList<TransformerEncoderLayer>;
  readonly norm: Module | null;

  constructor(
    encoderLayer: TransformerEncoderLayer,
    numLayers: number,
    { norm = null }: { norm?: Module | null } = {},
  ) {
    super();
    const op = 'TransformerEncoder';
    const isLayer = encoderLayer instanceof TransformerEncoderLayer;
    checkType(isLayer, op, 'encoderLayer', 'a TransformerEncoderLayer', encoderLayer);
    checkInteger(op, 'numLayers', numLayers, 1);
    checkType(norm === null || norm instanceof Module, op, 'norm', 'a Module or null', norm);
    this.layers = new ModuleList(Array.from({ length: numLayers }, () => encoderLayer.clone()));
    this.norm = norm;
  }

  /** @param src as of the layers. @throws ArgumentError, ShapeError */
  forward(src: Tensor, inputs: TransformerEncoderInputs = {}): Tensor {
    const { mask = null, srcKeyPaddingMask = null, isCausal = false } = inputs;
    let x = src;
    for (const layer of this.layers) x = layer.forward(x, { srcMask: mask, srcKeyPaddingMask, isCausal });
    return this.norm === null ? x : this.norm.forward(x);
  }
}
