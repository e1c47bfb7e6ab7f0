/** Means over windows as modules. */
import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  avgPool1d,
  avgPool2d,
  checkAvgPoolOptions,
  checkOutputSize,
} from '../ops/avg-pool.ts';
import type { AvgPool1dOptions, AvgPool2dOptions, OutputSize } from '../ops/avg-pool.ts';
import type { Pair } from '../ops/op.ts';
import type { Tensor } from '../tensor.ts';
import { Module } from './module.ts';

/** The mean of every window. As `torch.nn.AvgPool2d`. @throws ArgumentError, ArgumentRangeError */
export class AvgPool2d extends Module {
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly ceilMode: boolean;
  readonly countIncludePad: boolean;
  readonly divisorOverride: number | null;

  constructor(kernelSize: Pair, options: Omit<AvgPool2dOptions, 'kernelSize'> = {}) {
    super();
    const { kernel, stride, padding, ceilMode } = checkAvgPoolOptions(
      'AvgPool2d',
      { ...options, kernelSize },
      2,
    );
    this.kernelSize = kernel;
    this.stride = stride;
    this.padding = padding;
    this.ceilMode = ceilMode;
    this.countIncludePad = options.countIncludePad ?? true;
    this.divisorOverride = options.divisorOverride ?? null;
  }

  forward(x: Tensor): Tensor {
    return avgPool2d(x, this);
  }

  protected override extraRepr(): string {
    return (
      `kernelSize=[${this.kernelSize.join(', ')}], stride=[${this.stride.join(', ')}], ` +
      `padding=[${this.padding.join(', ')}]`
    );
  }
}

/** The mean of every window of a signal. As `torch.nn.AvgPool1d`. @throws ArgumentError, ArgumentRangeError */
export class AvgPool1d extends Module {
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: number;
  readonly ceilMode: boolean;
  readonly countIncludePad: boolean;

  constructor(kernelSize: number, options: Omit<AvgPool1dOptions, 'kernelSize'> = {}) {
    super();
    const checked = checkAvgPoolOptions('AvgPool1d', { ...options, kernelSize }, 1);
    this.kernelSize = checked.kernel[1];
    this.stride = checked.stride[1];
    this.padding = checked.padding[1];
    this.ceilMode = checked.ceilMode;
    this.countIncludePad = options.countIncludePad ?? true;
  }

  forward(x: Tensor): Tensor {
    return avgPool1d(x, this);
  }

  protected override extraRepr(): string {
    return `kernelSize=${this.kernelSize}, stride=${this.stride}, padding=${this.padding}`;
  }
}

/** Means over as many windows as asked for. As `torch.nn.AdaptiveAvgPool2d`. @throws ArgumentError, ArgumentRangeError */
export class AdaptiveAvgPool2d extends Module {
  readonly outputSize: readonly [number | null, number | null];

  constructor(outputSize: OutputSize) {
    super();
    this.outputSize = checkOutputSize('AdaptiveAvgPool2d', outputSize, 2);
  }

  forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this);
  }

  protected override extraRepr(): string {
    return `outputSize=[${this.outputSize.join(', ')}]`;
  }
}

/** Means over as many windows of a signal as asked for. As `torch.nn.AdaptiveAvgPool1d`. @throws ArgumentError, ArgumentRangeError */
export class AdaptiveAvgPool1d extends Module {
  readonly outputSize: number;

  constructor(outputSize: number) {
    super();
    this.outputSize = checkOutputSize('AdaptiveAvgPool1d', outputSize, 1)[1]!;
  }

  forward(x: Tensor): Tensor {
    return adaptiveAvgPool1d(x, this);
  }

  protected override extraRepr(): string {
    return `outputSize=${this.outputSize}`;
  }
}
