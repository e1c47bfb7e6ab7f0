/**
 * How a tensor prints: rows under one another, long dimensions with their ends only, numbers with their points aligned and
 * in the notation that PyTorch chooses for the whole tensor.
 */
import type { DType } from './dtype.ts';

/** Elements shown in full; more, and dimensions show their first and last EDGE items. */
const FULL = 1000;
const EDGE = 3;
const WIDTH = 100;
const DECIMALS = 4;

type Element = number | bigint;
type Notation = (value: Element) => string;

/** The elements as nested brackets; `indent` is what stands before the first bracket. */
export function format(
  data: ArrayLike<Element>,
  shape: readonly number[],
  dtype: DType,
  indent: number,
): string {
  const summarise = data.length > FULL;
  const shown: Element[] = [];
  walk(shape, 0, 0, summarise, (index) => shown.push(data[index]!));
  const notation = notationOf(shown, dtype);
  const width = shown.reduce((w: number, value) => Math.max(w, notation(value).length), 0);
  return render(data, shape, 0, 0, summarise, notation, width, indent);
}

function notationOf(values: readonly Element[], dtype: DType): Notation {
  if (dtype === 'bool') return (value) => String(value !== 0);
  if (dtype !== 'float32' && dtype !== 'float64') return String;
  const magnitudes = (values as readonly number[]).map(Math.abs).filter((m) => m > 0 && m < Infinity);
  const largest = magnitudes.reduce((a, b) => Math.max(a, b), 0);
  const least = magnitudes.reduce((a, b) => Math.min(a, b), Infinity);
  const isWhole = magnitudes.every(Number.isInteger);
  const spread = isWhole ? largest > 1e8 : largest / least > 1000 || largest > 1e8 || least < 1e-4;
  const digits = (value: number): string => {
    if (spread)
      return value.toExponential(DECIMALS).replace(/([+-])(\d)$/, (_, sign, digit) => `${sign}0${digit}`);
    return isWhole ? String(value) : value.toFixed(DECIMALS);
  };
  return (value) => {
    const number = value as number;
    if (!Number.isFinite(number)) return String(number);
    return Object.is(number, -0) ? `-${digits(0)}` : digits(number);
  };
}

/** Indices along a dimension that are shown; null stands for the ellipsis. */
function indices(length: number, summarise: boolean): (number | null)[] {
  if (!summarise || length <= 2 * EDGE) return Array.from({ length }, (_, i) => i);
  return [0, 1, 2, null, length - 3, length - 2, length - 1];
}

function stride(shape: readonly number[], dim: number): number {
  let elements = 1;
  for (let d = dim + 1; d < shape.length; d++) elements *= shape[d]!;
  return elements;
}

function walk(
  shape: readonly number[],
  dim: number,
  offset: number,
  summarise: boolean,
  visit: (index: number) => void,
): void {
  if (dim === shape.length) {
    visit(offset);
    return;
  }
  for (const i of indices(shape[dim]!, summarise)) {
    if (i !== null) walk(shape, dim + 1, offset + i * stride(shape, dim), summarise, visit);
  }
}

function render(
  data: ArrayLike<Element>,
  shape: readonly number[],
  dim: number,
  offset: number,
  summarise: boolean,
  notation: Notation,
  width: number,
  indent: number,
): string {
  if (dim === shape.length) return notation(data[offset]!).padStart(shape.length === 0 ? 0 : width);
  const items = indices(shape[dim]!, summarise).map((i) =>
    i === null
      ? '…'
      : render(data, shape, dim + 1, offset + i * stride(shape, dim), summarise, notation, width, indent + 1),
  );
  const pad = ' '.repeat(indent + 1);
  if (dim < shape.length - 1) return `[${items.join(`,${'\n'.repeat(shape.length - 1 - dim)}${pad}`)}]`;
  const perLine = Math.max(1, Math.floor((WIDTH - indent) / (width + 2)));
  const lines: string[] = [];
  for (let i = 0; i < items.length; i += perLine) lines.push(items.slice(i, i + perLine).join(', '));
  return `[${lines.join(`,\n${pad}`)}]`;
}
