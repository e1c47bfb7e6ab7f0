/** Maxima over windows as modules, and their inverse. */
import {
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  checkPoolOptions,
  maxPool1d,
  maxPool2d,
  maxUnpool2d,
} from '../ops/max-pool.ts';
import type { MaxPool1dOptions, MaxPool2dOptions, MaxUnpool2dOptions } from '../ops/max-pool.ts';
import { checkOutputSize } from '../ops/avg-pool.ts';
import type { OutputSize } from '../ops/avg-pool.ts';
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
    const { kernel, stride, padding, dilation, ceilMode } = checkPoolOptions(
      'MaxPool2d',
      { ...options, kernelSize },
      2,
    );
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

/** The maximum of every window of a signal. As `torch.nn.MaxPool1d`. @throws ArgumentError, ArgumentRangeError */
export class MaxPool1d extends Module {
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
  readonly ceilMode: boolean;

  constructor(kernelSize: number, options: Omit<MaxPool1dOptions, 'kernelSize'> = {}) {
    super();
    const checked = checkPoolOptions('MaxPool1d', { ...options, kernelSize }, 1);
    this.kernelSize = checked.kernel[1];
    this.stride = checked.stride[1];
    this.padding = checked.padding[1];
    this.dilation = checked.dilation[1];
    this.ceilMode = checked.ceilMode;
  }

  forward(x: Tensor): Tensor {
    return maxPool1d(x, this);
  }

  protected override extraRepr(): string {
    const { kernelSize, stride, padding, dilation, ceilMode } = this;
    return `kernelSize=${kernelSize}, stride=${stride}, padding=${padding}, dilation=${dilation}, ceilMode=${ceilMode}`;
  }
}

/** Maxima over as many windows as asked for. As `torch.nn.AdaptiveMaxPool2d`. @throws ArgumentError, ArgumentRangeError */
export class AdaptiveMaxPool2d extends Module {
  readonly outputSize: readonly [number | null, number | null];

  constructor(outputSize: OutputSize) {
    super();
    this.outputSize = checkOutputSize('AdaptiveMaxPool2d', outputSize, 2);
  }

  forward(x: Tensor): Tensor {
    return adaptiveMaxPool2d(x, this);
  }

  protected override extraRepr(): string {
    return `outputSize=[${this.outputSize.join(', ')}]`;
  }
}

/** Maxima over as many windows of a signal as asked for. As `torch.nn.AdaptiveMaxPool1d`. @throws ArgumentError, ArgumentRangeError */
export class AdaptiveMaxPool1d extends Module {
  readonly outputSize: number;

  constructor(outputSize: number) {
    super();
    this.outputSize = checkOutputSize('AdaptiveMaxPool1d', outputSize, 1)[1]!;
  }

  forward(x: Tensor): Tensor {
    return adaptiveMaxPool1d(x, this);
  }

  protected override extraRepr(): string {
    return `outputSize=${this.outputSize}`;
  }
}

/** Puts elements where maxima were. As `torch.nn.MaxUnpool2d`. @throws ArgumentError, ArgumentRangeError */
export class MaxUnpool2d extends Module {
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];

  constructor(kernelSize: Pair, options: Omit<MaxUnpool2dOptions, 'kernelSize' | 'outputSize'> = {}) {
    super();
    const { kernel, stride, padding } = checkPoolOptions('MaxUnpool2d', { ...options, kernelSize }, 2);
    this.kernelSize = kernel;
    this.stride = stride;
    this.padding = padding;
  }

  forward(x: Tensor, indices: Tensor<'int32'>): Tensor {
    return maxUnpool2d(x, indices, this);
  }

  protected override extraRepr(): string {
    return (
      `kernelSize=[${this.kernelSize.join(', ')}], stride=[${this.stride.join(', ')}], ` +
      `padding=[${this.padding.join(', ')}]`
    );
  }
}
