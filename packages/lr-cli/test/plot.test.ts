/** Curves and their drawings. */
import { describe, expect, it } from 'vitest';
import { label, points } from '../src/plot/axes.ts';
import { curve, type Curve } from '../src/plot/curve.ts';
import { png } from '../src/plot/png.ts';
import { html, svg } from '../src/plot/svg.ts';
import { terminalPlot } from '../src/plot/terminal.ts';

const SGD = { type: 'SGD', lr: 0.1, momentum: 0.9 };
const step = (stepSize: number, interval = 'step'): Curve =>
  curve({
    title: 'StepLR <5>',
    optimizer: SGD,
    schedulers: [{ type: 'StepLR', stepSize, interval }],
    length: 12,
    stepsPerEpoch: 3,
  });

describe('curve', () => {
  it('has the rate in force during each step', () => {
    const { rates, unit } = step(5);
    const second = 0.1 * 0.1;
    expect(unit).toBe('step');
    expect(Array.from(rates)).toEqual([
      ...Array(5).fill(0.1),
      ...Array(5).fill(second),
      second * 0.1,
      second * 0.1,
    ]);
  });

  it('counts epochs where all schedulers follow epochs', () => {
    expect(step(5, 'epoch')).toMatchObject({ unit: 'epoch', rates: step(5).rates });
  });

  it('steps schedulers of both intervals', () => {
    const schedulers = [
      { type: 'StepLR', stepSize: 1, gamma: 0.5, interval: 'epoch' },
      { type: 'ExponentialLR', gamma: 1, interval: 'step' },
    ];
    const { rates, unit } = curve({
      title: '',
      optimizer: { ...SGD, lr: 1 },
      schedulers,
      length: 7,
      stepsPerEpoch: 3,
    });
    expect(unit).toBe('step');
    expect(Array.from(rates)).toEqual([1, 1, 1, 0.5, 0.5, 0.5, 0.25]);
  });

  it('shows ReduceLROnPlateau for a metric that never improves', () => {
    const schedulers = [{ type: 'ReduceLROnPlateau', patience: 2, factor: 0.05 }];
    const { rates } = curve({
      title: '',
      optimizer: { ...SGD, lr: 1e-3 },
      schedulers,
      length: 6,
      stepsPerEpoch: 1,
    });
    expect(Array.from(rates)).toEqual([1e-3, 1e-3, 1e-3, 1e-3, 5e-5, 5e-5]);
  });

  it('names the scheduler whose options do not fit', () => {
    const request = { title: '', optimizer: { type: 'SGD', lr: 1 }, length: 3, stepsPerEpoch: 1 };
    const schedulers = [{ type: 'OneCycleLR', maxLr: 0.1 }];
    expect(() => curve({ ...request, schedulers })).toThrow(/^scheduler: .*totalSteps/);
  });
});

describe('points', () => {
  it('keeps the lowest and the highest of each column of a long curve', () => {
    const rates = Float64Array.from({ length: 10_000 }, (_, i) =>
      i === 5_003 ? 9 : i === 5_004 ? -9 : i / 10_000,
    );
    const kept = points({ title: '', unit: 'step', rates }, 100);
    expect(kept.length).toBeLessThanOrEqual(200);
    expect(kept).toContainEqual([5_003, 9]);
    expect(kept).toContainEqual([5_004, -9]);
    expect(kept.map(([unit]) => unit)).toEqual(kept.map(([unit]) => unit).sort((a, b) => a - b));
  });
});

it.each([
  [0, '0'],
  [0.001, '0.001'],
  [1e-5, '1e-5'],
  [1 / 3000, '3.33e-4'],
  [0.1 + 0.2, '0.3'],
])('label(%d) is %s', (value, text) => expect(label(value)).toBe(text));

describe('drawings', () => {
  it('svg is a staircase with escaped text and no NaN', () => {
    const text = svg(step(5), { log: false });
    expect(text).toContain('StepLR &#60;5&#62;');
    expect(text).not.toMatch(/NaN|undefined|<5>/);
    const [, path] = /class="rate" d="M([^"]*)"/.exec(text)!;
    // 12 units: one start, 11 stairs, one last run.
    expect(path!.match(/V/g)).toHaveLength(11);
    expect(path!.match(/H/g)).toHaveLength(12);
  });

  it('a logarithmic axis has the decades', () => {
    const text = svg(step(5), { log: true });
    for (const tick of ['>0.1<', '>0.01<', '>0.001<']) expect(text).toContain(tick);
  });

  it.each([
    ['of one unit', [0.1]],
    ['constant', [0.1, 0.1]],
    ['of zeros', [0, 0]],
    ['with negative rates', [-1, 1]],
  ])('a curve %s can be drawn', (_, values) => {
    const drawn: Curve = { title: 'flat', unit: 'epoch', rates: Float64Array.from(values) };
    for (const log of [false, true]) {
      expect(svg(drawn, { log })).not.toMatch(/NaN|undefined|Infinity/);
      expect(terminalPlot(drawn, { columns: 40, rows: 10, log })).not.toMatch(/NaN|undefined|Infinity/);
    }
  });

  it('html is a page with that svg', () => {
    const page = html(step(5), { log: false });
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).toContain(svg(step(5), { log: false }));
  });

  it('png is that svg at twice its size, with its text', async () => {
    const drawn = svg(step(5), { log: false });
    const image = Buffer.from(await png(drawn));
    expect([image.readUInt32BE(16), image.readUInt32BE(20)]).toEqual([1600, 880]);
    // Text in a font that is not there would not be drawn, and not be missed.
    for (const text of drawn.matchAll(/<text.*?<\/text>/gs)) {
      expect(image.equals(await png(drawn.replace(text[0], '')))).toBe(false);
    }
  });

  it('the terminal has as many columns and rows as asked for', () => {
    const lines = terminalPlot(step(5), { columns: 60, rows: 12, log: false }).split('\n');
    expect(lines).toHaveLength(12);
    for (const line of lines.slice(1)) expect(line.length).toBeLessThanOrEqual(60);
    expect(lines[1]).toMatch(/0\.1┤[\u2801-\u28ff]/);
  });
});
