/** Convolutions and transposed convolutions with learnt kernels, of images and of signals. */
import { checkBoolean, checkInteger, checkRange, checkType } from '@org/lr-core';
import { zeros } from '../creation.ts';
import type { ConvAlgorithm } from '../addon-types.ts';
import { calculateFans, kaimingUniform_, uniform_ } from '../init.ts';
import { convTranspose1d, convTranspose2d, checkConvTransposeOptions } from '../ops/conv-transpose.ts';
import type { ConvTransposeOptions } from '../ops/conv-transpose.ts';
import { checkConvAlgorithm, checkConvOptions, conv1d, conv2d } from '../ops/conv2d.ts';
import type { Conv2dGeometry, ConvAlgorithmOption, ConvOptions } from '../ops/conv2d.ts';
import { checkChoice, checkSpatial } from '../ops/op.ts';
import type { Pair, Spatial } from '../ops/op.ts';
import { pad } from '../ops/pad.ts';
import type { PadMode } from '../ops/pad.ts';
import type { Tensor } from '../tensor.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';

const PADDING_MODES = ['zeros', 'reflect', 'replicate', 'circular'] as const;

export interface BiasOption {
  /** Default true. */
  bias?: boolean;
}
export interface ConvModuleOptions<Size> extends ConvOptions<Size>, BiasOption {
  /** What stands in the padding; default `'zeros'`. */
  paddingMode?: (typeof PADDING_MODES)[number];
}
export type Conv2dModuleOptions = ConvModuleOptions<Pair> & ConvAlgorithmOption;
export type Conv1dModuleOptions = ConvModuleOptions<number>;
export type ConvTransposeModuleOptions<Size> = ConvTransposeOptions<Size> & BiasOption;

/** @throws ArgumentRangeError unless both numbers of channels are multiples of `groups` */
function checkChannels(op: string, inChannels: number, outChannels: number, groups: number): void {
  checkRange(inChannels % groups === 0, op, 'groups', `a divisor of inChannels (${inChannels})`, groups);
  checkRange(outChannels % groups === 0, op, 'groups', `a divisor of outChannels (${outChannels})`, groups);
}

/** What all have: channels, a kernel, and weights drawn as PyTorch draws them. */
abstract class ConvBase extends Module {
  readonly inChannels: number;
  readonly outChannels: number;
  weight!: Parameter;
  /** (outChannels), or null */
  bias!: Parameter | null;

  constructor(inChannels: number, outChannels: number) {
    super();
    checkInteger(new.target.name, 'inChannels', inChannels, 1);
    checkInteger(new.target.name, 'outChannels', outChannels, 1);
    this.inChannels = inChannels;
    this.outChannels = outChannels;
  }

  protected makeParameters(shape: readonly number[], hasBias: boolean): void {
    checkBoolean(this.constructor.name, 'bias', hasBias);
    this.weight = new Parameter(zeros(shape));
    this.bias = hasBias ? new Parameter(zeros([this.outChannels])) : null;
    this.resetParameters();
  }

  /** Draws new values as PyTorch does: uniform in ±1 / √(inputs of one output). */
  resetParameters(): void {
    kaimingUniform_(this.weight, { a: Math.sqrt(5) });
    const bound = 1 / Math.sqrt(calculateFans(this.constructor.name, this.weight.shape).fanIn);
    if (this.bias !== null) uniform_(this.bias, { a: -bound, b: bound });
  }

  /** The options as they print, those that are not their default. */
  protected describe(
    options: Readonly<Record<string, readonly number[] | number | string>>,
    defaults: Readonly<Record<string, number | string>>,
  ): string {
    const parts = [`${this.inChannels}, ${this.outChannels}`];
    for (const [name, value] of Object.entries(options)) {
      const list = Array.isArray(value) ? (value as readonly number[]) : [value as number | string];
      if (list.every((item) => item === defaults[name])) continue;
      const text =
        typeof value === 'string'
          ? `'${value}'`
          : Array.isArray(value)
            ? `[${list.join(', ')}]`
            : list.join();
      parts.push(`${name}=${text}`);
    }
    if (this.bias === null) parts.push('bias=false');
    return parts.join(', ');
  }
}

