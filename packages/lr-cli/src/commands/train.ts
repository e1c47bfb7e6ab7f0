/** `lr train`: train a config's model, log it, save it, export it, and check the export with onnxruntime. */
import { basename, extname, join } from 'node:path';
import {
  CheckpointMismatchError,
  cleanCheckpoints,
  getNumThreads,
  loadCheckpoint,
  saveCheckpoint,
  saveSafetensors,
  setNumThreads,
  type Best,
  type LoadedCheckpoint,
} from '@org/lr-native';
import { SummaryWriter } from '@org/lr-tensorboard';
import { loadConfig, type Config } from '../config.ts';
import { openData, type Data } from '../data.ts';
import { at, Interrupted, reason, UsageError } from '../errors.ts';
import type { Evaluation } from '../evaluate.ts';
import { checkExport, exportModel } from '../export-model.ts';
import { count, percent } from '../format.ts';
import { Output } from '../output.ts';
import { label } from '../plot/axes.ts';
import { curve, unitOf } from '../plot/curve.ts';
import { turn, watchSignals, type SignalWatch } from '../signals.ts';
import { Trainer } from '../trainer.ts';
import type { Agreement } from '../verify.ts';
import { prepareFile, makeFolder } from '../write.ts';
import { warn } from '../output.ts';

export interface TrainOptions {
  epochs?: number;
  device?: string;
  threads?: number;
  seed?: number;
  logDir?: string;
  checkpointDir?: string;
  resume?: boolean;
  compile?: boolean;
  skipNonfinite?: boolean;
  output: string;
  weights?: string;
  json?: boolean;
  quiet?: boolean;
}

const seconds = (since: number): number => Math.round(performance.now() - since) / 1000;

/** `2026-11-22T19-52-11`, local time, as part of a folder's name. */
function timestamp(): string {
  const now = new Date();
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19).replaceAll(':', '-');
}

/** What a checkpoint must have been made from for the run to go on: everything but how long it is and where it runs. */
function fingerprint(config: Config, { trainLength }: Data): Record<string, unknown> {
  const { seed, batchSize, data, model, loss, optimizer, schedulers } = config;
  return { seed, batchSize, data, trainExamples: trainLength, model, loss, optimizer, scheduler: schedulers };
}

/** What an epoch measured, of which one chooses the best checkpoint. */
type Measured = Partial<Record<'trainLoss' | 'valLoss' | 'valAccuracy', number | undefined>>;

/** Where a run keeps its checkpoints, and when it writes one. */
class Checkpoints {
  readonly folder: string;
  /** Whether epochs and steps write checkpoints; a signal always does. */
  readonly #regular: boolean;
  readonly #everySteps: number;
  readonly #keep: number;
  readonly #best: Best;
  readonly #config: Record<string, unknown>;
  readonly #output: Output;
  /** The checkpoint that is being written, and the one written last. */
  #writing: Promise<void> | undefined;
  #written: { step: number; epoch: number; path: string } | undefined;
  #failure: Error | undefined;

