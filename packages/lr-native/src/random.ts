/**
 * Random numbers as PyTorch 2.13's CPU generator draws them: mt19937, and on it the same transformations with the same
 * number of draws, so that one seed gives the same values here and there. The float32 results are PyTorch's bits on
 * x86 with AVX2 (its kernels are compiled with fused multiply-adds, which `fma.ts` reproduces). Where PyTorch calls the
 * C library in double (`normal_` below 16 elements, float64 arrays, `exponential_`), this file takes the correctly
 * rounded logarithm and cosine instead: the doubles may differ by an ulp or two, the float32 values almost never.
 *
 * A distribution is one method: validate, then draw in PyTorch's order. Nothing else in the package draws numbers.
 */
import { checkInteger, checkNumber, checkRange, checkType, exactMath } from '@org/lr-core';
import { fma32, fma64, twoSumError } from './fma.ts';

/** A generator's state as plain data: it survives JSON and `structuredClone`. */
export interface GeneratorState {
  readonly algorithm: 'mt19937';
  /** The 624 words of mt19937. */
  readonly words: readonly number[];
  /** How many of the words have been handed out, 0 to 624. */
  readonly position: number;
  /** The second value of the last Box–Muller pair, when it has not been handed out. */
  readonly nextNormal: number | null;
}

const WORDS = 624;
const SHIFT = 397;
/** torch.default_generator's seed before manual_seed is called. */
const DEFAULT_SEED = 67280421310721;
const { fround, imul, sqrt } = Math;

/** mt19937 with PyTorch's distributions. One generator is one stream; every method that draws advances it. */
export class Generator {
  readonly #words = new Int32Array(WORDS);
  #position = WORDS;
  #nextNormal: number | null = null;

  constructor(seed: number | bigint = DEFAULT_SEED) {
    this.manualSeed(seed);
  }

  /**
   * Restarts the stream. As in PyTorch only the low 32 bits of `seed` count.
   *
   * @throws ArgumentError unless `seed` is an integer
   */
  manualSeed(seed: number | bigint): this {
    checkSeed('manualSeed', seed);
    const words = this.#words;
    words[0] = typeof seed === 'bigint' ? Number(BigInt.asUintN(32, seed)) : seed >>> 0;
    for (let i = 1; i < WORDS; i++) {
      const previous = words[i - 1]!;
      words[i] = imul(1812433253, previous ^ (previous >>> 30)) + i;
    }
    this.#position = WORDS;
    this.#nextNormal = null;
    return this;
  }

