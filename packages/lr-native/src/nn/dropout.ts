/** Dropout modules: they drop while training. */
import {
  alphaDropout,
  checkProbability,
  dropout,
  dropout1d,
  dropout2d,
  featureAlphaDropout,
} from '../ops/dropout.ts';
import type { Tensor } from '../tensor.ts';
import { Module } from './module.ts';

abstract class DropoutModule extends Module {
  readonly p: number;

  /** @param p probability to drop; default 0.5 */
  constructor(p = 0.5) {
    super();
    checkProbability(new.target.name, p);
    this.p = p;
  }

  protected override extraRepr(): string {
    return `p=${this.p}`;
  }
}

/** Zeroes elements with probability `p` (default 0.5) while training. As `torch.nn.Dropout`. @throws ArgumentError, ArgumentRangeError */
export class Dropout extends DropoutModule {
  forward(x: Tensor): Tensor {
    return dropout(x, this);
  }
}

/** Zeroes channels of signals. As `torch.nn.Dropout1d`. @throws ArgumentError, ArgumentRangeError */
export class Dropout1d extends DropoutModule {
  forward(x: Tensor): Tensor {
    return dropout1d(x, this);
  }
}

/** Zeroes channels of images. As `torch.nn.Dropout2d`. @throws ArgumentError, ArgumentRangeError */
export class Dropout2d extends DropoutModule {
  forward(x: Tensor): Tensor {
    return dropout2d(x, this);
  }
}

/** Dropout after SELU. As `torch.nn.AlphaDropout`. @throws ArgumentError, ArgumentRangeError */
export class AlphaDropout extends DropoutModule {
  forward(x: Tensor): Tensor {
    return alphaDropout(x, this);
  }
}

/** AlphaDropout of channels. As `torch.nn.FeatureAlphaDropout`. @throws ArgumentError, ArgumentRangeError */
export class FeatureAlphaDropout extends DropoutModule {
  forward(x: Tensor): Tensor {
    return featureAlphaDropout(x, this);
  }
}
