/** Norms over windows as modules. */
import { checkLpPoolOptions, lpPool1d, lpPool2d } from '../ops/lp-pool.ts';
import type { LpPool1dOptions, LpPool2dOptions } from '../ops/lp-pool.ts';
import type { Pair } from '../ops/op.ts';
import type { Tensor } from '../tensor.ts';
import { Module } from './module.ts';

type Options<Pool> = Omit<Pool, 'normType' | 'kernelSize'>;

/** The p-norm of every window; options as in lpPool2d. As `torch.nn.LPPool2d`. @throws ArgumentError, ArgumentRangeError */
export class LPPool2d extends Module {
  readonly normType: number;
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly ceilMode: boolean;

  constructor(normType: number, kernelSize: Pair, options: Options<LpPool2dOptions> = {}) {
    super();
    const { kernel, stride, ceilMode } = checkLpPoolOptions(
      'LPPool2d',
      { ...options, normType, kernelSize },
      2,
    );
    this.normType = normType;
    this.kernelSize = kernel;
    this.stride = stride;
    this.ceilMode = ceilMode;
  }

  forward(x: Tensor): Tensor {
    return lpPool2d(x, this);
  }

  protected override extraRepr(): string {
    return (
      `normType=${this.normType}, kernelSize=[${this.kernelSize.join(', ')}], ` +
      `stride=[${this.stride.join(', ')}], ceilMode=${this.ceilMode}`
    );
  }
}

/** The p-norm of every window of a signal. As `torch.nn.LPPool1d`. @throws ArgumentError, ArgumentRangeError */
export class LPPool1d extends Module {
  readonly normType: number;
  readonly kernelSize: number;
  readonly stride: number;
  readonly ceilMode: boolean;

  constructor(normType: number, kernelSize: number, options: Options<LpPool1dOptions> = {}) {
    super();
    const { kernel, stride, ceilMode } = checkLpPoolOptions(
      'LPPool1d',
      { ...options, normType, kernelSize },
      1,
    );
    this.normType = normType;
    this.kernelSize = kernel[1];
    this.stride = stride[1];
    this.ceilMode = ceilMode;
  }

  forward(x: Tensor): Tensor {
    return lpPool1d(x, this);
  }

  protected override extraRepr(): string {
    return `normType=${this.normType}, kernelSize=${this.kernelSize}, stride=${this.stride}, ceilMode=${this.ceilMode}`;
  }
}
