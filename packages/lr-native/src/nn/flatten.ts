import { checkInteger } from '@org/lr-core';
import { flatten } from '../ops/reshape.ts';
import type { FlattenOptions } from '../ops/reshape.ts';
import type { Tensor } from '../tensor.ts';
import { Module } from './module.ts';

/** The dimensions from `startDim` (default 1) to `endDim` (default -1) as one. As `torch.nn.Flatten`. @throws ArgumentError */
export class Flatten extends Module {
  readonly startDim: number;
  readonly endDim: number;

  constructor({ startDim = 1, endDim = -1 }: FlattenOptions = {}) {
    super();
    checkInteger('Flatten', 'startDim', startDim);
    checkInteger('Flatten', 'endDim', endDim);
    this.startDim = startDim;
    this.endDim = endDim;
  }

  forward(x: Tensor): Tensor {
    return flatten(x, this);
  }

  protected override extraRepr(): string {
    return `startDim=${this.startDim}, endDim=${this.endDim}`;
  }
}
