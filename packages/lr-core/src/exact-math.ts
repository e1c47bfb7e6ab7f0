/**
 * cos, exp, log and pow of doubles, correctly rounded: the double nearest to the exact value, so the same bits in every
 * engine, which `Math.cos` and the others do not promise and do not give.
 *
 * Each function has a fast path whose result is an unevaluated sum high + low with a proven error bound (tables and
 * double-double arithmetic after T. J. Dekker, 1971). Where the bound leaves the rounding undecided, about once in
 * thousands of calls, multiprecision.ts decides (A. Ziv, 1991). The functions take and return what C's do: pow(1, NaN) is 1.
 *
 * Exported here is what the package exports as `exactMath`: nothing but these four functions.
 */
import * as multiprecision from './multiprecision.ts';

/** The rounding error of p = fl(a · b), exactly (Dekker, Veltkamp). |a|, |b| < 2^990, and no underflow. */
function productError(a: number, b: number, p: number): number {
  const aBig = 134217729 * a;
  const aHigh = aBig - (aBig - a);
  const aLow = a - aHigh;
  const bBig = 134217729 * b;
  const bHigh = bBig - (bBig - b);
  const bLow = b - bHigh;
  return aHigh * bHigh - p + aHigh * bLow + aLow * bHigh + aLow * bLow;
}

/** The rounding error of s = fl(a + b), exactly (Knuth). */
function sumError(a: number, b: number, s: number): number {
  const bPart = s - a;
  return a - (s - bPart) + (b - bPart);
}

/** 2^-52. */
const EPSILON = Number.EPSILON;
const SMALLEST_NORMAL = 2.2250738585072014e-308;

const EXP_STEPS = 256;
const LOG_STEPS = 256;
const COS_STEPS = 512;

/** What the fast paths look up; high and low parts alternate. Built at the first call, in about 10 ms. */
interface Tables {
  /** 2^e at [e + 1074]. */
  readonly powerOfTwo: Float64Array;
  /** 2^(j / EXP_STEPS). */
  readonly exp: Float64Array;
  /** ln 2 / EXP_STEPS in three parts: the first two of 32 bits, so that their products with an integer < 2^20 are exact. */
  readonly expStep: readonly [number, number, number];
  /** c and -log c (two parts) for c near LOG_STEPS / j, at [3 · j]. */
  readonly log: Float64Array;
  /** ln 2: the first part of 40 bits. */
  readonly ln2: readonly [number, number];
  /** cos(2 pi j / COS_STEPS). */
  readonly cos: Float64Array;
  /** 2 pi / COS_STEPS in four parts: the first three of 33 bits. */
  readonly cosStep: readonly [number, number, number, number];
}

