/** Averages of parameters over steps: exponential (EMA) and equal (SWA). */
import { ArgumentError, checkInteger, checkRange, checkType, message, StateError } from './check.ts';
import { Param, type Parameter } from './param.ts';
import { lerp } from './reference/float32.ts';
import { decodeFloats, encode } from './state-dict.ts';
import { hostOf, isParameter } from './storage.ts';

const f = Math.fround;

/**
 * Moves `average` towards `value`, in place.
 *
 * @param averaged how many values `average` already holds, at least 1
 */
export type AverageFn = (average: Float32Array, value: Float32Array, averaged: number) => void;

/**
 * Exponential moving average: `average = lerp(average, value, 1 - decay)`.
 *
 * @param decay in [0, 1]; default 0.999
 * @throws ArgumentError, ArgumentRangeError
 */
export function emaAverage(decay = 0.999): AverageFn {
  checkType(typeof decay === 'number', 'emaAverage', 'decay', 'a number in [0, 1]', decay);
  checkRange(decay >= 0 && decay <= 1, 'emaAverage', 'decay', 'a number in [0, 1]', decay);
  const w = f(1 - decay);
  return (average, value) => {
    for (let i = 0; i < average.length; i++) average[i] = lerp(average[i]!, value[i]!, w);
  };
}

/** Equal average (Izmailov et al. 2018): `average = average + (value - average) / (averaged + 1)`. */
export function swaAverage(): AverageFn {
  return (average, value, averaged) => {
    const count = averaged + 1;
    for (let i = 0; i < average.length; i++) {
      const mean = average[i]!;
      average[i] = mean + f(f(value[i]! - mean) / count);
    }
  };
}

export interface AveragedModelOptions {
  /** Default `swaAverage()`. */
  average?: AverageFn;
}

export interface AveragedModelState {
  nAveraged: number;
  params: unknown[];
}

/**
 * Keeps an average of parameters beside those that are trained, on the host, wherever they are. The first `updateParameters` copies.
 *
 * Source: P. Izmailov et al., Averaging Weights Leads to Wider Optima and Better Generalization, 2018; PyTorch
 * `torch.optim.swa_utils.AveragedModel`.
 *
 * ```ts
 * const weight = new Param([1, 2]);
 * const optimizer = new SGD([weight], { lr: 0.1 });
 * const averaged = new AveragedModel([weight], { average: emaAverage(0.99) });
 * for (let i = 0; i < 100; i++) {
 *   weight.grad = weight.data.map((w) => 2 * w);
 *   optimizer.step();
 *   averaged.updateParameters();
 * }
 * averaged.params[0]!.data; // the average of weight.data
 * ```
 */
export class AveragedModel {
  /** The averages, in the order of the parameters. */
  readonly params: readonly Param[];
  /** How many times parameters were averaged. */
  nAveraged = 0;
  readonly #sources: readonly Parameter[];
  readonly #average: AverageFn;

  /** @throws ArgumentError unless `params` is a list of parameters and `average` a function */
  constructor(params: Iterable<Parameter>, options: AveragedModelOptions = {}) {
    const iterable = typeof params === 'object' && params !== null && Symbol.iterator in params;
    checkType(iterable, 'AveragedModel', 'params', 'a list of parameters', params);
    this.#sources = [...params];
    const isList = this.#sources.every(isParameter);
    checkType(isList, 'AveragedModel', 'params', 'a list of parameters', this.#sources);
    this.#average = options.average ?? swaAverage();
    checkType(typeof this.#average === 'function', 'AveragedModel', 'average', 'a function', this.#average);
    this.params = this.#sources.map(
      (source) =>
        new Param(hostOf(source.data).slice(), source.shape, {
          requiresGrad: false,
          ...(source.name === undefined ? {} : { name: source.name }),
        }),
    );
  }

  /** Takes the parameters as they are now into the average. */
  updateParameters(): void {
    this.#sources.forEach((source, i) => {
      const value = hostOf(source.data);
      const average = this.params[i]!.data;
      if (this.nAveraged === 0) average.set(value);
      else this.#average(average, value, this.nAveraged);
    });
    this.nAveraged++;
  }

  /** The averages as plain data that shares nothing with them. */
  stateDict(): AveragedModelState {
    return { nAveraged: this.nAveraged, params: this.params.map((param) => encode(param.data)) };
  }

  /** @throws ArgumentError, ArgumentRangeError, ShapeError, StateError; nothing has changed then */
  loadStateDict(state: AveragedModelState): void {
    const op = 'AveragedModel.loadStateDict';
    checkInteger(op, 'nAveraged', state?.nAveraged, 0);
    if (!Array.isArray(state.params))
      throw new ArgumentError(message(op, 'params', 'an array', state.params));
    if (state.params.length !== this.params.length) {
      throw new StateError(message(op, 'params', `${this.params.length} arrays`, state.params.length));
    }
    const loaded = state.params.map((values, i) =>
      decodeFloats(op, `params[${i}]`, values, this.params[i]!.data.length),
    );
    loaded.forEach((values, i) => this.params[i]!.data.set(values));
    this.nAveraged = state.nAveraged;
  }
}