/** A size as the module keeps it: a pair of an image, a number of a signal. */
type Kept<S extends Spatial> = S extends 2 ? readonly [number, number] : number;

abstract class ConvModule<S extends Spatial> extends ConvBase {
  readonly kernelSize: Kept<S>;
  readonly stride: Kept<S>;
  readonly padding: Kept<S> | 'same' | 'valid';
  readonly dilation: Kept<S>;
  readonly groups: number;
  readonly paddingMode: (typeof PADDING_MODES)[number];
  /** Around the input where paddingMode is not `'zeros'`, as pad takes it. */
  private readonly around: readonly number[];

  constructor(
    spatial: S,
    inChannels: number,
    outChannels: number,
    kernelSize: Pair,
    options: ConvModuleOptions<Pair>,
  ) {
    super(inChannels, outChannels);
    const op = new.target.name;
    const kernel = checkSpatial(op, 'kernelSize', kernelSize, 1, spatial, 1);
    const { bias = true, padding = 0, paddingMode = 'zeros' } = options;
    const geometry: Conv2dGeometry = checkConvOptions(op, options, kernel, spatial);
    checkChoice(op, 'paddingMode', paddingMode, PADDING_MODES);
    checkChannels(op, inChannels, outChannels, geometry.groups);
    const keep = (size: readonly [number, number]): Kept<S> => (spatial === 2 ? size : size[1]) as Kept<S>;
    this.kernelSize = keep(kernel);
    this.stride = keep(geometry.stride);
    this.padding = typeof padding === 'string' ? padding : keep(geometry.padding.before);
    this.dilation = keep(geometry.dilation);
    this.groups = geometry.groups;
    this.paddingMode = paddingMode;
    const { before, after } = geometry.padding;
    this.around = [before[1], after[1], before[0], after[0]].slice(0, 2 * spatial);
    this.makeParameters([outChannels, inChannels / this.groups, ...kernel.slice(-spatial)], bias);
  }

  /** The input with what is not zeros around it, and the padding that remains. */
  protected padded(x: Tensor): [Tensor, this['padding'] | 0] {
    if (this.paddingMode === 'zeros') return [x, this.padding];
    return [pad(x, this.around, { mode: this.paddingMode as PadMode }), 0];
  }

  protected override extraRepr(): string {
    const { kernelSize, stride, padding, dilation, groups, paddingMode } = this;
    return this.describe(
      { kernelSize, stride, padding, dilation, groups, paddingMode },
      { stride: 1, padding: 0, dilation: 1, groups: 1, paddingMode: 'zeros' },
    );
  }
}

/**
 * 2-D convolution with a learnt kernel. As `torch.nn.Conv2d`, and with the same weights for the same `manualSeed`.
 * Its weight is (outChannels, inChannels / groups, kernelHeight, kernelWidth).
 *
 * @example new nn.Conv2d(1, 32, 3, { padding: 'same' })
 * @throws ArgumentError, ArgumentRangeError
 */
export class Conv2d extends ConvModule<2> {
  /** How it is computed; undefined follows `setConvAlgorithm`. */
  readonly convAlgorithm: ConvAlgorithm | undefined;

  constructor(inChannels: number, outChannels: number, kernelSize: Pair, options: Conv2dModuleOptions = {}) {
    const convAlgorithm = checkConvAlgorithm('Conv2d', options.convAlgorithm);
    super(2, inChannels, outChannels, kernelSize, options);
    this.convAlgorithm = convAlgorithm;
  }

  forward(input: Tensor): Tensor {
    const [x, padding] = this.padded(input);
    const { stride, dilation, groups, convAlgorithm } = this;
    return conv2d(x, this.weight, this.bias, { stride, padding, dilation, groups, convAlgorithm });
  }

