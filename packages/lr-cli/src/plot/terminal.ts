/** A curve in the terminal, in Braille characters: each holds 2 x 4 dots. */
import { label, points, rateAxis, unitAxis } from './axes.ts';
import type { Curve } from './curve.ts';

/** The bit of the dot in column 0 or 1 and row 0 to 3 of U+2800. */
const DOTS = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
];

/** The curve in `columns` x `rows` characters, axes included. */
export function terminalPlot(
  curve: Curve,
  { columns, rows, log }: { columns: number; rows: number; log: boolean },
): string {
  const height = rows - 3;
  const y = rateAxis(curve, [height * 4 - 1, 0], Math.max(2, Math.floor(height / 3)), log);
  const margin = Math.max(...y.ticks.map((tick) => tick.label.length)) + 1;
  const width = Math.max(10, columns - margin - 1);
  const x = unitAxis(curve, [0, width * 2], Math.max(2, Math.floor(width / 12)));

  const cells = Array.from({ length: height }, () => new Uint8Array(width));
  const dot = (column: number, row: number): void => {
    const cell = cells[row >> 2]!;
    const at = Math.min(column, width * 2 - 1);
    cell[at >> 1]! |= DOTS[at & 1]![row & 3]!;
  };
  const shown = points(curve, width * 2);
  let previous: number | undefined;
  shown.forEach(([unit, rate], index) => {
    const from = Math.floor(x.position(unit));
    const to = Math.floor(x.position(shown[index + 1]?.[0] ?? curve.rates.length));
    const row = Math.round(y.position(rate));
    for (let column = from; column <= Math.max(from, to - 1); column++) dot(column, row);
    for (let between = Math.min(previous ?? row, row); between < Math.max(previous ?? row, row); between++)
      dot(from, between);
    previous = row;
  });

  const tickAt = new Map(y.ticks.map((tick) => [Math.round(y.position(tick.value)) >> 2, tick.label]));
  const lines = cells.map((cell, row) => {
    const tick = tickAt.get(row);
    const braille = String.fromCodePoint(...Array.from(cell, (bits) => 0x2800 + bits));
    return `${(tick ?? '').padStart(margin)}${tick === undefined ? '│' : '┤'}${braille.replace(/\u2800+$/, '')}`;
  });
  const ruler = Array.from({ length: width }, () => '─');
  const labels = Array.from({ length: width + 8 }, () => ' ');
  for (const { value, label: text } of x.ticks) {
    const at = Math.min(Math.floor(x.position(value) / 2), width - 1);
    ruler[at] = '┬';
    [...text].forEach((character, i) => (labels[Math.max(0, at - (text.length >> 1)) + i] = character));
  }
  const blank = ' '.repeat(margin);
  const { rates } = curve;
  const extremes = `from ${label(rates[0]!)} to ${label(rates.at(-1)!)}, lowest ${label(rates.reduce((a, b) => Math.min(a, b)))}, highest ${label(rates.reduce((a, b) => Math.max(a, b)))}`;
  return [
    `${curve.title}: learning rate by ${curve.unit}, ${extremes}`,
    ...lines,
    `${blank}└${ruler.join('')}`,
    `${blank} ${labels.join('').trimEnd()}`,
  ].join('\n');
}
