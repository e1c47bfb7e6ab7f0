import { checkInterpolateOptions, interpolate } from '../ops/interpolate.ts';
import type { InterpolateOptions } from '../ops/interpolate.ts';
import type { Tensor } from '../tensor.ts';
import { Module } from './module.ts';

/** Resizes images and signals; options as in interpolate. As `torch.nn.Upsample`. @throws ArgumentError, ArgumentRangeError */
export class Upsample extends Module {
  readonly options: Readonly<InterpolateOptions>;

  constructor(options: InterpolateOptions) {
    super();
    checkInterpolateOptions('Upsample', options);
    this.options = { ...options };
  }

  forward(x: Tensor): Tensor {
    return interpolate(x, this.options);
  }

  protected override extraRepr(): string {
    return Object.entries(this.options)
      .map(([name, value]) => `${name}=${Array.isArray(value) ? `[${value.join(', ')}]` : value}`)
      .join(', ');
  }
}
