/** Activations as modules: forward(x). */
import { checkInteger, checkNumber } from '@org/lr-core';
import { checkChoice } from '../ops/op.ts';
import { logSoftmax, softmax, softmin } from '../ops/softmax.ts';
import type { SoftmaxOptions } from '../ops/softmax.ts';
import { GELU_APPROXIMATIONS, gelu, leakyRelu, silu, softplus } from '../ops/activations.ts';
import type { GeluOptions, LeakyReluOptions } from '../ops/activations.ts';
import { sigmoid, tanh } from '../ops/unary.ts';
import type { Tensor } from '../tensor.ts';
import { Module } from './module.ts';

/** As `torch.nn.GELU`. @throws ArgumentError */
export class GELU extends Module {
  readonly approximate: NonNullable<GeluOptions['approximate']>;

  constructor({ approximate = 'none' }: GeluOptions = {}) {
    super();
    checkChoice('GELU', 'approximate', approximate, GELU_APPROXIMATIONS);
    this.approximate = approximate;
  }

  forward(x: Tensor): Tensor {
    return gelu(x, this);
  }

  protected override extraRepr(): string {
    return `approximate='${this.approximate}'`;
  }
}

/** As `torch.nn.Sigmoid`. */
export class Sigmoid extends Module {
  forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}

/** As `torch.nn.Tanh`. */
export class Tanh extends Module {
  forward(x: Tensor): Tensor {
    return tanh(x);
  }
}

/** As `torch.nn.SiLU`. */
export class SiLU extends Module {
  forward(x: Tensor): Tensor {
    return silu(x);
  }
}

/** As `torch.nn.Softplus`. */
export class Softplus extends Module {
  forward(x: Tensor): Tensor {
    return softplus(x);
  }
}

/** As `torch.nn.LeakyReLU`. @throws ArgumentError */
export class LeakyReLU extends Module {
  readonly negativeSlope: number;

  constructor({ negativeSlope = 0.01 }: LeakyReluOptions = {}) {
    super();
    checkNumber('LeakyReLU', 'negativeSlope', negativeSlope);
    this.negativeSlope = negativeSlope;
  }

  forward(x: Tensor): Tensor {
    return leakyRelu(x, this);
  }

  protected override extraRepr(): string {
    return `negativeSlope=${this.negativeSlope}`;
  }
}

/** As `torch.nn.Softmax`. @throws ArgumentError */
export class Softmax extends Module {
  readonly dim: number;

  constructor({ dim }: SoftmaxOptions) {
    super();
    checkInteger('Softmax', 'dim', dim);
    this.dim = dim;
  }

  forward(x: Tensor): Tensor {
    return softmax(x, this);
  }

  protected override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

/** As `torch.nn.Softmin`. @throws ArgumentError */
export class Softmin extends Module {
  readonly dim: number;

  constructor({ dim }: SoftmaxOptions) {
    super();
    checkInteger('Softmin', 'dim', dim);
    this.dim = dim;
  }

  forward(x: Tensor): Tensor {
    return softmin(x, this);
  }

  protected override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

/** As `torch.nn.LogSoftmax`. @throws ArgumentError */
export class LogSoftmax extends Module {
  readonly dim: number;

  constructor({ dim }: SoftmaxOptions) {
    super();
    checkInteger('LogSoftmax', 'dim', dim);
    this.dim = dim;
  }

  forward(x: Tensor): Tensor {
    return logSoftmax(x, this);
  }

  protected override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}
