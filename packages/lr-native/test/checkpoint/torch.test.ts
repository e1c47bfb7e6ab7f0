/** Training that PyTorch began goes on here with the losses it has there. The way back is in generate/optimizer_exchange.py. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as core from '@org/lr-core';
import type { Optimizer } from '@org/lr-core';
import { afterAll, describe, expect, it } from 'vitest';
import {
  F,
  loadOptimizer,
  loadSafetensors,
  nn,
  readSafetensors,
  saveOptimizer,
  saveSafetensors,
  tensor,
} from '../../src/index.ts';

const fixtures = fileURLToPath(new URL('../fixtures/exchange/', import.meta.url));
const expected = JSON.parse(readFileSync(join(fixtures, 'losses.json'), 'utf8')) as Record<string, number[]>;
const STEPS = 10;
const { LR_EXCHANGE } = process.env;
const folder = LR_EXCHANGE ?? mkdtempSync(join(tmpdir(), 'lr-exchange-'));
mkdirSync(folder, { recursive: true });
afterAll(() => {
  if (LR_EXCHANGE === undefined) rmSync(folder, { recursive: true });
});

const grid = (columns: number, value: (i: number, j: number) => number): number[][] =>
  Array.from({ length: 6 }, (_, i) => Array.from({ length: columns }, (_, j) => value(i, j)));

function train(model: nn.Module, optimizer: Optimizer, first: number): number[] {
  return Array.from({ length: STEPS }, (_, i) => {
    const step = first + i;
    const x = tensor(grid(4, (row, j) => (((row * 7 + j * 3 + step * 5) % 11) - 5) / 5));
    const y = tensor(grid(3, (row, j) => (((row * 5 + j + step) % 7) - 3) / 3));
    optimizer.zeroGrad();
    const loss = F.mseLoss(model.forward(x), y);
    loss.backward();
    optimizer.step();
    return loss.item();
  });
}

const constructors = core as unknown as Record<string, new (params: unknown, options: object) => Optimizer>;
const back: Record<string, number[]> = {};

describe.each(Object.entries(expected))('%s', (name, losses) => {
  it('goes on where PyTorch stopped', () => {
    const model = new nn.Sequential(
      new nn.Linear(4, 8, { bias: false }),
      new nn.Tanh(),
      new nn.Linear(8, 3, { bias: false }),
    );
    model.loadStateDict(loadSafetensors(join(fixtures, `${name}.model.safetensors`)));
    const optimizer = new constructors[name]!(model.namedParameters(), { lr: 123 });
    const file = join(fixtures, `${name}.optimizer.safetensors`);
    loadOptimizer(file, optimizer);

    // What came in goes out again, to the last bit.
    const copy = join(folder, `${name}.optimizer.safetensors`);
    saveOptimizer(copy, optimizer);
    const [there, here] = [readSafetensors(file), readSafetensors(copy)];
    expect(Object.keys(here.tensors).sort()).toEqual(Object.keys(there.tensors).sort());
    for (const [key, { data }] of Object.entries(there.tensors))
      expect(here.tensors[key]!.data).toEqual(data);
    expect(JSON.parse(here.metadata['optimizer']!)).toEqual(JSON.parse(there.metadata['optimizer']!));

    // A step's rounding is eps, and each of the ten carries on what the ones before left: Muon's in bfloat16 there.
    const bound = name === 'Muon' ? 1e-2 : STEPS * 4 * 2 ** -23;
    const continued = train(model, optimizer, STEPS);
    continued.forEach((loss, i) => expect(Math.abs(loss - losses[i]!) / losses[i]!).toBeLessThan(bound));

    saveSafetensors(join(folder, `${name}.model.safetensors`), model.stateDict());
    saveOptimizer(copy, optimizer);
    back[name] = train(model, optimizer, 2 * STEPS);
    writeFileSync(join(folder, 'losses.json'), JSON.stringify(back));
  });
});