  protected override extraRepr(): string {
    const { convAlgorithm } = this;
    const described = super.extraRepr();
    return convAlgorithm === undefined ? described : `${described}, convAlgorithm='${convAlgorithm}'`;
  }
}

/**
 * 1-D convolution with a learnt kernel. As `torch.nn.Conv1d`, and with the same weights for the same `manualSeed`.
 * Its weight is (outChannels, inChannels / groups, kernelLength).
 *
 * @throws ArgumentError, ArgumentRangeError
 */
export class Conv1d extends ConvModule<1> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: number,
    options: Conv1dModuleOptions = {},
  ) {
    super(1, inChannels, outChannels, kernelSize, options);
  }

  forward(input: Tensor): Tensor {
    const [x, padding] = this.padded(input);
    const { stride, dilation, groups } = this;
    return conv1d(x, this.weight, this.bias, { stride, padding, dilation, groups });
  }
}

abstract class ConvTransposeModule<S extends Spatial> extends ConvBase {
  readonly kernelSize: Kept<S>;
  readonly stride: Kept<S>;
  readonly padding: Kept<S>;
  readonly outputPadding: Kept<S>;
  readonly dilation: Kept<S>;
  readonly groups: number;

  constructor(
    spatial: S,
    inChannels: number,
    outChannels: number,
    kernelSize: Pair,
    options: ConvTransposeModuleOptions<Pair>,
  ) {
    super(inChannels, outChannels);
    const op = new.target.name;
    checkType(typeof options.padding !== 'string', op, 'padding', 'a size', options.padding);
    const kernel = checkSpatial(op, 'kernelSize', kernelSize, 1, spatial, 1);
    const geometry = checkConvTransposeOptions(op, options, spatial);
    checkChannels(op, inChannels, outChannels, geometry.groups);
    const keep = (size: readonly [number, number]): Kept<S> => (spatial === 2 ? size : size[1]) as Kept<S>;
    this.kernelSize = keep(kernel);
    this.stride = keep(geometry.stride);
    this.padding = keep(geometry.padding);
    this.outputPadding = keep(geometry.outputPadding);
    this.dilation = keep(geometry.dilation);
    this.groups = geometry.groups;
    const shape = [inChannels, outChannels / this.groups, ...kernel.slice(-spatial)];
    this.makeParameters(shape, options.bias ?? true);
  }

  protected override extraRepr(): string {
    const { kernelSize, stride, padding, outputPadding, dilation, groups } = this;
    return this.describe(
      { kernelSize, stride, padding, outputPadding, dilation, groups },
      { stride: 1, padding: 0, outputPadding: 0, dilation: 1, groups: 1 },
    );
  }
}

/**
 * 2-D transposed convolution with a learnt kernel. As `torch.nn.ConvTranspose2d`, and with the same weights for the same
 * `manualSeed`. Its weight is (inChannels, outChannels / groups, kernelHeight, kernelWidth).
 *
 * @throws ArgumentError, ArgumentRangeError
 */
export class ConvTranspose2d extends ConvTransposeModule<2> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Pair,
    options: ConvTransposeModuleOptions<Pair> = {},
  ) {
    super(2, inChannels, outChannels, kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    const { stride, padding, outputPadding, dilation, groups } = this;
    return convTranspose2d(x, this.weight, this.bias, { stride, padding, outputPadding, dilation, groups });
  }
}

/**
 * 1-D transposed convolution with a learnt kernel. As `torch.nn.ConvTranspose1d`, and with the same weights for the same
 * `manualSeed`. Its weight is (inChannels, outChannels / groups, kernelLength).
 *
 * @throws ArgumentError, ArgumentRangeError
 */
export class ConvTranspose1d extends ConvTransposeModule<1> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: number,
    options: ConvTransposeModuleOptions<number> = {},
  ) {
    super(1, inChannels, outChannels, kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    const { stride, padding, outputPadding, dilation, groups } = this;
    return convTranspose1d(x, this.weight, this.bias, { stride, padding, outputPadding, dilation, groups });
  }
}