  constructor(
    config: Config,
    data: Data,
    name: string,
    { checkpointDir, resume }: TrainOptions,
    output: Output,
  ) {
    const { everySteps = Infinity, keep = 2, best } = config.checkpoint ?? {};
    this.folder = checkpointDir ?? join('checkpoints', name);
    this.#regular = checkpointDir !== undefined || resume === true || config.checkpoint !== undefined;
    this.#everySteps = everySteps;
    this.#keep = keep;
    const metric = best ?? (data.validationLength > 0 ? 'valLoss' : 'trainLoss');
    this.#best = { metric, mode: metric === 'valAccuracy' ? 'max' : 'min' };
    this.#config = fingerprint(config, data);
    this.#output = output;
    if (!this.#regular) return;
    makeFolder(this.folder);
    at(this.folder, () => cleanCheckpoints(this.folder));
  }

  /** Waits for the checkpoint before, copies the run, and lets a thread write it. */
  async #begin({ parts, progress }: Trainer, measured: Measured = {}): Promise<void> {
    await this.settled();
    const { step, epoch } = progress;
    const metrics = Object.fromEntries(
      Object.entries(measured).filter((entry): entry is [string, number] => entry[1] !== undefined),
    );
    const contents = { ...parts, config: this.#config, progress: { ...progress }, metrics };
    const options = { keep: this.#keep, best: this.#best };
    this.#writing = saveCheckpoint(this.folder, contents, options).then(
      ({ path, warnings }) => {
        this.#written = { step, epoch, path };
        this.#output.event('checkpoint', { step, path });
        for (const warning of warnings) warn(`${path}: ${warning}`);
      },
      (error: Error) => {
        this.#failure = error;
      },
    );
  }

  /** Once the last checkpoint is on disk, or a warning says that it is not: a run outlives a full disk. */
  async settled(): Promise<void> {
    await this.#writing;
    this.#writing = undefined;
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure === undefined) return;
    warn(`a checkpoint was not written: ${reason(failure)}; the one before is whole, and the next is tried`);
  }

  /**
   * A checkpoint of where the run is now: the last one, where nothing has happened since.
   * @returns its folder, once it is on disk
   * @throws UsageError where it could not be written
   */
  async save(trainer: Trainer): Promise<string> {
    await this.settled();
    const { step, epoch } = trainer.progress;
    const isCurrent = (): boolean => this.#written?.step === step && this.#written.epoch === epoch;
    if (!isCurrent()) {
      await this.#begin(trainer);
      await this.#writing;
      const failure = this.#failure;
      this.#failure = undefined;
      if (failure)
        throw new UsageError(`${this.folder}: the checkpoint was not written: ${reason(failure)}`, {
          cause: failure,
        });
    }
    return this.#written!.path;
  }

