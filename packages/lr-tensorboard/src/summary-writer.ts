/**
 * SummaryWriter: torch.utils.tensorboard's, in camelCase. It checks arguments and turns each `add…` into an event;
 * files are event-file.ts, the contents of larger summaries histogram.ts, image.ts and hparams.ts.
 *
 * To add a kind of summary: its fields in proto/, its contents in a file of its own, a method here.
 */
import { hostname } from 'node:os';
import { isAbsolute, join, relative } from 'node:path';
import {
  ArgumentRangeError,
  StateError,
  checkAtLeast,
  checkNumber,
  checkRange,
  checkType,
  message,
} from '@org/lr-core';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { EventFile, wallClock } from './event-file.ts';
import { makeHistogram } from './histogram.ts';
import type { HistogramOptions } from './histogram.ts';
import { makeHparams } from './hparams.ts';
import type { HparamValue, HparamsOptions } from './hparams.ts';
import { makeImage } from './image.ts';
import type { ImageLike, ImageOptions } from './image.ts';
import { onHost } from './on-host.ts';
import { DataType, SessionLog_SessionStatus } from './proto/tensorboard_pb.ts';
import type { SummarySchema } from './proto/tensorboard_pb.ts';

type SummaryInit = MessageInitShape<typeof SummarySchema>;
type Step = number | bigint;

/** A number, or a Tensor of one element. */
export type ScalarLike = number | { item(): number };

