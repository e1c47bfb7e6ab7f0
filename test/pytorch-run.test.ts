/** A whole run of `lr train` against the same script in PyTorch: same seed, same weights, same batches, same losses. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { events, lr, temporaryFolder } from './run.ts';

interface Epoch {
  trainLoss: number;
  valLoss: number;
  valAccuracy: number;
  lr: number;
}
const fixture = JSON.parse(readFileSync(new URL('fixtures/mnist-run.json', import.meta.url), 'utf8')) as {
  config: object;
  epochs: Epoch[];
};

/** PyTorch adds in another order: float32 roundings, carried through 48 steps. 2e-7 was measured. */
const TOLERANCE = 2e-6;

it('lr train gives the loss curve of the same PyTorch script', () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'run.json'), JSON.stringify(fixture.config));
  const { stdout, stderr, status } = lr(['train', 'run.json', '--json'], { cwd });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  const epochs = events(stdout).filter(({ event }) => event === 'epoch');
  expect(epochs).toHaveLength(fixture.epochs.length);
  for (const [index, expected] of fixture.epochs.entries()) {
    const { trainLoss, valLoss, valAccuracy, lr } = epochs[index] as unknown as Epoch;
    expect(Math.abs(trainLoss - expected.trainLoss)).toBeLessThan(TOLERANCE);
    expect(Math.abs(valLoss - expected.valLoss)).toBeLessThan(TOLERANCE);
    expect(valAccuracy).toBe(expected.valAccuracy);
    expect(lr).toEqual([expected.lr]);
  }
});