  /** The next 32 bits, 0 to 2^32 − 1. */
  random(): number {
    if (this.#position === WORDS) this.#refill();
    return temper(this.#words[this.#position++]!) >>> 0;
  }

  /** The next 64 bits: two draws, the first one high. */
  random64(): bigint {
    const high = this.random();
    return (BigInt(high) << 32n) | BigInt(this.random());
  }

  /** Everything the stream depends on. */
  getState(): GeneratorState {
    return {
      algorithm: 'mt19937',
      words: Array.from(this.#words, (word) => word >>> 0),
      position: this.#position,
      nextNormal: this.#nextNormal,
    };
  }

  /**
   * Continues where `getState` was called.
   *
   * @throws ArgumentError or ArgumentRangeError for anything `getState` cannot have returned
   */
  setState(state: GeneratorState): this {
    const op = 'Generator.setState';
    checkType(typeof state === 'object' && state !== null, op, 'state', 'an object of getState()', state);
    const { algorithm, words, position, nextNormal } = state;
    checkType(algorithm === 'mt19937', op, 'state.algorithm', '"mt19937"', algorithm);
    checkType(
      Array.isArray(words) && words.length === WORDS && words.every((word) => word === word >>> 0),
      op,
      'state.words',
      `an array of ${WORDS} integers from 0 to 2^32 - 1`,
      words,
    );
    checkInteger(op, 'state.position', position, 0);
    checkRange(position <= WORDS, op, 'state.position', `an integer <= ${WORDS}`, position);
    if (nextNormal !== null) checkNumber(op, 'state.nextNormal', nextNormal);
    this.#words.set(words);
    this.#position = position;
    this.#nextNormal = nextNormal;
    return this;
  }

  /** Fills `out` from U[from, to): 24 random bits a value in float32, 53 in float64. */
  uniform_<T extends Float32Array | Float64Array>(out: T, from = 0, to = 1): T {
    checkFloats('uniform_', out);
    checkNumber('uniform_', 'from', from);
    checkNumber('uniform_', 'to', to);
    checkRange(from <= to, 'uniform_', 'from', `<= to (${to})`, from);
    checkRange(Number.isFinite(to - from), 'uniform_', 'to - from', 'finite', to - from);
    if (out instanceof Float32Array) this.#uniform32(out, fround(from), fround(to));
    else {
      for (let i = 0; i < out.length; i++) {
        const value = fma64(this.#unit64(), to - from, from);
        out[i] = value === to ? from : value;
      }
    }
    return out;
  }

  /**
   * Fills `out` from N(mean, std²) by the Box–Muller method. From 16 elements on PyTorch works in blocks of 8 pairs in
   * the array's own precision and draws the last 16 anew when the length is no multiple of 16; below, in double.
   */
  normal_<T extends Float32Array | Float64Array>(out: T, mean = 0, std = 1): T {
    checkFloats('normal_', out);
    checkNumber('normal_', 'mean', mean);
    checkNumber('normal_', 'std', std);
    checkRange(std >= 0, 'normal_', 'std', 'a number >= 0', std);
    const { length } = out;
    if (length < 16) {
      for (let i = 0; i < length; i++) out[i] = fma64(this.#normal(), std, mean);
    } else if (out instanceof Float32Array) {
      const mean32 = fround(mean);
      const std32 = fround(std);
      this.#uniform32(out, 0, 1);
      for (let i = 0; i + 16 <= length; i += 16) boxMuller32(out, i, mean32, std32);
      if (length % 16 !== 0) {
        this.#uniform32(out.subarray(length - 16), 0, 1);
        boxMuller32(out, length - 16, mean32, std32);
      }
    } else {
      for (let i = 0; i < length; i++) out[i] = this.#unit64();
      for (let i = 0; i + 16 <= length; i += 16) boxMuller64(out, i, mean, std);
      if (length % 16 !== 0) {
        for (let i = length - 16; i < length; i++) out[i] = this.#unit64();
        boxMuller64(out, length - 16, mean, std);
      }
    }
    return out;
  }

  /** A random permutation of 0 … n − 1 (`torch.randperm`). */
  randperm(n: number): Int32Array {
    checkInteger('randperm', 'n', n, 0);
    checkRange(n <= 0x7fffffff, 'randperm', 'n', 'an integer < 2^31', n);
    const permutation = new Int32Array(n);
    for (let i = 0; i < n; i++) permutation[i] = i;
    for (let i = 0; i < n - 1; i++) {
      const j = i + (this.random() % (n - i));
      const value = permutation[i]!;
      permutation[i] = permutation[j]!;
      permutation[j] = value;
    }
    return permutation;
  }

  /** One integer of [low, high): what `torch.randint(low, high, (1,))` draws. */
  randint(low: number, high: number): number {
    checkSafeRange('randint', low, high);
    const range = high - low;
    return low + (range < WIDE_RANGE ? this.random() % range : Number(this.random64() % BigInt(range)));
  }

  /**
   * Fills `out` with integers: of [from, to), or without bounds of the whole non-negative range of its type
   * (`Tensor.random_`). The DataLoader's base seed is `random_(new BigInt64Array(1))[0]`.
   */
  random_<T extends Int32Array | BigInt64Array>(out: T, from?: number, to?: number): T {
    checkType(
      out instanceof Int32Array || out instanceof BigInt64Array,
      'random_',
      'out',
      'an Int32Array or a BigInt64Array',
      out,
    );
    if (from !== undefined || to !== undefined) {
      const low = from ?? 0;
      checkSafeRange('random_', low, to);
      if (out instanceof Int32Array) {
        checkRange(low >= -0x80000000 && to! <= 0x80000000, 'random_', 'from and to', 'within int32', [
          low,
          to,
        ]);
        for (let i = 0; i < out.length; i++) out[i] = this.randint(low, to!);
      } else for (let i = 0; i < out.length; i++) out[i] = BigInt(this.randint(low, to!));
    } else if (out instanceof Int32Array)
      for (let i = 0; i < out.length; i++) out[i] = this.random() & 0x7fffffff;
    else for (let i = 0; i < out.length; i++) out[i] = this.random64() & 0x7fff_ffff_ffff_ffffn;
    return out;
  }

  /**
   * Fills `out` with 1 with probability p, else 0. A number is compared with 53 random bits (`Tensor.bernoulli_(p)`, and
   * so dropout), a Float32Array of one probability a value with 24 (`torch.bernoulli(p)`). Builds of PyTorch that take
   * Intel's VSL generator for this draw other numbers.
   */
  bernoulli_<T extends Float32Array | Uint8Array>(out: T, p: number | Float32Array = 0.5): T {
    const op = 'bernoulli_';
    checkType(
      out instanceof Float32Array || out instanceof Uint8Array,
      op,
      'out',
      'a Float32Array or a Uint8Array',
      out,
    );
    if (typeof p === 'number') {
      checkRange(p >= 0 && p <= 1, op, 'p', 'a probability from 0 to 1', p);
      for (let i = 0; i < out.length; i++) out[i] = this.#unit64() < p ? 1 : 0;
      return out;
    }
    checkType(p instanceof Float32Array, op, 'p', 'a number or a Float32Array', p);
    checkRange(p.length === out.length, op, 'p.length', `${out.length}`, p.length);
    const wrong = p.find((value) => !(value >= 0 && value <= 1));
    checkRange(wrong === undefined, op, 'every p', 'a probability from 0 to 1', wrong);
    for (let i = 0; i < out.length; i++) out[i] = this.#unit32() < p[i]! ? 1 : 0;
    return out;
  }

  /** Fills `out` from the exponential distribution with rate `lambda`. */
  exponential_<T extends Float32Array | Float64Array>(out: T, lambda = 1): T {
    checkFloats('exponential_', out);
    checkNumber('exponential_', 'lambda', lambda);
    checkRange(lambda > 0, 'exponential_', 'lambda', 'a number > 0', lambda);
    for (let i = 0; i < out.length; i++) out[i] = (-1 / lambda) * exactMath.log(1 - this.#unit64());
    return out;
  }

  /**
   * Indices drawn with probabilities in proportion to `weights` (`torch.multinomial` of one row).
   *
   * @throws ArgumentRangeError for negative or non-finite weights, or fewer positive ones than samples without replacement
   */
  multinomial(weights: Float32Array, samples: number, options: { replacement?: boolean } = {}): Int32Array {
    const { replacement = false } = options;
    checkType(weights instanceof Float32Array, 'multinomial', 'weights', 'a Float32Array', weights);
    checkInteger('multinomial', 'samples', samples, 1);
    const wrong = weights.find((weight) => !(weight >= 0 && weight < Infinity));
    checkRange(wrong === undefined, 'multinomial', 'every weight', 'finite and >= 0', wrong);
    const positive = weights.reduce((count, weight) => count + (weight > 0 ? 1 : 0), 0);
    const enough = positive >= (replacement ? 1 : samples);
    checkRange(enough, 'multinomial', 'samples', `at most the ${positive} positive weights`, samples);
    return replacement && samples > 1
      ? this.#withReplacement(weights, samples)
      : this.#topByExponential(weights, samples);
  }

  #withReplacement(weights: Float32Array, samples: number): Int32Array {
    const cumulative = new Float32Array(weights.length);
    let sum = 0;
    for (let i = 0; i < weights.length; i++) cumulative[i] = sum = fround(sum + weights[i]!);
    for (let i = 0; i < weights.length; i++) cumulative[i]! /= sum;
    cumulative[weights.length - 1] = 1;
    return Int32Array.from({ length: samples }, () => {
      const drawn = this.#unit64();
      let low = 0;
      for (let high = weights.length; low < high;) {
        const middle = (low + high) >> 1;
        if (cumulative[middle]! < drawn) low = middle + 1;
        else high = middle;
      }
      return low;
    });
  }

  /** The first of exponential arrival times with the weights as rates: Efraimidis and Spirakis (2006). */
  #topByExponential(weights: Float32Array, samples: number): Int32Array {
    const times = this.exponential_(new Float32Array(weights.length));
    const priority = weights.map((weight, i) => weight / times[i]!);
    const order = Int32Array.from(priority.keys()).sort((a, b) => priority[b]! - priority[a]! || a - b);
    return order.slice(0, samples);
  }

  #refill(): void {
    const words = this.#words;
    for (let i = 0; i < WORDS - SHIFT; i++) words[i] = words[i + SHIFT]! ^ twist(words[i]!, words[i + 1]!);
    for (let i = WORDS - SHIFT; i < WORDS - 1; i++) {
      words[i] = words[i + SHIFT - WORDS]! ^ twist(words[i]!, words[i + 1]!);
    }
    words[WORDS - 1] = words[SHIFT - 1]! ^ twist(words[WORDS - 1]!, words[0]!);
    this.#position = 0;
  }

  /** 24 bits of [0, 1). */
  #unit32(): number {
    return (this.random() & 0xffffff) * TWO_TO_MINUS_24;
  }

  /** 53 bits of [0, 1). */
  #unit64(): number {
    const high = this.random() & 0x1fffff;
    return (high * 4294967296 + this.random()) * TWO_TO_MINUS_53;
  }

  /** `from` and `to` are float32 values. */
  #uniform32(out: Float32Array, from: number, to: number): void {
    const width = fround(to - from);
    const words = this.#words;
    let position = this.#position;
    for (let i = 0; i < out.length; i++) {
      if (position === WORDS) {
        this.#refill();
        position = 0;
      }
      const value = fma32((temper(words[position++]!) & 0xffffff) * TWO_TO_MINUS_24, width, from);
      out[i] = value === to ? from : value;
    }
    this.#position = position;
  }

