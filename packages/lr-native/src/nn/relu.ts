import { relu } from '../ops/activations.ts';
import type { Tensor } from '../tensor.ts';
import { Module } from './module.ts';

/** max(x, 0). As `torch.nn.ReLU`. */
export class ReLU extends Module {
  forward(x: Tensor): Tensor {
    return relu(x);
  }
}
