/** Every file operation of a save goes wrong in turn: a checkpoint can always be loaded, and it is a whole one. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Adam } from '@org/lr-core';
import { afterAll, describe, expect, it } from 'vitest';
import { snapshot } from '../../src/checkpoint/checkpoint.ts';
import { nodeFiles } from '../../src/checkpoint/file-operations.ts';
import { writeCheckpoint, type CheckpointWrite } from '../../src/checkpoint/folder.ts';
import { F, loadCheckpoint, manualSeed, nn, randn, tensor } from '../../src/index.ts';
import { Crash, FAULTS, FaultyFiles } from './faulty-files.ts';

// In memory where there is such a folder: thousands of syncs of a disk take a minute.
const root = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'lr-faults-'));
afterAll(() => rmSync(root, { recursive: true }));
const folder = join(root, 'run');

manualSeed(0);
const model = new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4), new nn.Dropout(0.5));
const optimizer = new Adam(model.namedParameters(), { lr: 0.1 });

function train(): void {
  optimizer.zeroGrad();
  F.mseLoss(model.forward(randn([5, 3])), tensor(new Float32Array(20), { shape: [5, 4] })).backward();
  optimizer.step();
}

const write = (step: number): CheckpointWrite =>
  snapshot(
    folder,
    { model, optimizer, progress: { step }, metrics: { loss: 1 / (1 + (step % 3)) } },
    { keep: 2, best: { metric: 'loss', mode: 'min' } },
  );
const state = (): string => JSON.stringify([model.stateDict(), optimizer.stateDict()]);

// Four whole checkpoints, of which the save that goes wrong removes one.
const states = new Map<number, string>();
for (let step = 1; step <= 4; step++) {
  train();
  states.set(step, state());
  writeCheckpoint(nodeFiles, write(step));
}
train();
states.set(5, state());
const last = write(5);
const saved = join(root, 'saved');
cpSync(folder, saved, { recursive: true });

function begin(): void {
  rmSync(folder, { recursive: true, force: true });
  cpSync(saved, folder, { recursive: true });
}

begin();
const counting = new FaultyFiles();
const whole = writeCheckpoint(counting, last);
const names = readdirSync(folder).sort();

describe('a save', () => {
  it('keeps the newest two and the best, and says which they are', () => {
    expect(whole.warnings).toEqual([]);
    expect(names).toEqual([
      'best',
      'latest',
      'step-00000002-000002',
      'step-00000004-000004',
      'step-00000005-000005',
    ]);
    expect(readFileSync(join(folder, 'latest'), 'utf8')).toBe('step-00000005-000005\n');
    expect(readFileSync(join(folder, 'best'), 'utf8')).toBe('step-00000002-000002\n');
    expect(counting.count).toBeGreaterThan(50);
  });

  it.each(FAULTS)(
    'with %s at any operation leaves a whole checkpoint, and the next save mends the folder',
    (fault) => {
      let survived = 0;
      for (let at = 0; at < counting.count; at++) {
        begin();
        const files = new FaultyFiles(at, fault);
        let written: ReturnType<typeof writeCheckpoint> | undefined;
        let failure: unknown;
        try {
          written = writeCheckpoint(files, last);
        } catch (error) {
          failure = error;
        }
        if (fault === 'power') files.losePower();
        const loaded = loadCheckpoint(folder, { model, optimizer })!;
        expect(loaded.skipped, `${fault} at ${at}`).toEqual([]);
        expect(state(), `${fault} at ${at}`).toBe(states.get(loaded.step));
        if (written === undefined) expect([4, 5]).toContain(loaded.step);
        else expect(loaded.step).toBe(5);
        if (fault === 'ENOSPC' || fault === 'EIO') {
          // What fails is said: as an error, or as a warning once the checkpoint is safe.
          expect(failure ?? written!.warnings.length).toBeTruthy();
          if (written === undefined) expect(failure).toMatchObject({ code: fault });
        } else if (fault === 'short') expect(written?.warnings).toEqual([]);
        else if (written === undefined) expect(failure).toBeInstanceOf(Crash);
        if (loaded.step === 5) survived++;

        writeCheckpoint(nodeFiles, { ...last, run: write(0).run, step: 6 });
        const after = loadCheckpoint(folder, { model, optimizer })!;
        expect([after.step, state()]).toEqual([6, states.get(5)]);
        expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
        expect(readdirSync(folder).filter((name) => name.startsWith('step-')).length).toBeLessThanOrEqual(3);
      }
      expect(survived).toBeGreaterThan(0);
      if (fault !== 'short') expect(survived).toBeLessThan(counting.count);
    },
  );
});
