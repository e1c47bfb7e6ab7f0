/**
 * Fused multiply-add, rounded once: JavaScript has none, and PyTorch's random kernels are compiled with it.
 * `fma32` is for float32 values, `fma64` for doubles. Both are exact for finite operands whose products neither
 * overflow nor underflow.
 */

/** a·b + c of three float32 values as a float32, rounded once. */
export function fma32(a: number, b: number, c: number): number {
  const product = a * b; // 24 + 24 bits: exact in a double
  const sum = product + c;
  const rounded = Math.fround(sum);
  const rest = sum - rounded;
  // The two roundings differ from one only where `sum`, itself rounded, lies halfway between two float32 values.
  if (rest === 0 || Math.fround(rounded + 2 * rest) !== rounded + 2 * rest) return rounded;
  const lost = twoSumError(product, c, sum);
  if (lost === 0) return rounded;
  return lost > 0 === rest > 0 ? rounded + 2 * rest : rounded;
}

/**
 * a·b + c of three doubles, rounded once: the last sum is taken of parts that are rounded to odd.
 * S. Boldo, G. Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd", 2008.
 */
export function fma64(a: number, b: number, c: number): number {
  const high = a * b;
  const low = twoProductError(a, b, high);
  const sum = c + low;
  const sumLost = twoSumError(c, low, sum);
  const total = high + sum;
  const totalLost = twoSumError(high, sum, total);
  return total + addRoundedToOdd(sumLost, totalLost);
}

/** (a + b) − sum, exactly, where sum is a + b rounded (Knuth's TwoSum). */
export function twoSumError(a: number, b: number, sum: number): number {
  const part = sum - a;
  return a - (sum - part) + (b - part);
}

/** a·b − product, exactly, where product is a·b rounded (Dekker's product with Veltkamp's splitting). */
function twoProductError(a: number, b: number, product: number): number {
  const aBig = a * 134217729; // 2^27 + 1
  const aHigh = aBig - (aBig - a);
  const aLow = a - aHigh;
  const bBig = b * 134217729;
  const bHigh = bBig - (bBig - b);
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

const bits = new BigInt64Array(1);
const double = new Float64Array(bits.buffer);

function addRoundedToOdd(a: number, b: number): number {
  const sum = a + b;
  const lost = twoSumError(a, b, sum);
  if (lost === 0) return sum;
  double[0] = sum;
  if ((bits[0]! & 1n) === 0n) bits[0]! += lost > 0 === sum > 0 ? 1n : -1n;
  return double[0];
}
