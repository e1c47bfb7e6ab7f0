import { fold, unfold } from '../ops/unfold.ts';
import type { FoldOptions, UnfoldOptions } from '../ops/unfold.ts';
import { checkPair } from '../ops/op.ts';
import type { Tensor } from '../tensor.ts';
import { Module } from './module.ts';

/** The windows of images as columns; options as in unfold. As `torch.nn.Unfold`. @throws ArgumentError, ArgumentRangeError */
export class Unfold extends Module {
  readonly options: Readonly<UnfoldOptions>;

  constructor(options: UnfoldOptions) {
    super();
    checkPair('Unfold', 'kernelSize', options?.kernelSize, 1);
    this.options = { ...options };
  }

  forward(x: Tensor): Tensor {
    return unfold(x, this.options);
  }
}

/** Columns added up to images; options as in fold. As `torch.nn.Fold`. @throws ArgumentError, ArgumentRangeError */
export class Fold extends Module {
  readonly options: Readonly<FoldOptions>;

  constructor(options: FoldOptions) {
    super();
    checkPair('Fold', 'kernelSize', options?.kernelSize, 1);
    checkPair('Fold', 'outputSize', options.outputSize, 1);
    this.options = { ...options };
  }

  forward(x: Tensor): Tensor {
    return fold(x, this.options);
  }
}
