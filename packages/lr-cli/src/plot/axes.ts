/** What the drawings of a curve share: scales, ticks, and a curve reduced to what the width can show. */
import { scaleLinear, scaleLog } from 'd3-scale';
import type { Curve } from './curve.ts';

export interface Axis {
  /** The position of a value, within the range given. */
  position(value: number): number;
  ticks: { value: number; label: string }[];
}

/** A learning rate as people write it: 0.001, 1e-5, 3.33e-4. */
export function label(value: number): string {
  const short = Number(value.toPrecision(3));
  const size = Math.abs(short);
  return size !== 0 && (size < 1e-3 || size >= 1e6) ? short.toExponential() : String(short);
}

/** The axis of the units, from 0 to the length of the curve. */
export function unitAxis({ rates }: Curve, range: [number, number], ticks: number): Axis {
  const scale = scaleLinear([0, rates.length], range);
  const whole = scale.ticks(ticks).filter(Number.isInteger);
  return { position: scale, ticks: whole.map((value) => ({ value, label: value.toLocaleString('en') })) };
}

/** The axis of the learning rates: from 0 (or the lowest) to the highest; with `log`, over the positive ones. */
export function rateAxis({ rates }: Curve, range: [number, number], ticks: number, log: boolean): Axis {
  const positive = rates.filter((rate) => rate > 0);
  if (log && positive.length > 0) {
    const low = positive.reduce((a, b) => Math.min(a, b));
    const high = positive.reduce((a, b) => Math.max(a, b));
    const scale = scaleLog([low === high ? low / 10 : low, high], range)
      .nice()
      .clamp(true);
    const all = scale.ticks(ticks);
    const decades = all.filter((value) => /^1e/.test(value.toExponential()));
    const shown = decades.length >= 2 ? decades : all;
    return { position: scale, ticks: shown.map((value) => ({ value, label: label(value) })) };
  }
  const low = rates.reduce((a, b) => Math.min(a, b), 0);
  const high = rates.reduce((a, b) => Math.max(a, b), 0);
  const scale = scaleLinear([low, high === low ? low + 1 : high], range).nice(ticks);
  return { position: scale, ticks: scale.ticks(ticks).map((value) => ({ value, label: label(value) })) };
}

/** `[unit, rate]` pairs: all of them, or the lowest and the highest of each of `columns` parts where there are more. */
export function points({ rates }: Curve, columns: number): [number, number][] {
  if (rates.length <= 2 * columns) return Array.from(rates, (rate, unit) => [unit, rate]);
  const kept: [number, number][] = [];
  for (let column = 0; column < columns; column++) {
    const from = Math.floor((column * rates.length) / columns);
    const to = Math.floor(((column + 1) * rates.length) / columns);
    let low = from;
    let high = from;
    for (let i = from; i < to; i++) {
      if (rates[i]! < rates[low]!) low = i;
      if (rates[i]! > rates[high]!) high = i;
    }
    for (const i of new Set([Math.min(low, high), Math.max(low, high)])) kept.push([i, rates[i]!]);
  }
  return kept;
}
