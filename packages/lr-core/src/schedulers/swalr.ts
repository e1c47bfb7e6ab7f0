import { checkInteger } from '../check.ts';
import type { Optimizer } from '../optimizer.ts';
import { LRScheduler, type SchedulerOptions } from '../scheduler.ts';
import { checkChoice, collapse } from './checks.ts';
import { RememberedCosine } from './cosine.ts';

export interface SWALROptions extends SchedulerOptions {
  /** The learning rate to anneal to, or one a group. */
  swaLr: number | readonly number[];
  /** How many epochs that takes. Default 10. */
  annealEpochs?: number;
  /** Default `'cos'`. */
  annealStrategy?: 'cos' | 'linear';
}

/**
 * Anneals the learning rate, whatever it was, to `swaLr`, and keeps it there, for stochastic weight averaging: lr_t =
 * swaLr · a_t + first · (1 - a_t), a_t = t / annealEpochs, or (1 - cos(pi t / annealEpochs)) / 2. `first` is worked out
 * from lr_(t-1), so that changes from outside are carried on.
 *
 * Source: P. Izmailov et al., Averaging Weights Leads to Wider Optima and Better Generalization, 2018;
 * PyTorch `torch.optim.swa_utils.SWALR`.
 *
 * ```ts
 * const optimizer = new SGD([new Param([1])], { lr: 0.1 });
 * const scheduler = new SWALR(optimizer, { swaLr: 0.05, annealEpochs: 5 });
 * ```
 */
export class SWALR extends LRScheduler {
  swaLr: number[];
  annealEpochs: number;
  annealStrategy: 'cos' | 'linear';
  private readonly swaKey = this.groupKey('swa');
  readonly #cosine = new RememberedCosine();

  /** @throws ArgumentError, ArgumentRangeError for a wrong option */
  constructor(optimizer: Optimizer, options: SWALROptions) {
    super(optimizer, options);
    const given = this.readOptions<Required<Omit<SWALROptions, keyof SchedulerOptions>>>(options, {
      swaLr: undefined as unknown as number,
      annealEpochs: 10,
      annealStrategy: 'cos',
    });
    this.swaLr = this.perGroup('swaLr', given.swaLr);
    checkChoice(this.type, 'annealStrategy', given.annealStrategy, ['cos', 'linear']);
    checkInteger(this.type, 'annealEpochs', given.annealEpochs, 0);
    this.annealEpochs = given.annealEpochs;
    this.annealStrategy = given.annealStrategy;
    const resumed = this.lastEpoch !== -1;
    this.start();
    if (resumed) this.stepCount = this.lastEpoch + 1;
  }

  protected override start(): void {
    const key = this.swaKey;
    const before = this.groups.map((group) => group[key]);
    this.groups.forEach((group, i) => (group[key] = this.swaLr[i]!));
    let ok = false;
    try {
      super.start();
      ok = true;
    } finally {
      if (!ok) this.groups.forEach((group, i) => (group[key] = before[i]!));
    }
  }

  protected override get optionKeys(): readonly string[] {
    return ['swaLr', 'annealEpochs', 'annealStrategy'];
  }

  protected override get groupKeys(): readonly string[] {
    return [this.initialKey, this.swaKey];
  }

  protected override compute(values: Float64Array): void {
    this.keep(values);
    if (this.isInitial && this.lastEpoch > 0) return;
    this.checkGroupCount();
    const length = Math.max(1, this.annealEpochs);
    const step = this.annealEpochs === 0 ? Math.max(1, this.stepCount - 1) : this.stepCount - 1;
    const previous = this.#anneal(step - 1, length); // remembered from the last step
    const part = this.#anneal(step, length);
    const { groups, swaKey } = this;
    for (let i = 0; i < values.length; i++) {
      const swaLr = groups[i]![swaKey]!;
      const lr = values[i]!;
      const first = previous === 1 ? swaLr : (lr - previous * swaLr) / (1 - previous);
      values[i] = swaLr * part + first * (1 - part);
    }
  }

  #anneal(step: number, length: number): number {
    const t = Math.max(0, Math.min(1, step / length));
    return this.annealStrategy === 'linear' ? t : (1 - this.#cosine.of(Math.PI * t)) / 2;
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), swaLr: collapse(this.swaLr) };
  }
}
