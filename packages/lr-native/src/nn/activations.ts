/** Activations as modules: forward(x). */
import { checkAtLeast, checkInteger, checkNumber, checkRange } from '@org/lr-core';
import { full } from '../creation.ts';
import {
  GELU_APPROXIMATIONS,
  celu,
  elu,
  gelu,
  glu,
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  logsigmoid,
  mish,
  prelu,
  relu6,
  selu,
  silu,
  softplus,
  softshrink,
  softsign,
  tanhshrink,
  threshold,
} from '../ops/activations.ts';
import type {
  EluOptions,
  GeluOptions,
  GluOptions,
  HardtanhOptions,
  LeakyReluOptions,
  ShrinkOptions,
  SoftplusOptions,
} from '../ops/activations.ts';
import { checkChoice, checkNdim } from '../ops/op.ts';
import { logSoftmax, softmax, softmin } from '../ops/softmax.ts';
import type { SoftmaxOptions } from '../ops/softmax.ts';
import { sigmoid, tanh } from '../ops/unary.ts';
import type { Tensor } from '../tensor.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';

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

/** As `torch.nn.ReLU6`. */
export class ReLU6 extends Module {
  forward(x: Tensor): Tensor {
    return relu6(x);
  }
}

/** As `torch.nn.SELU`. */
export class SELU extends Module {
  forward(x: Tensor): Tensor {
    return selu(x);
  }
}

/** As `torch.nn.Mish`. */
export class Mish extends Module {
  forward(x: Tensor): Tensor {
    return mish(x);
  }
}

/** As `torch.nn.Softsign`. */
export class Softsign extends Module {
  forward(x: Tensor): Tensor {
    return softsign(x);
  }
}

/** As `torch.nn.Hardsigmoid`. */
export class Hardsigmoid extends Module {
  forward(x: Tensor): Tensor {
    return hardsigmoid(x);
  }
}

/** As `torch.nn.Hardswish`. */
export class Hardswish extends Module {
  forward(x: Tensor): Tensor {
    return hardswish(x);
  }
}

/** As `torch.nn.LogSigmoid`. */
export class LogSigmoid extends Module {
  forward(x: Tensor): Tensor {
    return logsigmoid(x);
  }
}

/** As `torch.nn.Tanhshrink`. */
export class Tanhshrink extends Module {
  forward(x: Tensor): Tensor {
    return tanhshrink(x);
  }
}

/** Options as in elu. As `torch.nn.ELU`. @throws ArgumentError */
export class ELU extends Module {
  readonly alpha: number;

  constructor({ alpha = 1 }: EluOptions = {}) {
    super();
    checkNumber('ELU', 'alpha', alpha);
    this.alpha = alpha;
  }

  forward(x: Tensor): Tensor {
    return elu(x, this);
  }

  protected override extraRepr(): string {
    return `alpha=${this.alpha}`;
  }
}

/** Options as in celu. As `torch.nn.CELU`. @throws ArgumentError, ArgumentRangeError */
export class CELU extends Module {
  readonly alpha: number;

  constructor({ alpha = 1 }: EluOptions = {}) {
    super();
    checkNumber('CELU', 'alpha', alpha);
    checkRange(alpha !== 0, 'CELU', 'alpha', 'a number other than 0', alpha);
    this.alpha = alpha;
  }

  forward(x: Tensor): Tensor {
    return celu(x, this);
  }

  protected override extraRepr(): string {
    return `alpha=${this.alpha}`;
  }
}

/** Options as in softplus. As `torch.nn.Softplus`. @throws ArgumentError, ArgumentRangeError */
export class Softplus extends Module {
  readonly beta: number;
  readonly threshold: number;

  constructor({ beta = 1, threshold = 20 }: SoftplusOptions = {}) {
    super();
    checkNumber('Softplus', 'beta', beta);
    checkRange(beta !== 0, 'Softplus', 'beta', 'a number other than 0', beta);
    checkNumber('Softplus', 'threshold', threshold);
    this.beta = beta;
    this.threshold = threshold;
  }

  forward(x: Tensor): Tensor {
    return softplus(x, this);
  }