  /** One standard normal double; every second one is the other half of a Box–Muller pair. */
  #normal(): number {
    if (this.#nextNormal !== null) {
      const value = this.#nextNormal;
      this.#nextNormal = null;
      return value;
    }
    const angle = TWO_PI * this.#unit64();
    const radius = sqrt(-2 * exactMath.log(1 - this.#unit64()));
    this.#nextNormal = radius * sin(angle);
    return radius * exactMath.cos(angle);
  }
}

/** Ranges from here on take 64 random bits a value, since the remainder of 32 would favour small values visibly. */
const WIDE_RANGE = 268435456; // 2^28
const TWO_PI = 2 * Math.PI;
const TWO_TO_MINUS_24 = 5.9604644775390625e-8;
const TWO_TO_MINUS_53 = 1.1102230246251565e-16;

/** mt19937's recurrence: the top bit of one word and the others of the next. */
function twist(word: number, next: number): number {
  return (((word & 0x80000000) | (next & 0x7fffffff)) >>> 1) ^ (next & 1 ? 0x9908b0df : 0);
}

/** mt19937's output, as 32 signed bits, of a word of its state. */
function temper(word: number): number {
  let bits = word ^ (word >>> 11);
  bits ^= (bits << 7) & 0x9d2c5680;
  bits ^= (bits << 15) & 0xefc60000;
  return bits ^ (bits >>> 18);
}

/** What every function draws from that is given no generator (`torch.default_generator`). */
export const defaultGenerator: Generator = new Generator();

/**
 * Seeds the default generator, as `torch.manual_seed` does on a CPU.
 *
 * @throws ArgumentError unless `seed` is an integer
 */
export function manualSeed(seed: number | bigint): Generator {
  return defaultGenerator.manualSeed(seed);
}

// PyTorch's Box–Muller transform of 16 uniform values at `start`: out[j] and out[j + 8] are one pair.

function boxMuller64(out: Float64Array, start: number, mean: number, std: number): void {
  for (let i = start; i < start + 8; i++) {
    const radius = sqrt(-2 * exactMath.log(1 - out[i]!));
    const angle = TWO_PI * out[i + 8]!;
    out[i] = fma64(radius * exactMath.cos(angle), std, mean);
    out[i + 8] = fma64(radius * sin(angle), std, mean);
  }
}

/**
 * In float32 the logarithm, cosine and sine are Cephes' logf, cosf and sinf with fused multiply-adds where PyTorch's
 * AVX2 build has them; each line is one of its instructions, so the rounding is the same.
 */
function boxMuller32(out: Float32Array, start: number, mean: number, std: number): void {
  for (let i = start; i < start + 8; i++) {
    const radius = fround(sqrt(-2 * log32(1 - out[i]!)));
    const angle = fround(fround(TWO_PI) * out[i + 8]!);

    const octant = (Math.trunc(fround(angle * FOUR_OVER_PI)) + 1) & ~1;
    let x = fma32(octant, -0.78515625, angle);
    x = fma32(octant, fround(-0.00024187564849853516), x);
    x = fma32(octant, fround(-3.774894977445941e-8), x);
    const z = fround(x * x);

    let cosine = fma32(COS_0, z, COS_1);
    cosine = fma32(cosine, z, COS_2);
    cosine = fma32(z, fround(z * cosine), -0.5 * z);
    cosine = fround(cosine + 1);

    let sine = fma32(SIN_0, z, SIN_1);
    sine = fma32(sine, z, SIN_2);
    sine = fma32(x, fround(z * sine), x);

    const swapped = (octant & 2) !== 0;
    const cosAngle = (octant + 2) & 4 ? -(swapped ? sine : cosine) : swapped ? sine : cosine;
    const sinAngle = octant & 4 ? -(swapped ? cosine : sine) : swapped ? cosine : sine;
    out[i] = fma32(fround(radius * cosAngle), std, mean);
    out[i + 8] = fma32(fround(radius * sinAngle), std, mean);
  }
}

const FOUR_OVER_PI = fround(1.27323954473516);
const COS_0 = fround(2.443315711809948e-5);
const COS_1 = fround(-1.388731625493765e-3);
const COS_2 = fround(4.166664568298827e-2);
const SIN_0 = fround(-1.9515295891e-4);
const SIN_1 = fround(8.3321608736e-3);
const SIN_2 = fround(-1.6666654611e-1);
const LOG_COEFFICIENTS = Float32Array.of(
  7.0376836292e-2,
  -1.151461031e-1,
  1.167699874e-1,
  -1.2420140846e-1,
  1.4249322787e-1,
  -1.6668057665e-1,
  2.0000714765e-1,
  -2.4999993993e-1,
  3.3333331174e-1,
);
const LN2_LOW = fround(-2.1219444e-4);
const LN2_HIGH = 0.693359375;
const SQRT_HALF = fround(0.7071067811865476);

const float = new Float32Array(1);
const floatBits = new Int32Array(float.buffer);

/** ln u of a float32 value 2^-24 <= u <= 1. */
function log32(u: number): number {
  float[0] = u;
  let exponent = (floatBits[0]! >> 23) - 126;
  floatBits[0] = (floatBits[0]! & ~0x7f800000) | 0x3f000000;
  let x = float[0] - 1;
  if (float[0] < SQRT_HALF) {
    exponent -= 1;
    x = fround(x + float[0]);
  }
  const z = fround(x * x);
  let y = LOG_COEFFICIENTS[0]!;
  for (let i = 1; i < LOG_COEFFICIENTS.length; i++) y = fma32(y, x, LOG_COEFFICIENTS[i]!);
  y = fma32(fround(x * y), z, fround(exponent * LN2_LOW));
  y = fma32(z, -0.5, y);
  return fma32(exponent, LN2_HIGH, fround(x + y));
}

/** sin x of a double 0 <= x <= 2π, as cos(x − π/2) with what the subtraction loses made good. */
function sin(x: number): number {
  const quarter = 1.5707963267948966;
  const shifted = x - quarter;
  const lost = twoSumError(x, -quarter, shifted) - 6.123233995736766e-17;
  const cosine = exactMath.cos(shifted);
  const sine = sqrt(1 - cosine * cosine);
  return cosine - lost * (shifted < 0 || shifted > Math.PI ? -sine : sine);
}

function checkSeed(op: string, seed: unknown): void {
  checkType(
    typeof seed === 'bigint' || Number.isSafeInteger(seed),
    op,
    'seed',
    'a safe integer or a bigint',
    seed,
  );
}

function checkFloats(op: string, out: unknown): void {
  const expectation = 'a Float32Array or a Float64Array';
  checkType(out instanceof Float32Array || out instanceof Float64Array, op, 'out', expectation, out);
}

function checkSafeRange(op: string, low: unknown, high: unknown): void {
  checkInteger(op, 'low', low);
  checkInteger(op, 'high', high);
  checkRange(Number.isSafeInteger(low) && Number.isSafeInteger(high), op, 'low and high', 'safe integers', [
    low,
    high,
  ]);
  checkRange(low < high, op, 'low', `< high (${high})`, low);
  checkRange(Number.isSafeInteger(high - low), op, 'high - low', 'a safe integer', high - low);
}
