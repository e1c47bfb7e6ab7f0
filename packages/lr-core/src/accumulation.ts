/** Gradients of several batches for one optimizer step. */
import { checkInteger, checkType } from './check.ts';
import { Optimizer } from './optimizer.ts';
import { isSparse, onHost } from './storage.ts';

export interface GradientAccumulatorOptions {
  /** Batches a step, at least 1. */
  steps: number;
  /** Divide the summed gradients by the number of batches. Default `true`. */
  average?: boolean;
}

/**
 * Lets backward passes add up their gradients and runs an optimizer step every `steps` batches.
 *
 * ```ts
 * const weight = new Param([0]);
 * const optimizer = new SGD([weight], { lr: 0.1 });
 * const accumulator = new GradientAccumulator(optimizer, { steps: 4 });
 * for (const target of [1, 2, 3, 4, 5]) {
 *   const sum = weight.grad ?? new Float32Array(1);
 *   weight.grad = sum.map((g) => g + 2 * (weight.data[0]! - target)); // what a backward pass does: adds to the gradient
 *   accumulator.step();
 * }
 * accumulator.flush(); // the batches that are left over
 * ```
 */
export class GradientAccumulator {
  /** Batches since the last optimizer step. */
  pending = 0;
  readonly #optimizer: Optimizer;
  readonly #steps: number;
  readonly #average: boolean;

  /** @throws ArgumentError, ArgumentRangeError */
  constructor(optimizer: Optimizer, options: GradientAccumulatorOptions) {
    const op = 'GradientAccumulator';
    checkType(optimizer instanceof Optimizer, op, 'optimizer', 'an Optimizer', optimizer);
    checkInteger(op, 'steps', options?.steps, 1);
    const { average = true } = options;
    checkType(typeof average === 'boolean', op, 'average', 'a boolean', average);
    this.#optimizer = optimizer;
    this.#steps = options.steps;
    this.#average = average;
  }

  /**
   * Counts a batch, whose gradients have been added. Every `steps` batches it runs the optimizer and clears the
   * gradients.
   *
   * @returns whether the optimizer made a step (and did not skip it)
   */
  step(): boolean {
    this.pending++;
    return this.pending < this.#steps ? false : this.flush();
  }

  /**
   * Makes the step with the batches there are, averaged over their number.
   *
   * @returns whether the optimizer made a step; `false` where no batch is pending
   */
  flush(): boolean {
    if (this.pending === 0) return false;
    if (this.#average) this.#scale(1 / this.pending);
    const { stepCount } = this.#optimizer;
    this.#optimizer.step();
    this.#optimizer.zeroGrad();
    this.pending = 0;
    return this.#optimizer.stepCount > stepCount;
  }

  #scale(factor: number): void {
    const params = new Set(this.#optimizer.paramGroups.flatMap((group) => group.params));
    for (const { grad } of params) {
      if (grad === null) continue;
      onHost('GradientAccumulator', [isSparse(grad) ? grad.values : grad], ([values]) => {
        for (let i = 0; i < values!.length; i++) values![i] = values![i]! * factor;
      });
    }
  }
}
