/**
 * cos, exp, log and pow to any precision, in BigInt fixed point, rounded once: the correctly rounded value of every
 * double. Exact but slow (tens of microseconds): exact-math.ts calls it to build its tables and where its own fast path
 * cannot decide how to round. Nothing else should.
 *
 * A fixed-point number `v` of precision `p` stands for v / 2^p. Every function `…Fixed` is off by less than 2^-p · 2^6.
 */

/** A finite double as mantissa · 2^exponent. */
export function decompose(x: number): { mantissa: bigint; exponent: number } {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, x);
  const word = bits.getBigUint64(0);
  const biased = Number((word >> 52n) & 0x7ffn);
  const fraction = word & 0xfffffffffffffn;
  const magnitude = biased === 0 ? fraction : fraction | (1n << 52n);
  return { mantissa: word >> 63n === 1n ? -magnitude : magnitude, exponent: Math.max(biased, 1) - 1075 };
}

function shift(v: bigint, bits: number): bigint {
  return bits >= 0 ? v << BigInt(bits) : v >> BigInt(-bits);
}

function bitLength(v: bigint): number {
  const hex = (v < 0n ? -v : v).toString(16);
  return 4 * hex.length - (Math.clz32(Number.parseInt(hex[0]!, 16)) - 28);
}

/** A finite double in fixed point, rounded down. */
export function toFixed(x: number, p: number): bigint {
  const { mantissa, exponent } = decompose(x);
  return shift(mantissa, exponent + p);
}

/** v / 2^p rounded to the nearest double, ties to even. */
export function toDouble(v: bigint, p: number): number {
  if (v === 0n) return 0;
  const negative = v < 0n;
  const magnitude = negative ? -v : v;
  const unit = Math.max(bitLength(magnitude) - 1 - p - 52, -1074);
  if (unit > 971) return negative ? -Infinity : Infinity;
  const drop = unit + p;
  let mantissa = shift(magnitude, -drop);
  if (drop > 0) {
    const twiceRest = (magnitude - (mantissa << BigInt(drop))) << 1n;
    const one = 1n << BigInt(drop);
    if (twiceRest > one || (twiceRest === one && (mantissa & 1n) === 1n)) mantissa += 1n;
  }
  const bits = new DataView(new ArrayBuffer(8));
  bits.setBigUint64(0, unit >= -1022 ? BigInt(unit + 1023) << 52n : 1n << BigInt(unit + 1074));
  const value = Number(mantissa) * bits.getFloat64(0);
  return negative ? -value : value;
}

function memoise(compute: (p: number) => bigint): (p: number) => bigint {
  let precision = 0;
  let value = 0n;
  return (p) => {
    if (p > precision) {
      precision = p;
      value = compute(p);
    }
    return value >> BigInt(precision - p);
  };
}

/** sum over odd n of sign^((n-1)/2) / (n · x^n): atan(1/x) for sign -1, atanh(1/x) for sign 1 */
function inverseSeries(x: bigint, sign: 1n | -1n, p: number): bigint {
  let term = (1n << BigInt(p)) / x;
  let sum = 0n;
  for (let n = 1n; term !== 0n; n += 2n) {
    sum += term / n;
    term = (sign * term) / (x * x);
  }
  return sum;
}

/** Machin: pi / 4 = 4 atan(1/5) - atan(1/239). */
export const piFixed = memoise(
  (p) => (16n * inverseSeries(5n, -1n, p + 16) - 4n * inverseSeries(239n, -1n, p + 16)) >> 16n,
);

/** ln 2 = 18 atanh(1/26) - 2 atanh(1/4801) + 8 atanh(1/8749). */
export const ln2Fixed = memoise((p) => {
  const q = p + 16;
  const sum =
    18n * inverseSeries(26n, 1n, q) - 2n * inverseSeries(4801n, 1n, q) + 8n * inverseSeries(8749n, 1n, q);
  return sum >> 16n;
});

/** exp of a fixed-point r with |r| < 1. */
export function expFixed(r: bigint, p: number): bigint {
  const halvings = 12;
  const q = BigInt(p + 2 * halvings);
  const x = r << BigInt(halvings); // r / 2^halvings at precision q
  let term = 1n << q;
  let sum = term;
  for (let n = 1n; term !== 0n; n += 1n) {
    term = (term * x) / (n << q);
    sum += term;
  }
  for (let i = 0; i < halvings; i++) sum = (sum * sum) >> q;
  return sum >> BigInt(2 * halvings);
}

/** log of a fixed-point m near 1, by 2 atanh((m - 1) / (m + 1)). */
export function logFixed(m: bigint, p: number): bigint {
  const q = BigInt(p + 16);
  const one = 1n << BigInt(p);
  const z = ((m - one) << q) / (m + one);
  const square = (z * z) >> q;
  let power = z;
  let sum = 0n;
  for (let n = 1n; power !== 0n && power !== -1n; n += 2n) {
    sum += power / n;
    power = (power * square) >> q;
  }
  return sum >> 15n;
}

