import { cos } from '../exact-math.ts';
import type { Optimizer } from '../optimizer.ts';
import { LRScheduler, type SchedulerOptions } from '../scheduler.ts';
import { checkFinite, checkPositive } from './checks.ts';
import { RememberedCosine } from './cosine.ts';

export interface CosineAnnealingLROptions extends SchedulerOptions {
  /** Half the period, in epochs: > 0. */
  tMax: number;
  /** The smallest learning rate. Default 0. */
  etaMin?: number;
}

/**
 * Half a cosine from the base learning rate to `etaMin` in `tMax` epochs, then back: period 2 tMax, no restarts. With
 * c_t = 1 + cos(pi t / tMax): lr_t = etaMin + (lr_(t-1) - etaMin) · c_t / c_(t-1), after a minimum
 * lr_(t-1) + (base - etaMin)(1 - cos(pi / tMax)) / 2. Closed form: etaMin + (base - etaMin) · c_t / 2.
 *
 * Source: I. Loshchilov, F. Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2017 (without the restarts);
 * PyTorch `torch.optim.lr_scheduler.CosineAnnealingLR`.
 *
 * ```ts
 * const optimizer = new SGD([new Param([1])], { lr: 0.05 });
 * const scheduler = new CosineAnnealingLR(optimizer, { tMax: 100, etaMin: 1e-4 });
 * ```
 */
export class CosineAnnealingLR extends LRScheduler {
  tMax: number;
  etaMin: number;
  readonly #cosine = new RememberedCosine();
  readonly #firstCosine = new RememberedCosine();

  /** @throws ArgumentError, ArgumentRangeError for a wrong option */
  constructor(optimizer: Optimizer, options: CosineAnnealingLROptions) {
    super(optimizer, options);
    const { tMax, etaMin } = this.readOptions(options, { tMax: undefined as unknown as number, etaMin: 0 });
    checkPositive(this.type, 'tMax', tMax);
    checkFinite(this.type, 'etaMin', etaMin);
    this.tMax = tMax;
    this.etaMin = etaMin;
    this.start();
  }

  protected override get optionKeys(): readonly string[] {
    return ['tMax', 'etaMin'];
  }

  protected override compute(values: Float64Array): void {
    const { lastEpoch, tMax, etaMin } = this;
    this.keep(values);
    if (this.isInitial) return;
    if ((lastEpoch - 1 - tMax) % (2 * tMax) === 0) {
      this.checkGroupCount();
      const rise = 1 - this.#firstCosine.of(Math.PI / tMax);
      for (let i = 0; i < values.length; i++)
        values[i] = values[i]! + ((this.baseLrs[i]! - etaMin) * rise) / 2;
    } else {
      const before = 1 + this.#cosine.of((Math.PI * (lastEpoch - 1)) / tMax); // remembered from the last step
      const ratio = (1 + this.#cosine.of((Math.PI * lastEpoch) / tMax)) / before;
      for (let i = 0; i < values.length; i++) values[i] = ratio * (values[i]! - etaMin) + etaMin;
    }
  }

  protected override closedForm(epoch: number, values: Float64Array): void {
    this.checkGroupCount();
    const { etaMin } = this;
    const height = 1 + cos((Math.PI * epoch) / this.tMax);
    const { baseLrs } = this;
    for (let i = 0; i < baseLrs.length; i++) values[i] = etaMin + ((baseLrs[i]! - etaMin) * height) / 2;
  }
}
