import type { Tensor } from '../tensor.ts';
import { Module } from './module.ts';

/** x itself: a placeholder. As `torch.nn.Identity`. */
export class Identity extends Module {
  forward(x: Tensor): Tensor {
    return x;
  }
}
