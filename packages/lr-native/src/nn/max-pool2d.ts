import { checkPoolOptions, maxPool2d } from '../ops/max-pool2d.ts';
import type { MaxPool2dOptions } from '../ops/max-pool2d.ts';
import type { Pair } from '../ops/op.ts';
import type { Tensor } from '../tensor.ts';
import { Module } from './module.ts';

/** The maximum of every window. As `torch.nn.MaxPool2d`. @throws ArgumentError, ArgumentRangeError */
export class MaxPool2d extends Module {
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly ceilMode: boolean;

  constructor(kernelSize: Pair, options: Omit<MaxPool2dOptions, 'kernelSize'> = {}) {
    super();
    const { kernel, stride, padding, dilation, ceilMode } = checkPoolOptions('MaxPool2d', {
      ...options,
      kernelSize,
    });
    this.kernelSize = kernel;
    this.stride = stride;
    this.padding = padding;
    this.dilation = dilation;
    this.ceilMode = ceilMode;
  }

  forward(x: Tensor): Tensor {
    return maxPool2d(x, this);
  }

  protected override extraRepr(): string {
    return (
      `kernelSize=[${this.kernelSize.join(', ')}], stride=[${this.stride.join(', ')}], ` +
      `padding=[${this.padding.join(', ')}], dilation=[${this.dilation.join(', ')}], ceilMode=${this.ceilMode}`
    );
  }
}