/** cos(r) (first = 0) or sin(r) (first = 1) of a fixed-point |r| < 1, by the Taylor series. */
function trigonometricFixed(r: bigint, first: 0n | 1n, p: number): bigint {
  const q = BigInt(p + 16);
  const x = r << 16n;
  const square = (x * x) >> q;
  let term = first === 0n ? 1n << q : x;
  let sum = 0n;
  for (let n = first; term !== 0n; n += 2n) {
    sum += term;
    term = -(term * square) / (((n + 1n) * (n + 2n)) << q);
  }
  return sum >> 16n;
}

/** cos(x) of a fixed-point x >= 0 that is exact at precision p + guard, guard >= the bits of x's integer part. */
export function cosFixed(x: bigint, p: number, guard: number): bigint {
  const q = p + guard;
  const quarter = piFixed(q + 1) >> 2n; // pi / 2
  const turns = (2n * x + quarter) / (2n * quarter);
  const r = shift(x - turns * quarter, -guard);
  const quadrant = turns & 3n;
  const value = trigonometricFixed(r, (quadrant & 1n) === 0n ? 0n : 1n, p);
  return quadrant === 1n || quadrant === 2n ? -value : value;
}

/** x as m · 2^e, m a fixed-point number in [0.75, 1.5). */
function normalise(x: number, p: number): { m: bigint; e: number } {
  const { mantissa, exponent } = decompose(x);
  const length = bitLength(mantissa);
  const e = exponent + length - ((mantissa << 2n) >> BigInt(length) >= 3n ? 0 : 1);
  return { m: shift(mantissa, exponent - e + p), e };
}

function logOfDouble(x: number, p: number): bigint {
  const { m, e } = normalise(x, p);
  return logFixed(m, p) + BigInt(e) * ln2Fixed(p);
}

/**
 * Ziv's loop: doubles the precision until the error of `compute`, below 2^12 units, no longer matters to the rounding.
 *
 * @param compute the value at precision p, and by how many bits it is to be scaled up
 */
function roundWhenDecided(compute: (p: number) => { value: bigint; scale: number }): number {
  const error = 1n << 12n;
  for (let p = 160; ; p *= 2) {
    const { value, scale } = compute(p);
    const low = toDouble(value - error, p - scale);
    if (low === toDouble(value + error, p - scale)) return low;
  }
}

/** e^t for a fixed-point t, as mantissa and power of two. */
function expOfFixed(t: bigint, p: number): { value: bigint; scale: number } {
  const ln2 = ln2Fixed(p);
  const k = t / ln2;
  return { value: expFixed(t - k * ln2, p), scale: Number(k) };
}

/** exp of a finite x != 0, |x| < 1024. */
export function slowExp(x: number): number {
  return roundWhenDecided((p) => expOfFixed(toFixed(x, p), p));
}

/** log of a finite x > 0, x != 1. */
export function slowLog(x: number): number {
  return roundWhenDecided((p) => ({ value: logOfDouble(x, p), scale: 0 }));
}

/** cos of a finite x > 0. */
export function slowCos(x: number): number {
  const guard = Math.max(0, bitLength(toFixed(x, 0))) + 8;
  return roundWhenDecided((p) => {
    const q = Math.max(p, 1074);
    return { value: shift(cosFixed(toFixed(x, q + guard), q, guard), p - q), scale: 0 };
  });
}

/** x^y of a finite x > 0, x != 1, and a finite y with |y log x| < 1024, |y| < 2^80. */
export function slowPow(x: number, y: number): number {
  const exact = exactPower(x, y);
  if (exact !== undefined) return exact;
  const { mantissa, exponent } = decompose(y);
  return roundWhenDecided((p) => {
    const q = p + 96; // |y| < 2^80 multiplies the error of the logarithm
    const t = shift(logOfDouble(x, q) * mantissa, exponent - 96);
    return expOfFixed(t, p);
  });
}

/**
 * x^y where it is a rational number of at most 54 significant bits, for which Ziv's loop could not end (a tie), or
 * undefined. x = a · 2^b with a odd; y = n · 2^-k with n odd: the root must exist, and only powers of two have exact inverses.
 */
function exactPower(x: number, y: number): number | undefined {
  let { mantissa: a, exponent: b } = decompose(x);
  let { mantissa: n, exponent: k } = decompose(y);
  while ((a & 1n) === 0n) [a, b] = [a >> 1n, b + 1];
  while ((n & 1n) === 0n) [n, k] = [n >> 1n, k + 1];
  for (; k < 0; k++) {
    const root = integerSquareRoot(a);
    if (root * root !== a || b % 2 !== 0) return undefined;
    [a, b] = [root, b / 2];
  }
  const power = n << BigInt(k);
  if (a !== 1n && (power < 0n || power > 40n)) return undefined;
  const exponent = BigInt(b) * power;
  if (exponent > 1100n || exponent < -1200n) return undefined;
  let numerator = 1n;
  if (a !== 1n) for (let i = 0n; i < power; i++) numerator *= a;
  return toDouble(numerator, -Number(exponent));
}

function integerSquareRoot(v: bigint): bigint {
  let root = BigInt(Math.floor(Math.sqrt(Number(v))));
  while (root * root > v) root -= 1n;
  while ((root + 1n) * (root + 1n) <= v) root += 1n;
  return root;
}
