/** How a tensor prints: rows under one another as in PyTorch, long dimensions with their ends only. */

/** Elements shown in full; more, and dimensions show their first and last EDGE items. */
const FULL = 1000;
const EDGE = 3;
const WIDTH = 100;

/** The elements as nested brackets; `indent` is what stands before the first bracket. */
export function format(data: ArrayLike<number | bigint>, shape: readonly number[], indent: number): string {
  const summarise = data.length > FULL;
  const shown: string[] = [];
  walk(shape, 0, 0, summarise, (index) => shown.push(number(data[index]!)));
  const width = shown.reduce((w, text) => Math.max(w, text.length), 0);
  return render(data, shape, 0, 0, summarise, width, indent);
}

function number(value: number | bigint): string {
  if (typeof value === 'bigint') return String(value);
  if (Object.is(value, -0)) return '-0';
  return String(Number(value.toPrecision(5)));
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
  data: ArrayLike<number | bigint>,
  shape: readonly number[],
  dim: number,
  offset: number,
  summarise: boolean,
  width: number,
  indent: number,
): string {
  if (dim === shape.length) return number(data[offset]!).padStart(shape.length === 0 ? 0 : width);
  const items = indices(shape[dim]!, summarise).map((i) =>
    i === null
      ? '…'
      : render(data, shape, dim + 1, offset + i * stride(shape, dim), summarise, width, indent + 1),
  );
  const pad = ' '.repeat(indent + 1);
  if (dim < shape.length - 1) return `[${items.join(`,${'\n'.repeat(shape.length - 1 - dim)}${pad}`)}]`;
  const perLine = Math.max(1, Math.floor((WIDTH - indent) / (width + 2)));
  const lines: string[] = [];
  for (let i = 0; i < items.length; i += perLine) lines.push(items.slice(i, i + perLine).join(', '));
  return `[${lines.join(`,\n${pad}`)}]`;
}
