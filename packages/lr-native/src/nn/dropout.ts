import { checkProbability, dropout } from '../ops/dropout.ts';
import type { Tensor } from '../tensor.ts';
import { Module } from './module.ts';

/** Zeroes elements with probability `p` (default 0.5) while training. As `torch.nn.Dropout`. @throws ArgumentError, ArgumentRangeError */
export class Dropout extends Module {
  readonly p: number;

  constructor(p = 0.5) {
    super();
    checkProbability('Dropout', p);
    this.p = p;
  }

  forward(x: Tensor): Tensor {
    return dropout(x, { p: this.p, training: this.training });
  }

  protected override extraRepr(): string {
    return `p=${this.p}`;
  }
}