function buildTables(): Tables {
  const p = 192;
  const { toDouble, toFixed } = multiprecision;
  const ln2 = multiprecision.ln2Fixed(p);
  const pi = multiprecision.piFixed(p);

  /** `v` as doubles that add up to it: the leading ones cut to the given bits, the last one rounded. */
  const split = (v: bigint, ...bits: number[]): number[] => {
    const parts: number[] = [];
    for (const count of bits) {
      const unit = BigInt(v.toString(2).length - count);
      const part = (v >> unit) << unit;
      parts.push(toDouble(part, p));
      v -= part;
    }
    return [...parts, toDouble(v, p)];
  };
  const setPair = (table: Float64Array, at: number, v: bigint): void => {
    table[at] = toDouble(v, p);
    table[at + 1] = toDouble(v - toFixed(table[at]!, p), p);
  };

  const powerOfTwo = new Float64Array(2098);
  powerOfTwo[0] = 5e-324;
  for (let i = 1; i < 2098; i++) powerOfTwo[i] = 2 * powerOfTwo[i - 1]!;

  const exp = new Float64Array(2 * EXP_STEPS);
  const ratio = multiprecision.expFixed(ln2 / BigInt(EXP_STEPS), p);
  for (let j = 0, power = 1n << BigInt(p); j < EXP_STEPS; j++) {
    setPair(exp, 2 * j, power);
    power = (power * ratio) >> BigInt(p);
  }

  const log = new Float64Array(3 * 2 * LOG_STEPS);
  for (let j = Math.floor(LOG_STEPS * 0.7); j <= LOG_STEPS * 1.42; j++) {
    log[3 * j] = LOG_STEPS / j;
    setPair(log, 3 * j + 1, -multiprecision.logFixed(toFixed(log[3 * j]!, p), p));
  }

  const cos = new Float64Array(2 * COS_STEPS);
  const step = (2n * pi) / BigInt(COS_STEPS);
  const quarter = COS_STEPS / 4;
  const stepCosine = multiprecision.cosFixed(step, p, 0);
  const stepSine = multiprecision.cosFixed((pi >> 1n) - step, p, 0);
  for (let j = 0, cosine = 1n << BigInt(p), sine = 0n; j <= quarter; j++) {
    const value = j === quarter ? 0n : cosine;
    setPair(cos, 2 * j, value);
    for (let part = 0; part < 2; part++) {
      const entry = cos[2 * j + part]!;
      cos[2 * (2 * quarter - j) + part] = -entry;
      cos[2 * (2 * quarter + j) + part] = -entry;
      if (j > 0) cos[2 * (4 * quarter - j) + part] = entry;
    }
    [cosine, sine] = [
      (cosine * stepCosine - sine * stepSine) >> BigInt(p),
      (sine * stepCosine + cosine * stepSine) >> BigInt(p),
    ];
  }
  return {
    powerOfTwo,
    exp,
    expStep: split(ln2 / BigInt(EXP_STEPS), 32, 32) as [number, number, number],
    log,
    ln2: split(ln2, 40) as [number, number],
    cos,
    cosStep: split((2n * pi) / BigInt(COS_STEPS), 33, 33, 33) as [number, number, number, number],
  };
}

let built: Tables | undefined;

function tables(): Tables {
  return (built ??= buildTables());
}

/**
 * Arguments and result of the functions `…Cell`. Engines put doubles that a call takes or returns on the heap unless they
 * inline it, and these are too large for that; their callers are small enough.
 */
const cell = new Float64Array(3);

/** cell[0] = the double nearest to high + low if every value within `error` of the sum rounds to it, else NaN. */
function roundSum(high: number, low: number, error: number): void {
  const rounded = high + (low + error);
  cell[0] = rounded;
  if (rounded !== high + (low - error)) cell[0] = NaN;
}

/** Two results of `logSum` and their error bound. */
const logResult = new Float64Array(3);
const bits = new DataView(new ArrayBuffer(8));

/** log(x) of a normal x > 0, in cell[0], as logResult[0] + logResult[1], off by less than logResult[2]. */
function logSum(): void {
  const x = cell[0]!;
  const { log, ln2 } = tables();
  bits.setFloat64(0, x);
  const word = bits.getInt32(0);
  const e = ((word + 0x95f62) >> 20) - 1023;
  bits.setInt32(0, word - (e << 20));
  const m = bits.getFloat64(0); // [0.707, 1.415), x = m 2^e

  const j = 3 * Math.floor(m * LOG_STEPS + 0.5);
  const c = log[j]!;
  const product = m * c;
  const rest = productError(m, c, product);
  const r = product - 1 + rest; // |r| < 2^-8.4; product - 1 is exact
  const rLow = product - 1 - r + rest;
  const square = r * r;
  const squareLow = productError(r, r, square) + 2 * r * rLow;
  const cubic =
    square * r * (1 / 3 - r * (1 / 4 - r * (1 / 5 - r * (1 / 6 - r * (1 / 7 - r * (1 / 8 - r * (1 / 9)))))));

  const scaled = e * ln2[0];
  const s1 = scaled + log[j + 1]!;
  const s2 = s1 + r;
  const s3 = s2 - 0.5 * square;
  const low =
    cubic +
    (rLow -
      0.5 * squareLow +
      log[j + 2]! +
      e * ln2[1] +
      sumError(scaled, log[j + 1]!, s1) +
      sumError(s1, r, s2) +
      sumError(s2, -0.5 * square, s3));
  const high = s3 + low;
  logResult[0] = high;
  logResult[1] = s3 - high + low;
  logResult[2] = Math.abs(square * r) * EPSILON + Math.abs(high) * (EPSILON * EPSILON * 65536);
}

