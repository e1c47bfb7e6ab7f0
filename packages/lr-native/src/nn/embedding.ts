import { checkInteger } from '@org/lr-core';
import { zeros } from '../creation.ts';
import type { IndexDType } from '../dtype.ts';
import { normal_ } from '../init.ts';
import { checkPaddingIdx, embedding } from '../ops/embedding.ts';
import type { EmbeddingOptions } from '../ops/embedding.ts';
import type { Tensor } from '../tensor.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';

/** Learnt vectors by index. As `torch.nn.Embedding`, with the same weights for the same `manualSeed`. @throws ArgumentError, ArgumentRangeError */
export class Embedding extends Module {
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  readonly paddingIdx: number | null;
  /** (numEmbeddings, embeddingDim) */
  weight: Parameter;

  constructor(numEmbeddings: number, embeddingDim: number, { paddingIdx }: EmbeddingOptions = {}) {
    super();
    checkInteger('Embedding', 'numEmbeddings', numEmbeddings, 1);
    checkInteger('Embedding', 'embeddingDim', embeddingDim, 1);
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    this.paddingIdx = checkPaddingIdx('Embedding', paddingIdx, numEmbeddings);
    this.weight = new Parameter(zeros([numEmbeddings, embeddingDim]));
    this.resetParameters();
  }

  /** Draws new values as PyTorch does: normal, with zeros at paddingIdx. */
  resetParameters(): void {
    normal_(this.weight);
    const { paddingIdx, embeddingDim } = this;
    if (paddingIdx !== null)
      this.weight.data.fill(0, paddingIdx * embeddingDim, (paddingIdx + 1) * embeddingDim);
  }

  forward(indices: Tensor<IndexDType>): Tensor {
    return embedding(indices, this.weight, this);
  }

  protected override extraRepr(): string {
    return `${this.numEmbeddings}, ${this.embeddingDim}`;
  }
}
