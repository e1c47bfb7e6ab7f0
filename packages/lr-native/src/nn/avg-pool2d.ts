import { adaptiveAvgPool2d, avgPool2d, checkAvgPoolOptions, checkOutputSize } from '../ops/avg-pool2d.ts';
import type { AdaptiveAvgPool2dOptions, AvgPool2dOptions } from '../ops/avg-pool2d.ts';
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
    const { kernel, stride, padding, ceilMode } = checkAvgPoolOptions('AvgPool2d', {
      ...options,
      kernelSize,
    });
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

/** Means over as many windows as asked for. As `torch.nn.AdaptiveAvgPool2d`. @throws ArgumentError, ArgumentRangeError */
export class AdaptiveAvgPool2d extends Module {
  readonly outputSize: readonly [number | null, number | null];

  constructor(outputSize: AdaptiveAvgPool2dOptions['outputSize']) {
    super();
    this.outputSize = checkOutputSize('AdaptiveAvgPool2d', outputSize);
  }

  forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this);
  }

  protected override extraRepr(): string {
    return `outputSize=[${this.outputSize.join(', ')}]`;
  }
}