  protected override extraRepr(): string {
    return `beta=${this.beta}, threshold=${this.threshold}`;
  }
}

/** Options as in hardtanh. As `torch.nn.Hardtanh`. @throws ArgumentError, ArgumentRangeError */
export class Hardtanh extends Module {
  readonly minVal: number;
  readonly maxVal: number;

  constructor({ minVal = -1, maxVal = 1 }: HardtanhOptions = {}) {
    super();
    checkNumber('Hardtanh', 'minVal', minVal);
    checkAtLeast('Hardtanh', 'maxVal', maxVal, minVal);
    this.minVal = minVal;
    this.maxVal = maxVal;
  }

  forward(x: Tensor): Tensor {
    return hardtanh(x, this);
  }

  protected override extraRepr(): string {
    return `minVal=${this.minVal}, maxVal=${this.maxVal}`;
  }
}

/** Options as in softshrink. As `torch.nn.Softshrink`. @throws ArgumentError, ArgumentRangeError */
export class Softshrink extends Module {
  readonly lambd: number;

  constructor({ lambd = 0.5 }: ShrinkOptions = {}) {
    super();
    checkAtLeast('Softshrink', 'lambd', lambd, 0);
    this.lambd = lambd;
  }

  forward(x: Tensor): Tensor {
    return softshrink(x, this);
  }

  protected override extraRepr(): string {
    return `lambd=${this.lambd}`;
  }
}

/** Options as in hardshrink. As `torch.nn.Hardshrink`. @throws ArgumentError */
export class Hardshrink extends Module {
  readonly lambd: number;

  constructor({ lambd = 0.5 }: ShrinkOptions = {}) {
    super();
    checkNumber('Hardshrink', 'lambd', lambd);
    this.lambd = lambd;
  }

  forward(x: Tensor): Tensor {
    return hardshrink(x, this);
  }

  protected override extraRepr(): string {
    return `lambd=${this.lambd}`;
  }
}

/** Options as in glu. As `torch.nn.GLU`. @throws ArgumentError, ArgumentRangeError */
export class GLU extends Module {
  readonly dim: number;

  constructor({ dim = -1 }: GluOptions = {}) {
    super();
    checkInteger('GLU', 'dim', dim);
    this.dim = dim;
  }

  forward(x: Tensor): Tensor {
    return glu(x, this);
  }

  protected override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

/** x where it is above `threshold`, else `value`. As `torch.nn.Threshold`. @throws ArgumentError */
export class Threshold extends Module {
  readonly threshold: number;
  readonly value: number;

  constructor(bound: number, value: number) {
    super();
    checkNumber('Threshold', 'threshold', bound);
    checkNumber('Threshold', 'value', value);
    this.threshold = bound;
    this.value = value;
  }

  forward(x: Tensor): Tensor {
    return threshold(x, this.threshold, this.value);
  }

  protected override extraRepr(): string {
    return `threshold=${this.threshold}, value=${this.value}`;
  }
}

export interface PReLUOptions {
  /** 1 (default), or the number of channels. */
  numParameters?: number;
  /** What slopes begin with; default 0.25. */
  init?: number;
}

/** Learns the slope below zero, `weight`, of shape [numParameters]. As `torch.nn.PReLU`. @throws ArgumentError, ArgumentRangeError */
export class PReLU extends Module {
  weight: Parameter;

  constructor({ numParameters = 1, init = 0.25 }: PReLUOptions = {}) {
    super();
    checkInteger('PReLU', 'numParameters', numParameters, 1);
    checkNumber('PReLU', 'init', init);
    this.weight = new Parameter(full([numParameters], init));
  }

  forward(x: Tensor): Tensor {
    return prelu(x, this.weight);
  }

  protected override extraRepr(): string {
    return `numParameters=${this.weight.size}`;
  }
}

/** Softmax over the channels of (N, C, H, W) or (C, H, W). As `torch.nn.Softmax2d`. */
export class Softmax2d extends Module {
  forward(x: Tensor): Tensor {
    checkNdim('Softmax2d', 'x', x, ['(N, C, H, W)', '(C, H, W)']);
    return softmax(x, { dim: -3 });
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
