/** A training run: its parts, a step, an epoch's end, and its state. What is printed and written is commands/train.ts's. */
import type { Optimizer } from '@org/lr-core';
import {
  compileStep,
  defaultGenerator,
  device,
  manualSeed,
  type CheckpointParts,
  type Device,
  type GeneratorState,
  type nn,
  type Tensor,
} from '@org/lr-native';
import { findAnomaly } from './anomaly.ts';
import { buildLoss, buildModel, trial } from './build.ts';
import type { Config } from './config.ts';
import { toDevice, type Batch, type Data } from './data.ts';
import { at, NonfiniteError } from './errors.ts';
import { evaluate, sumOfLosses, type Evaluation } from './evaluate.ts';
import { warn } from './output.ts';
import { buildOptimizer, Schedule } from './schedule.ts';

/** How far a run is. */
export interface Progress {
  /** Epochs done. */
  epoch: number;
  /** Steps done, and those of them in the epoch at hand. */
  step: number;
  stepInEpoch: number;
  /** The sum of the loss over the epoch's examples, and how many examples that is. */
  lossSum: number;
  examples: number;
  /** Steps that were left out since their loss was not finite, with --skip-nonfinite. */
  skipped: number;
}

export class Trainer {
  readonly model: nn.Sequential;
  readonly loss: nn.Module;
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
  readonly data: Data;
  readonly #device: Device;
  readonly progress: Progress;
  readonly #skipNonfinite: boolean;
  /** Forward, backward and the optimizer's step, which a loss that is not finite leaves out. @returns the loss */
  readonly #optimize: (batch: Batch) => number;

  /**
   * Seeds the random stream, makes the parts, and tries the model and the loss on one example.
   * @throws UsageError that names the part of the config that does not fit
   */
  constructor(config: Config, data: Data, { skipNonfinite = false }: { skipNonfinite?: boolean } = {}) {
    this.#skipNonfinite = skipNonfinite;
    this.#device = at('device', () => device(config.device ?? (process.env.LR_DEVICE || 'cpu')));
    manualSeed(config.seed);
    this.data = data;
    this.model = buildModel(config.model).to(this.#device);
    this.loss = buildLoss(config.loss).to(this.#device);
    this.optimizer = buildOptimizer(config.optimizer, this.model.namedParameters());
    this.schedule = new Schedule(config.schedulers, this.optimizer);
    this.#optimize = config.compile ? this.#compiled() : (batch) => this.#eager(batch);
    trial(this.model, this.loss, ...toDevice(data.first(), this.#device));
    this.progress = { epoch: 0, step: 0, stepInEpoch: 0, lossSum: 0, examples: 0, skipped: 0 };
  }

  /** The learning rate of each parameter group. */
  get rates(): number[] {
    return this.optimizer.paramGroups.map(({ lr }) => lr);
  }

  /** The mean loss of the epoch so far. */
  get trainLoss(): number {
    return this.progress.lossSum / this.progress.examples;
  }

  /**
   * One optimizer step, and the schedulers that follow steps. A step whose loss is not finite is left out, with its
   * schedulers, where the run was told to.
   * @returns the loss of the batch, before the step
   * @throws NonfiniteError otherwise; nothing is changed then but the random stream
   */
  step(batch: Batch): number {
    const { progress } = this;
    const rng = defaultGenerator.getState();
    const value = this.#optimize(batch);
    progress.step++;
    progress.stepInEpoch++;
    if (!Number.isFinite(value)) {
      if (!this.#skipNonfinite) throw this.#nonfinite(value, batch, rng);
      progress.skipped++;
      return value;
    }
    this.schedule.endStep();
    const size = batch[0].shape[0]!;
    progress.lossSum += sumOfLosses(this.loss, value, size);
    progress.examples += size;
    return value;
  }

  #forward(batch: Batch): Tensor {
    const [x, target] = toDevice(batch, this.#device);
    this.optimizer.zeroGrad();
    return this.loss.forward(this.model.forward(x) as Tensor, target) as Tensor;
  }

  #eager(batch: Batch): number {
    const buffers = this.model.buffers().map((buffer) => [buffer, buffer.copy()] as const);
    const loss = this.#forward(batch);
    const value = loss.item();
    if (Number.isFinite(value)) {
      loss.backward();
      this.optimizer.step();
    } else {
      for (const [buffer, { data }] of buffers) (buffer.data as Float32Array).set(data as Float32Array);
    }
    return value;
  }

  /** The same bits as `#eager`, without its overhead. */
  #compiled(): (batch: Batch) => number {
    const { model, loss, optimizer } = this;
    const onEager = (reason: string): void => warn(`the steps are not compiled: ${reason}`);
    const step = compileStep({ model, loss, optimizer, skipNonfinite: true, onEager });
    return (batch) => step(...toDevice(batch, this.#device));
  }

  /** The error of a loss that is not finite, with the op that made it: the step is replayed, and every op watched. */
  #nonfinite(value: number, batch: Batch, rng: GeneratorState): NonfiniteError {
    const { step, epoch } = this.progress;
    defaultGenerator.setState(rng);
    const culprit = findAnomaly(() => this.#forward(batch));
    return new NonfiniteError(
      `the loss is ${value} at step ${step} of epoch ${epoch + 1}, with a learning rate of ${this.rates.join(', ')}` +
        `${culprit === undefined ? '' : `: ${culprit}`}; ` +
        'a lower optimizer.lr often helps, and so does looking for values in the data that are not finite; ' +
        '--skip-nonfinite leaves such steps out',
    );
  }

  /** What the model makes of `batches`. */
  evaluate(batches: Iterable<Batch>): Evaluation {
    return evaluate(this.model, this.loss, batches, this.#device);
  }

  /** What the model makes of the validation data; undefined where there is none. */
  validate(): Evaluation | undefined {
    const batches = this.data.validation();
    return batches === undefined ? undefined : this.evaluate(batches);
  }

  /** Steps the schedulers that follow epochs, and begins the next epoch. */
  endEpoch(evaluation: Evaluation | undefined): void {
    this.schedule.endEpoch({
      trainLoss: this.trainLoss,
      valLoss: evaluation?.loss,
      valAccuracy: evaluation?.accuracy,
    });
    Object.assign(this.progress, { epoch: this.progress.epoch + 1, stepInEpoch: 0, lossSum: 0, examples: 0 });
  }

  /** What a checkpoint holds the state of. */
  get parts(): CheckpointParts {
    const { model, optimizer, schedule, data } = this;
    return { model, optimizer, scheduler: schedule, loader: data.loader };
  }
}