/** cell[0] = e^(t + tLow) for 2^-80 < |t| < 1024 and |tLow| < 2^-40, off by at most `error`; NaN where undecided. */
function expOfSum(t: number, tLow: number, error: number): void {
  cell[0] = t;
  cell[1] = tLow;
  cell[2] = error;
  expOfSumCell();
}

function expOfSumCell(): void {
  const t = cell[0]!;
  const tLow = cell[1]!;
  const error = cell[2]!;
  const { exp: table, expStep, powerOfTwo } = tables();
  const k = Math.floor(t * (EXP_STEPS / Math.LN2) + 0.5);
  const a = t - k * expStep[0]; // exact
  const b = -k * expStep[1]; // exact
  const s = a + b;
  const sLow = sumError(a, b, s) + (tLow - k * expStep[2]);
  const r = s + sLow; // |r| < 2^-9.5
  const rLow = s - r + sLow;

  const j = k & (EXP_STEPS - 1);
  const high = table[2 * j]!;
  const product = high * r;
  const rest = r * r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720)))));
  const sum = high + product;
  const low =
    high -
    sum +
    product +
    (productError(high, r, product) + table[2 * j + 1]! * (1 + r) + high * (rest + (1 + r) * rLow));
  const scale = (k - j) / EXP_STEPS;
  if (scale < -1021)
    cell[0] = NaN; // the result may be subnormal: rounded at another bit
  else if (scale > 1024) cell[0] = Infinity;
  else {
    roundSum(sum, low, EPSILON / 32768 + 4 * error);
    if (scale === 1024) cell[0] = cell[0]! * powerOfTwo[2097]! * 2;
    else cell[0] = cell[0]! * powerOfTwo[scale + 1074]!;
  }
}

/** cos(x), correctly rounded; NaN for NaN and the infinities. */
export function cos(x: number): number {
  cell[0] = x;
  cosCell();
  return cell[0];
}

function cosCell(): void {
  const magnitude = Math.abs(cell[0]!);
  if (!(magnitude < Infinity)) cell[0] = NaN;
  else if (magnitude < 1 / 134217728) cell[0] = 1;
  else {
    cell[0] = magnitude;
    cosOfMagnitude();
    if (cell[0] !== cell[0]) cell[0] = multiprecision.slowCos(magnitude);
  }
}

/** cell[0] = cos(x) for 2^-27 <= x, in cell[0], or NaN where undecided. */
function cosOfMagnitude(): void {
  const magnitude = cell[0]!;
  const { cos: table, cosStep } = tables();
  const k = Math.floor(magnitude * (COS_STEPS / (2 * Math.PI)) + 0.5);
  if (k >= 1048576) {
    cell[0] = NaN;
    return;
  }

  const a = magnitude - k * cosStep[0]; // exact
  const b = -k * cosStep[1]; // exact
  const s1 = a + b;
  const c = -k * cosStep[2]; // exact
  const s2 = s1 + c;
  const sLow = sumError(a, b, s1) + sumError(s1, c, s2) - k * cosStep[3];
  const r = s2 + sLow; // |r| < 2^-7.3
  const rLow = s2 - r + sLow;

  // cos(step + r) = cos(step) cos(r) - sin(step) sin(r)
  const at = 2 * (k & (COS_STEPS - 1));
  const cosine = table[at]!;
  const sineAt = (at - COS_STEPS / 2) & (2 * COS_STEPS - 1);
  const sine = table[sineAt]!;
  const square = r * r;
  const product = -sine * r;
  const sum = cosine + product;
  const cosRest = -square * (1 / 2 - square * (1 / 24 - square * (1 / 720))) - r * rLow;
  const sinRest = -square * r * (1 / 6 - square * (1 / 120 - square * (1 / 5040))) + rLow;
  const low =
    sumError(cosine, product, sum) +
    (cosine * cosRest +
      (productError(-sine, r, product) - sine * sinRest + table[at + 1]! - table[sineAt + 1]! * r));
  roundSum(sum, low, Math.abs(cosine) * (EPSILON / 16384) + Math.abs(product) * (EPSILON / 32768) + 1e-39);
}

