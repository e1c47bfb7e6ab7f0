/** The rows of a profile as text. */
import type { Profile, ProfileRow } from './profile.ts';

const COLUMNS: readonly [title: string, cell: (row: ProfileRow) => string][] = [
  ['operator', ({ name }) => name],
  ['phase', ({ phase }) => phase],
  ['calls', ({ calls }) => String(calls)],
  ['total ms', ({ totalMs }) => totalMs.toFixed(2)],
  ['mean µs', ({ meanUs }) => meanUs.toFixed(1)],
  ['share', ({ share }) => `${(100 * share).toFixed(1)} %`],
  ['GFLOP/s', ({ gflops }) => (gflops === null ? '' : gflops.toFixed(1))],
  ['GB/s', ({ gigabytes }) => gigabytes.toFixed(1)],
];
const SHAPES: (typeof COLUMNS)[number] = [
  'shapes',
  ({ shapes }) => shapes!.map((shape) => (shape === null ? '-' : `[${shape.join(',')}]`)).join(' '),
];
/** Columns of text, which are aligned to the left. */
const TEXT = ['operator', 'phase', 'shapes'];

export function table({ rows, phases, outsideMs, wallMs }: Omit<Profile<unknown>, 'result'>): string {
  const columns = rows.some(({ shapes }) => shapes !== undefined) ? [...COLUMNS, SHAPES] : COLUMNS;
  const lines = [columns.map(([title]) => title), ...rows.map((row) => columns.map(([, cell]) => cell(row)))];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  const text = lines.map((line) =>
    line
      .map((cell, i) => (TEXT.includes(columns[i]![0]) ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
  const sums = Object.entries({ ...phases, 'outside operators': outsideMs, all: wallMs });
  return [...text, sums.map(([name, ms]) => `${name} ${ms.toFixed(2)} ms`).join(', ')].join('\n');
}
