/** Our files against the bytes that PyTorch's writer makes (test/generate/torch_events.py). */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SummaryWriter } from '../src/index.ts';
import type { SummaryWriterOptions } from '../src/index.ts';
import { asText, dig, recordsOf } from './read-events.ts';

type Files = Record<string, string[]>;
const fixture = JSON.parse(readFileSync(new URL('fixtures/torch-events.json', import.meta.url), 'utf8')) as {
  wallTime: number;
  values: number[];
} & Record<'scalars' | 'histograms' | 'text' | 'runs' | 'purge' | 'hparams' | 'hparamString', Files>;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lr-tensorboard-'));
  vi.useFakeTimers({ now: fixture.wallTime * 1000, toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(dir, { recursive: true });
});

/** Every record after the first has PyTorch's bytes; the first differs in the name of the program alone. */
function expectBytes(
  files: Files,
  write: (writer: SummaryWriter) => void,
  options: SummaryWriterOptions = {},
): void {
  const writer = new SummaryWriter({ logDir: dir, ...options });
  write(writer);
  writer.close();
  for (const [name, records] of Object.entries(files)) {
    const [first, ...rest] = recordsOf(join(dir, name));
    const [torchFirst, ...torchRest] = records.map((record) => Buffer.from(record, 'base64'));
    expect(rest.map((record) => Buffer.from(record).toString('hex'))).toEqual(
      torchRest.map((record) => record.toString('hex')),
    );
    const [head, torchHead] = [first!.subarray(12, -4), torchFirst!.subarray(12, -4)];
    expect(dig(head, 1)).toBe(dig(torchHead, 1));
    expect(asText(dig(head, 3))).toBe('brain.Event:2');
    expect(asText(dig(head, 10, 1))).toBe('@org/lr-tensorboard');
  }
}

test('scalars: NaN, infinities, beyond float32, large and negative steps, zero', () => {
  expectBytes(fixture.scalars, (w) => {
    w.addScalar('loss', 0.1, 0, 1.5);
    w.addScalar('loss', NaN, 1, 2.5);
    w.addScalar('loss', Infinity, 2 ** 40, 3.5);
    w.addScalar('lr/été', -1e300, -3n);
    w.addScalar('zero', 0);
  });
});

test('histograms: the default bins, equal bins, edges, joined bins', () => {
  const { values } = fixture;
  expectBytes(fixture.histograms, (w) => {
    w.addHistogram('tensorflow', values, 1);
    w.addHistogram('equal', Float64Array.from(values), 2, undefined, { bins: 10 });
    w.addHistogram('edges', values, 3, undefined, { bins: [-2, 0, 0.5, 9] });
    w.addHistogram('joined', values, 4, undefined, { maxBins: 20 });
    w.addHistogram('first', { data: Float32Array.of(0, 1, 2) }, 5, undefined, { bins: [0, 1, 2] });
  });
});

test('text', () => expectBytes(fixture.text, (w) => w.addText('note', '# Größe\n**bold**', 7)));

test('addScalars: a run for each key', () =>
  expectBytes(fixture.runs, (w) => w.addScalars('a/b', { x: 1, y: { item: () => 2 } }, 4)));

test('purgeStep', () => expectBytes(fixture.purge, (w) => w.addScalar('loss', 1, 5), { purgeStep: 5 }));

test('hyper-parameters', () => {
  const metrics = { 'hparam/loss': 0.5, 'hparam/accuracy': 0.75 };
  const options = { runName: 'run', globalStep: 3, hparamDomainDiscrete: { lr: [0.1, 0.01] } };
  expectBytes(fixture.hparams, (w) => w.addHparams({ lr: 0.1 }, metrics, options));
});

test('hyper-parameters: strings, and null left out', () =>
  expectBytes(fixture.hparamString, (w) =>
    w.addHparams({ opt: 'adam', absent: null }, { 'hparam/loss': 0.5 }, { runName: 'run' }),
  ));
