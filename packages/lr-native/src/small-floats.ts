/**
 * Floats of 16 bits and fewer, which files have and tensors do not, as float32. To add one: its row in LAYOUTS.
 * Sources: IEEE 754; OCP 8-bit Floating Point (OFP8) and Microscaling Formats 1.0; FNUZ as in arXiv:2206.02915.
 */

interface Layout {
  readonly exponent: number;
  readonly fraction: number;
  readonly bias: number;
  /**
   * What the highest codes mean. ieee: an exponent of ones is infinity or NaN. fn: all ones is NaN. fnuz: the code of -0
   * is NaN. finite: none is special. scale: no sign, no fraction, no zero; all ones is NaN.
   */
  readonly special: 'ieee' | 'fn' | 'fnuz' | 'finite' | 'scale';
}

const LAYOUTS = {
  F16: { exponent: 5, fraction: 10, bias: 15, special: 'ieee' },
  BF16: { exponent: 8, fraction: 7, bias: 127, special: 'ieee' },
  F8_E5M2: { exponent: 5, fraction: 2, bias: 15, special: 'ieee' },
  F8_E5M2FNUZ: { exponent: 5, fraction: 2, bias: 16, special: 'fnuz' },
  F8_E4M3: { exponent: 4, fraction: 3, bias: 7, special: 'fn' },
  F8_E4M3FNUZ: { exponent: 4, fraction: 3, bias: 8, special: 'fnuz' },
  F8_E8M0: { exponent: 8, fraction: 0, bias: 127, special: 'scale' },
  F4: { exponent: 2, fraction: 1, bias: 1, special: 'finite' },
} as const satisfies Record<string, Layout>;
export type SmallFloat = keyof typeof LAYOUTS;

/** x · 2^n, exactly where it is a double. */
function scaled(x: number, n: number): number {
  for (; n > 0; n--) x *= 2;
  for (; n < 0; n++) x /= 2;
  return x;
}

function valueOf(code: number, { exponent, fraction, bias, special }: Layout): number {
  const ones = (1 << exponent) - 1;
  if (special === 'scale') return code === ones ? NaN : scaled(1, code - bias);
  const signBit = 1 << (exponent + fraction);
  if (special === 'fnuz' && code === signBit) return NaN;
  if (special === 'fn' && (code & (signBit - 1)) === signBit - 1) return NaN;
  const sign = code & signBit ? -1 : 1;
  const e = (code >> fraction) & ones;
  const f = code & ((1 << fraction) - 1);
  if (special === 'ieee' && e === ones) return f === 0 ? sign * Infinity : NaN;
  const units = e === 0 ? f : (1 << fraction) + f;
  return sign * scaled(units, Math.max(e, 1) - bias - fraction);
}

const tables = new Map<SmallFloat, Float32Array>();

/** The values of `codes`. */
export function smallFloats(format: SmallFloat, codes: Uint8Array | Uint16Array): Float32Array {
  let table = tables.get(format);
  if (table === undefined) {
    const layout: Layout = LAYOUTS[format];
    const signed = layout.special === 'scale' ? 0 : 1;
    table = new Float32Array(1 << (layout.exponent + layout.fraction + signed));
    for (let code = 0; code < table.length; code++) table[code] = valueOf(code, layout);
    tables.set(format, table);
  }
  const out = new Float32Array(codes.length);
  for (let i = 0; i < out.length; i++) out[i] = table[codes[i]!]!;
  return out;
}