/** e^x, correctly rounded. */
export function exp(x: number): number {
  if (!(Math.abs(x) < 750)) return x > 0 ? Infinity : x < 0 ? 0 : NaN;
  if (Math.abs(x) < EPSILON / 4) return 1;
  expOfSum(x, 0, 0);
  return cell[0] === cell[0] ? cell[0]! : multiprecision.slowExp(x);
}

/** The natural logarithm of x, correctly rounded: -Infinity for 0, NaN for x < 0. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity || x === 1) return x === 1 ? 0 : Infinity;
  if (x < SMALLEST_NORMAL) return multiprecision.slowLog(x);
  cell[0] = x;
  logSum();
  roundSum(logResult[0]!, logResult[1]!, logResult[2]!);
  return cell[0] === cell[0] ? cell[0] : multiprecision.slowLog(x);
}

/** x^y, correctly rounded, with C's special cases: pow(x, 0) and pow(1, y) are 1 even for NaN, pow(-1, ±Infinity) is 1. */
export function pow(x: number, y: number): number {
  const at = cell;
  at[0] = x;
  at[1] = y;
  powCell();
  return at[0];
}

function powCell(): void {
  const x = cell[0]!;
  const y = cell[1]!;
  const magnitude = Math.abs(x);
  const finite = magnitude > 0 && magnitude < Infinity && Math.abs(y) < Infinity;
  if (!finite || magnitude === 1 || y === 0 || y === 1 || (x < 0 && !Number.isInteger(y))) {
    cell[0] = specialPow(x, y);
    return;
  }
  cell[0] = magnitude;
  powOfMagnitude();
  if (x < 0 && y % 2 !== 0) cell[0] = -cell[0];
}

/** x^y where one of them is 0, 1, -1, infinite or NaN, or the result NaN. */
function specialPow(x: number, y: number): number {
  if (y === 0 || x === 1) return 1;
  if (Number.isNaN(x) || Number.isNaN(y)) return NaN;
  if (x < 0 && Number.isFinite(x) && Number.isFinite(y) && !Number.isInteger(y)) return NaN;
  if (y === 1) return x;
  const magnitude = Math.abs(x);
  const negative = y % 2 !== 0 && Number.isInteger(y) && (x < 0 || Object.is(x, -0));
  const value = magnitude === 1 ? 1 : magnitude > 1 === y > 0 ? Infinity : 0;
  return negative ? -value : value;
}

/** cell[0] = x^y for a finite x > 0, in cell[0], other than 1, and a finite y, in cell[1]. */
function powOfMagnitude(): void {
  const x = cell[0]!;
  const y = cell[1]!;
  const grows = x > 1 === y > 0;
  if (Math.abs(y) < 1e-20) cell[0] = 1;
  else if (Math.abs(y) > 1e20) cell[0] = grows ? Infinity : 0;
  else if (x < SMALLEST_NORMAL) cell[0] = multiprecision.slowPow(x, y);
  else {
    logSum();
    const t = y * logResult[0]!;
    if (Math.abs(t) > 750) cell[0] = grows ? Infinity : 0;
    else if (Math.abs(t) < EPSILON / 4) cell[0] = 1;
    else {
      const tLow = productError(y, logResult[0]!, t) + y * logResult[1]!;
      expOfSum(t, tLow, Math.abs(y) * logResult[2]! + Math.abs(t) * (EPSILON * EPSILON));
      if (cell[0] !== cell[0]) cell[0] = multiprecision.slowPow(x, y);
    }
  }
}