export interface SummaryWriterOptions {
  /** Default `runs/<date>_<time>_<host><comment>`. */
  logDir?: string;
  /** Ends the default `logDir`; without effect where `logDir` is given. */
  comment?: string;
  /** Events of this step and later that an earlier run wrote in `logDir` are hidden: for a run that was resumed. */
  purgeStep?: Step;
  /** Seconds after which waiting events are written. Default 120, as PyTorch. */
  flushSecs?: number;
  /** Ends the event files' names. */
  filenameSuffix?: string;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function defaultLogDir(comment: string): string {
  const now = new Date();
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${MONTHS[now.getMonth()]}${two(now.getDate())}`;
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join('-');
  return join('runs', `${day}_${time}_${hostname()}${comment}`);
}

function checkText(op: string, name: string, value: unknown): asserts value is string {
  checkType(typeof value === 'string', op, name, 'a string', value);
}

function checkTag(op: string, tag: unknown): asserts tag is string {
  checkText(op, 'tag', tag);
  checkRange(tag !== '', op, 'tag', 'a string that is not empty', tag);
}

function checkRecord(op: string, name: string, value: unknown): void {
  checkType(
    typeof value === 'object' && value !== null && !Array.isArray(value),
    op,
    name,
    'an object',
    value,
  );
}

function toScalar(op: string, name: string, value: unknown): number {
  const number =
    typeof (value as { item?: unknown } | null)?.item === 'function'
      ? (value as { item(): number }).item()
      : value;
  checkNumber(op, name, number);
  return number;
}

function toStep(op: string, step: Step): bigint {
  checkType(typeof step === 'number' || typeof step === 'bigint', op, 'globalStep', 'an integer', step);
  checkRange(
    typeof step === 'bigint' ? BigInt.asIntN(64, step) === step : Number.isSafeInteger(step),
    op,
    'globalStep',
    'an integer of 64 bits',
    step,
  );
  return BigInt(step);
}

function scalarSummary(tag: string, value: number): SummaryInit {
  return { value: [{ tag, value: { case: 'simpleValue', value: Math.fround(value) } }] };
}

/**
 * Writes what TensorBoard shows: event files in `logDir`, named and laid out as torch.utils.tensorboard does.
 *
 * Every `add…` takes the step (default 0) and the wall time in seconds since 1970 (default: now). Writing is buffered and
 * synchronous: a disk error is thrown once, as EventFileError, and the writer goes on as well as the disk lets it, so a
 * training loop may catch it, warn, and continue.
 *
 * @throws EventFileError if the log directory cannot be written
 */
export class SummaryWriter {
  readonly logDir: string;
  readonly #flushSecs: number;
  readonly #filenameSuffix: string;
  readonly #file: EventFile;
  /** The runs that addScalars makes, by folder. */
  readonly #runs = new Map<string, EventFile>();
  #closed = false;

  constructor(options: SummaryWriterOptions = {}) {
    const op = 'SummaryWriter';
    checkRecord(op, 'options', options);
    const { comment = '', flushSecs = 120, filenameSuffix = '', purgeStep } = options;
    checkText(op, 'comment', comment);
    const { logDir = defaultLogDir(comment) } = options;
    checkText(op, 'logDir', logDir);
    checkRange(logDir !== '', op, 'logDir', 'a path', logDir);
    checkAtLeast(op, 'flushSecs', flushSecs, 0);
    checkText(op, 'filenameSuffix', filenameSuffix);
    checkRange(!/[/\\\0]/.test(filenameSuffix), op, 'filenameSuffix', 'part of a file name', filenameSuffix);
    const step = purgeStep === undefined ? undefined : toStep(op, purgeStep);

    this.logDir = logDir;
    this.#flushSecs = flushSecs;
    this.#filenameSuffix = filenameSuffix;
    this.#file = this.#open(logDir);
    if (step !== undefined) {
      this.#file.append({
        wallTime: wallClock(),
        step,
        what: { case: 'fileVersion', value: 'brain.Event:2' },
      });
      const value = { status: SessionLog_SessionStatus.START };
      this.#file.append({ wallTime: wallClock(), step, what: { case: 'sessionLog', value } });
    }
  }

  /** The event file of `logDir`. */
  get path(): string {
    return this.#file.path;
  }

  /** Events lost to disk errors. */
  get dropped(): number {
    return this.#files().reduce((count, file) => count + file.dropped, 0);
  }

  /** One point of the curve `tag`. */
  addScalar(tag: string, value: ScalarLike, globalStep: Step = 0, wallTime?: number): void {
    checkTag('addScalar', tag);
    const summary = scalarSummary(tag, toScalar('addScalar', 'value', value));
    this.#add('addScalar', this.#file, summary, globalStep, wallTime);
  }

  /** Several curves in one plot: each key is a run of its own, in the folder `<mainTag>_<key>` below `logDir`. */
  addScalars(
    mainTag: string,
    values: Record<string, ScalarLike>,
    globalStep: Step = 0,
    wallTime = wallClock(),
  ): void {
    const op = 'addScalars';
    checkTag(op, mainTag);
    checkRecord(op, 'values', values);
    this.#checkOpen(op);
    const runs = Object.entries(values).map(
      ([key, value]) =>
        [this.#runDir(op, `${mainTag.replaceAll('/', '_')}_${key}`), toScalar(op, key, value)] as const,
    );
    for (const [dir, value] of runs) {
      let file = this.#runs.get(dir);
      if (file === undefined) this.#runs.set(dir, (file = this.#open(dir)));
      this.#add(op, file, scalarSummary(mainTag, value), globalStep, wallTime);
    }
  }

  /** The distribution of `values`: a typed array, an array of numbers, or a Tensor. */
  addHistogram(
    tag: string,
    values: ArrayLike<number> | { readonly data: unknown },
    globalStep: Step = 0,
    wallTime?: number,
    options?: HistogramOptions,
  ): void {
    checkTag('addHistogram', tag);
    const numbers = onHost((values as { data?: unknown } | null)?.data ?? values);
    const histo = makeHistogram(numbers as ArrayLike<number>, options);
    const summary: SummaryInit = { value: [{ tag, value: { case: 'histo', value: histo } }] };
    this.#add('addHistogram', this.#file, summary, globalStep, wallTime);
  }

  /** A text in Markdown. */
  addText(tag: string, text: string, globalStep: Step = 0, wallTime?: number): void {
    checkTag('addText', tag);
    checkText('addText', 'text', text);
    const summary: SummaryInit = {
      value: [
        {
          tag: `${tag}/text_summary`,
          metadata: { pluginData: { pluginName: 'text' } },
          value: {
            case: 'tensor',
            value: {
              dtype: DataType.DT_STRING,
              tensorShape: { dim: [{ size: 1n }] },
              stringVal: [new TextEncoder().encode(text)],
            },
          },
        },
      ],
    };
    this.#add('addText', this.#file, summary, globalStep, wallTime);
  }

  /** A picture, (channels, height, width) unless `dataformats` says otherwise, with 1, 3 or 4 channels. */
  addImage(
    tag: string,
    image: ImageLike,
    globalStep: Step = 0,
    wallTime?: number,
    options?: ImageOptions,
  ): void {
    checkTag('addImage', tag);
    const value = makeImage(image, options);
    this.#add(
      'addImage',
      this.#file,
      { value: [{ tag, value: { case: 'image', value } }] },
      globalStep,
      wallTime,
    );
  }

  /** The hyper-parameters of a run and the metrics it reached, as a run of its own below `logDir`. */
  addHparams(
    hparams: Record<string, HparamValue>,
    metrics: Record<string, ScalarLike>,
    { runName = String(wallClock()), globalStep = 0, hparamDomainDiscrete }: HparamsOptions = {},
  ): void {
    const op = 'addHparams';
    checkRecord(op, 'hparams', hparams);
    checkRecord(op, 'metrics', metrics);
    checkText(op, 'runName', runName);
    this.#checkOpen(op);
    const summaries = makeHparams(hparams, metrics, hparamDomainDiscrete);
    for (const [tag, value] of Object.entries(metrics)) {
      checkTag(op, tag);
      summaries.push(scalarSummary(tag, toScalar(op, `metrics[${JSON.stringify(tag)}]`, value)));
    }
    const file = this.#open(this.#runDir(op, runName));
    try {
      for (const summary of summaries) this.#add(op, file, summary, globalStep);
    } finally {
      file.close();
    }
  }

  /** Writes what waits in memory to the disk. */
  flush(): void {
    this.#checkOpen('flush');
    this.#forAll((file) => file.flush());
  }

  /** Flushes and closes every file. Nothing can be added afterwards; a second call does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#forAll((file) => file.close());
  }

  #files(): EventFile[] {
    return [this.#file, ...this.#runs.values()];
  }

  /** Does `work` for every file, and only then throws the first of the errors. */
  #forAll(work: (file: EventFile) => void): void {
    const errors: unknown[] = [];
    for (const file of this.#files()) {
      try {
        work(file);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  #open(dir: string): EventFile {
    return new EventFile(dir, this.#flushSecs, this.#filenameSuffix);
  }

  #runDir(op: string, run: string): string {
    const dir = join(this.logDir, run);
    const inside = relative(this.logDir, dir);
    if (inside === '' || inside.startsWith('..') || isAbsolute(inside)) {
      throw new ArgumentRangeError(message(op, 'the run', 'a folder below logDir', run));
    }
    return dir;
  }

  #checkOpen(op: string): void {
    if (this.#closed) throw new StateError(`[${op}] the SummaryWriter of ${this.logDir} is closed`);
  }

  #add(op: string, file: EventFile, summary: SummaryInit, globalStep: Step, wallTime = wallClock()): void {
    this.#checkOpen(op);
    checkNumber(op, 'wallTime', wallTime);
    const step = toStep(op, globalStep);
    file.append({ wallTime, step, what: { case: 'summary', value: summary } });
  }
}
