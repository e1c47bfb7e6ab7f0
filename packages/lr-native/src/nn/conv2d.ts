import { checkBoolean, checkInteger, checkRange } from '@org/lr-core';
import { zeros } from '../creation.ts';
import { kaimingUniform_, uniform_ } from '../init.ts';
import { checkConv2dOptions, conv2d } from '../ops/conv2d.ts';
import type { Conv2dGeometry, Conv2dOptions } from '../ops/conv2d.ts';
import { checkPair } from '../ops/op.ts';
import type { Pair } from '../ops/op.ts';
import type { Tensor } from '../tensor.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';

export interface Conv2dModuleOptions extends Conv2dOptions {
  /** Default true. */
  bias?: boolean;
}

/**
 * 2-D convolution with a learnt kernel. As `torch.nn.Conv2d`, and with the same weights for the same `manualSeed`.
 *
 * @example new nn.Conv2d(1, 32, 3, { padding: 'same' })
 * @throws ArgumentError, ArgumentRangeError
 */
export class Conv2d extends Module {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number] | 'same' | 'valid';
  readonly dilation: readonly [number, number];
  readonly groups: number;
  /** (outChannels, inChannels / groups, kernelHeight, kernelWidth) */
  weight: Parameter;
  /** (outChannels), or null */
  bias: Parameter | null;

  constructor(inChannels: number, outChannels: number, kernelSize: Pair, options: Conv2dModuleOptions = {}) {
    super();
    checkInteger('Conv2d', 'inChannels', inChannels, 1);
    checkInteger('Conv2d', 'outChannels', outChannels, 1);
    const kernel = checkPair('Conv2d', 'kernelSize', kernelSize, 1);
    const { bias = true, padding = 0 } = options;
    checkBoolean('Conv2d', 'bias', bias);
    const geometry: Conv2dGeometry = checkConv2dOptions('Conv2d', options, kernel);
    const { groups } = geometry;
    checkRange(
      inChannels % groups === 0,
      'Conv2d',
      'groups',
      `a divisor of inChannels (${inChannels})`,
      groups,
    );
    checkRange(
      outChannels % groups === 0,
      'Conv2d',
      'groups',
      `a divisor of outChannels (${outChannels})`,
      groups,
    );
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = kernel;
    this.stride = geometry.stride;
    this.padding = typeof padding === 'string' ? padding : geometry.padding.before;
    this.dilation = geometry.dilation;
    this.groups = groups;
    this.weight = new Parameter(zeros([outChannels, inChannels / groups, ...kernel]));
    this.bias = bias ? new Parameter(zeros([outChannels])) : null;
    this.resetParameters();
  }

  /** Draws new values as PyTorch does: uniform in ±1 / √(inputs of one output). */
  resetParameters(): void {
    kaimingUniform_(this.weight, { a: Math.sqrt(5) });
    const bound = 1 / Math.sqrt(this.weight.size / this.outChannels);
    if (this.bias !== null) uniform_(this.bias, { a: -bound, b: bound });
  }

  forward(x: Tensor): Tensor {
    return conv2d(x, this.weight, this.bias, this);
  }

  protected override extraRepr(): string {
    const parts = [`${this.inChannels}, ${this.outChannels}, kernelSize=[${this.kernelSize.join(', ')}]`];
    if (this.stride.some((s) => s !== 1)) parts.push(`stride=[${this.stride.join(', ')}]`);
    if (typeof this.padding === 'string') parts.push(`padding='${this.padding}'`);
    else if (this.padding.some((p) => p !== 0)) parts.push(`padding=[${this.padding.join(', ')}]`);
    if (this.dilation.some((d) => d !== 1)) parts.push(`dilation=[${this.dilation.join(', ')}]`);
    if (this.groups !== 1) parts.push(`groups=${this.groups}`);
    if (this.bias === null) parts.push('bias=false');
    return parts.join(', ');
  }
}