  async endStep(trainer: Trainer): Promise<void> {
    if (trainer.progress.step % this.#everySteps === 0) await this.#begin(trainer);
  }

  async endEpoch(trainer: Trainer, measured: Measured): Promise<void> {
    if (this.#regular) await this.#begin(trainer, measured);
  }

  /**
   * @returns the checkpoint that the run goes on from, or undefined where there is none
   * @throws UsageError, FileError where none can be read or the newest is of another run
   */
  resume({ parts, progress }: Trainer): LoadedCheckpoint | undefined {
    try {
      const loaded = loadCheckpoint(this.folder, { ...parts, config: this.#config });
      if (loaded !== undefined) Object.assign(progress, loaded.progress);
      for (const { reason } of loaded?.skipped ?? []) warn(`skipped a checkpoint: ${reason}`);
      return loaded;
    } catch (error) {
      if (!(error instanceof CheckpointMismatchError)) throw error;
      const { path, differences } = error;
      throw new UsageError(
        [
          `${path}: is of another run; give another --checkpoint-dir, or leave out --resume. It differs in`,
          ...differences.map((difference) => `  ${difference}`),
        ].join('\n'),
        { cause: error },
      );
    }
  }
}

/** TensorBoard event files; a disk that fails is said once and does not stop training. */
class Log {
  readonly #writer: SummaryWriter;
  #broken = false;

  constructor(folder: string) {
    try {
      this.#writer = new SummaryWriter({ logDir: folder });
    } catch (error) {
      throw new UsageError(`--log-dir ${folder}: ${(error as Error).message}`, { cause: error });
    }
  }

  #try(write: () => void): void {
    if (this.#broken) return;
    try {
      write();
    } catch (error) {
      this.#broken = true;
      warn(`TensorBoard logging stopped: ${(error as Error).message}`);
    }
  }

  scalars(values: Readonly<Record<string, number | undefined>>, step: number): void {
    this.#try(() => {
      for (const [tag, value] of Object.entries(values)) {
        if (value !== undefined) this.#writer.addScalar(tag, value, step);
      }
    });
  }

  flush(): void {
    this.#try(() => this.#writer.flush());
  }

  close(): void {
    this.#try(() => this.#writer.close());
  }
}

const rateTags = (rates: readonly number[]): Record<string, number> =>
  Object.fromEntries(rates.map((rate, group) => [rates.length === 1 ? 'LR' : `LR/group${group}`, rate]));

interface Run {
  trainer: Trainer;
  checkpoints: Checkpoints;
  log: Log;
  output: Output;
  signals: SignalWatch;
  epochs: number;
}

/** @throws Interrupted after a signal, when the step at hand is done and saved */
async function stopIfAsked({ signals, checkpoints, trainer }: Run): Promise<void> {
  await turn();
  if (signals.received === undefined) return;
  const path = await checkpoints.save(trainer);
  throw new Interrupted(
    `${signals.received}: stopped after step ${trainer.progress.step}; go on with --resume --checkpoint-dir ${checkpoints.folder}, from ${path}`,
    signals.exitCode,
  );
}

/** How many steps were left out so far, for people. */
const skippedSteps = ({ progress: { skipped } }: Trainer): string =>
  skipped === 0 ? '' : `  ${count(skipped)} ${skipped === 1 ? 'step' : 'steps'} skipped`;

/** One epoch, or what a checkpoint left of it. */
async function trainEpoch(run: Run): Promise<Evaluation | undefined> {
  const { trainer, checkpoints, log, output, epochs } = run;
  const { progress } = trainer;
  const epoch = progress.epoch + 1;
  const started = performance.now();
  const bar = output.progress(`epoch ${epoch}/${epochs}`, trainer.data.stepsPerEpoch);
  let { rates } = trainer;
  try {
    for (const batch of trainer.data.loader) {
      rates = trainer.rates;
      const loss = trainer.step(batch);
      log.scalars({ 'Loss/train': loss, ...rateTags(rates) }, progress.step);
      if (!Number.isFinite(loss))
        output.event('nonfinite', { step: progress.step, loss: String(loss), skipped: progress.skipped });
      bar.update(
        progress.stepInEpoch,
        `loss ${trainer.trainLoss.toFixed(4)}  lr ${rates.map(label).join(', ')}${skippedSteps(trainer)}`,
      );
      await checkpoints.endStep(trainer);
      await stopIfAsked(run);
    }
  } finally {
    bar.stop();
  }
  const { trainLoss } = trainer;
  const evaluation = trainer.validate();
  const { loss: valLoss, accuracy: valAccuracy } = evaluation ?? {};
  log.scalars({ 'Loss/val': valLoss, 'Accuracy/val': valAccuracy }, progress.step);
  log.flush();
  trainer.endEpoch(evaluation);
  const skipped = progress.skipped || undefined;
  output.event('epoch', {
    epoch,
    trainLoss,
    valLoss,
    valAccuracy,
    lr: rates,
    skipped,
    seconds: seconds(started),
  });
  output.say(
    [
      `epoch ${epoch}/${epochs}`,
      `train loss ${trainLoss.toFixed(4)}`,
      ...(valLoss === undefined ? [] : [`val loss ${valLoss.toFixed(4)}`]),
      ...(valAccuracy === undefined ? [] : [`val accuracy ${percent(valAccuracy)}`]),
      `lr ${rates.map(label).join(', ')}`,
      `${seconds(started).toFixed(1)} s${skippedSteps(trainer)}`,
    ].join('  '),
  );
  await checkpoints.endEpoch(trainer, { trainLoss, valLoss, valAccuracy });
  await stopIfAsked(run);
  return evaluation;
}

/** Exports what was trained; where that fails, the weights are saved and the error says where. */
async function exportTrained(
  { trainer, checkpoints, output }: Run,
  evaluation: Evaluation | undefined,
  file: string,
): Promise<Agreement> {
  try {
    return await exportModel(trainer, evaluation, file, output);
  } catch (error) {
    if (error instanceof Error)
      error.message += `; the trained weights are in ${await checkpoints.save(trainer)}`;
    throw error;
  }
}

/**
 * @throws UsageError where a scheduler would refuse a step of the run, such as one past OneCycleLR's total, or monitors
 *   what is not measured
 */
function checkSchedule(
  { optimizer, schedulers, epochs }: Config,
  { stepsPerEpoch, validationLength }: Data,
): void {
  const monitors = schedulers.some(
    ({ type, monitor }) => type === 'ReduceLROnPlateau' && monitor !== 'trainLoss',
  );
  if (monitors && validationLength === 0) {
    throw new UsageError('scheduler.monitor: expected "trainLoss", since the data has no validation part');
  }
  const units = unitOf(schedulers) === 'epoch' ? epochs : epochs * stepsPerEpoch;
  at('scheduler', () => curve({ title: '', optimizer, schedulers, length: units + 1, stepsPerEpoch }));
}

/** `lr train CONFIG.json` */
export async function train(file: string, options: TrainOptions): Promise<void> {
  const started = performance.now();
  const { epochs, seed, device } = options;
  const compile = options.compile === false ? false : undefined;
  const config = loadConfig(file, { epochs, seed, device, compile });
  prepareFile('--output', options.output);
  if (options.weights !== undefined) prepareFile('--weights', options.weights);
  if (options.threads !== undefined) setNumThreads(options.threads);

  const output = new Output(options);
  const name = basename(file, extname(file));
  const trainer = new Trainer(config, openData(config.data, config.batchSize), options);
  checkSchedule(config, trainer.data);
  await checkExport(trainer);
  const checkpoints = new Checkpoints(config, trainer.data, name, options, output);
  const { data, model } = trainer;
  const parameters = Array.from(model.parameters()).reduce((sum, { data }) => sum + data.length, 0);
  const logDir = options.logDir ?? join('runs', `${name}-${timestamp()}`);
  const resumed = options.resume === true ? checkpoints.resume(trainer) : undefined;
  const log = new Log(logDir);
  const signals = watchSignals();
  output.event('start', {
    config: file,
    parameters,
    trainExamples: data.trainLength,
    valExamples: data.validationLength,
    stepsPerEpoch: data.stepsPerEpoch,
    epochs: config.epochs,
    threads: getNumThreads(),
    logDir,
  });
  output.say(
    `${name}: ${count(parameters)} parameters, ${count(data.trainLength)} + ${count(data.validationLength)} examples, ` +
      `${config.epochs} ${config.epochs === 1 ? 'epoch' : 'epochs'} of ${count(data.stepsPerEpoch)} steps, ${getNumThreads()} threads; tensorboard --logdir ${logDir}`,
  );
  if (options.resume === true) {
    const { epoch, step } = trainer.progress;
    output.event('resume', { path: resumed?.path, epoch, step, skipped: resumed?.skipped });
    output.say(
      resumed === undefined
        ? `no checkpoint in ${checkpoints.folder}: starting afresh`
        : `resumed from ${resumed.path}: ${count(step)} steps, ${count(epoch)} epochs done`,
    );
  }
  const run = { trainer, checkpoints, log, output, signals, epochs: config.epochs };
  let evaluation: Evaluation | undefined;
  try {
    while (trainer.progress.epoch < config.epochs) evaluation = await trainEpoch(run);
    await checkpoints.settled();
  } finally {
    signals.stop();
    log.close();
  }

  if (options.weights !== undefined) {
    saveSafetensors(options.weights, model.stateDict());
    output.say(`wrote ${options.weights}`);
  }
  // A run that was resumed after its last epoch has not been evaluated yet.
  evaluation ??= trainer.validate();
  const agreement = await exportTrained(run, evaluation, options.output);
  output.event('done', {
    epochs: trainer.progress.epoch,
    steps: trainer.progress.step,
    skipped: trainer.progress.skipped || undefined,
    valLoss: evaluation?.loss,
    valAccuracy: evaluation?.accuracy,
    output: options.output,
    weights: options.weights,
    onnx: agreement,
    seconds: seconds(started),
  });
}
