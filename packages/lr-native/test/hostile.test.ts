/** Damaged and malicious files of every format that this package reads; ONNX and configs have tests in their packages. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { Adam } from '@org/lr-core';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { snapshot } from '../src/checkpoint/checkpoint.ts';
import { nodeFiles } from '../src/checkpoint/file-operations.ts';
import { writeCheckpoint } from '../src/checkpoint/folder.ts';
import { npyBytes } from '../src/data/npy.ts';
import {
  CheckpointMismatchError,
  DataLoader,
  FileError,
  Tensor,
  TensorDataset,
  defaultGenerator,
  loadCheckpoint,
  nn,
  parseIdx,
  parseNpy,
  parseNpz,
  parseSafetensors,
  saveNpz,
  saveSafetensors,
  tensor,
} from '../src/index.ts';
import { RUNS, TIMEOUT, damaged, expectReadOrRefused } from './damage.ts';
import { KINDS } from './hostile-memory.ts';

const root = mkdtempSync(join(tmpdir(), 'lr-hostile-'));
afterAll(() => rmSync(root, { recursive: true }));
const path = join(root, 'file');

const tensors = {
  a: tensor([[1, 2, 3]]),
  b: tensor(BigInt64Array.of(1n)),
  c: tensor(Uint8Array.of(1, 2, 3, 4)),
  ['é']: new Tensor(new Float32Array(0), [0, 3]),
};
const bytesOf = (save: () => void): Buffer => {
  save();
  return readFileSync(path);
};
const idx = Buffer.from([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6]);
const floats = Buffer.from([0, 0, 0x0d, 1, 0, 0, 0, 2, 0x3f, 0x80, 0, 0, 0, 0, 0, 0]);

describe(`${RUNS} malformed files`, { timeout: TIMEOUT }, () => {
  it('of safetensors', () => {
    const good = bytesOf(() => saveSafetensors(path, tensors, { format: 'pt', note: '"x":' }));
    expectReadOrRefused(damaged(good, good.subarray(8)), (bytes) => parseSafetensors(bytes));
  });
  it('of IDX, gzipped and not', () => {
    expectReadOrRefused(damaged(idx, floats, gzipSync(idx), gzipSync(floats)), (bytes) => parseIdx(bytes));
  });
  it('of npy', () => {
    const files = Object.values(tensors).map((array) => npyBytes(array));
    expectReadOrRefused(damaged(...files), (bytes) => parseNpy(bytes));
  });
  it('of npz, deflated and stored', () => {
    const stored = bytesOf(() => saveNpz(path, tensors));
    const deflated = bytesOf(() => saveNpz(path, tensors, { compressed: true }));
    expectReadOrRefused(damaged(stored, deflated), (bytes) => parseNpz(bytes));
  });
});

describe(`${RUNS} malformed checkpoints`, { timeout: TIMEOUT }, () => {
  const folder = join(root, 'run');
  const model = new nn.Sequential(new nn.Linear(2, 2), new nn.BatchNorm1d(2));
  const optimizer = new Adam(model.namedParameters(), {});
  const loader = new DataLoader(new TensorDataset(tensor([[1], [2]])), { shuffle: true });
  const write = snapshot(folder, { model, optimizer, loader, config: { a: [1] }, progress: { step: 1 } });
  const { path: checkpoint } = writeCheckpoint(nodeFiles, write);
  const good = new Map(readdirSync(checkpoint).map((name) => [name, readFileSync(join(checkpoint, name))]));
  const names = [...good.keys()];
  const read = (): unknown => loadCheckpoint(folder, { model });
  const stateOf = (): unknown =>
    structuredClone([
      Object.values(model.stateDict()).map(({ data }) => data),
      optimizer.stateDict(),
      loader.getState(),
      defaultGenerator.getState(),
    ]);

  it('whose manifest is damaged', () => {
    expectReadOrRefused(damaged(good.get('manifest.json')!), (bytes) => {
      writeFileSync(join(checkpoint, 'manifest.json'), bytes);
      read();
    });
  });

  // With a manifest that says what they hash to: damage is what the parsers see.
  it('whose files are damaged', () => {
    const file = fc.constantFrom(...names.filter((name) => name !== 'manifest.json'));
    let refused = 0;
    fc.assert(
      fc.property(
        file.chain((name) => fc.tuple(fc.constant(name), damaged(good.get(name)!))),
        ([name, bytes]) => {
          for (const [other, content] of good) writeFileSync(join(checkpoint, other), content);
          writeFileSync(join(checkpoint, name), bytes);
          const manifest = JSON.parse(good.get('manifest.json')!.toString()) as {
            files: Record<string, object>;
          };
          manifest.files[name] = {
            bytes: bytes.length,
            sha256: createHash('sha256').update(bytes).digest('hex'),
          };
          writeFileSync(join(checkpoint, 'manifest.json'), JSON.stringify(manifest));
          const before = stateOf();
          try {
            loadCheckpoint(folder, { model, optimizer, loader });
          } catch (error) {
            refused++;
            expect([FileError, CheckpointMismatchError]).toContain((error as Error).constructor);
            expect(stateOf()).toEqual(before);
          }
        },
      ),
      { numRuns: RUNS },
    );
    expect(refused).toBeGreaterThan(RUNS / 4);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it.each([
    '../../outside.json',
    '/etc/passwd',
    'a/b.json',
    '..',
    'model.safetensors\u0000',
    '__proto__',
    'manifest.json',
    'other.json',
  ])('that name the file %j open nothing outside the folder', (name) => {
    for (const [other, content] of good) writeFileSync(join(checkpoint, other), content);
    writeFileSync(join(root, 'outside.json'), '{}');
    const manifest = good.get('manifest.json')!.toString().replace('"state.json"', JSON.stringify(name));
    writeFileSync(join(checkpoint, 'manifest.json'), manifest);
    expect(read).toThrow(FileError);
  });

  it('whose names are links, pipes and folders', () => {
    for (const [other, content] of good) writeFileSync(join(checkpoint, other), content);
    const copy = join(root, 'copy');
    for (const name of names) {
      for (const make of [
        (at: string) => symlinkSync(join(copy, name), at),
        (at: string) => mkdirSync(at),
        (at: string) => expect(spawnSync('mkfifo', [at]).status).toBe(0),
      ]) {
        cpSync(checkpoint, copy, { recursive: true });
        rmSync(join(checkpoint, name));
        make(join(checkpoint, name));
        expect(read).toThrow(FileError);
        rmSync(join(checkpoint, name), { recursive: true });
        cpSync(join(copy, name), join(checkpoint, name));
      }
    }
    expect(read).not.toThrow();
  });
});

const script = fileURLToPath(new URL('./hostile-memory.ts', import.meta.url));
const tsx = fileURLToPath(new URL('../../../node_modules/tsx/dist/cli.mjs', import.meta.url));
const ALLOWANCE = 64 << 20;

describe('a large malformed file takes at most 4 times its size, beside 64 MiB', () => {
  it.each(Object.entries(KINDS))('%s', (kind, [make]) => {
    // Where a checkpoint has it, for the one that is a manifest
    const folder = join(root, 'large', 'step-00000001-000001');
    mkdirSync(folder, { recursive: true });
    const file = join(folder, 'manifest.json');
    writeFileSync(file, make(file));
    const { stdout, stderr } = spawnSync(process.execPath, [tsx, script, kind, file], { encoding: 'utf8' });
    expect(stderr).toBe('');
    const { refused, peak, size } = JSON.parse(stdout) as Record<string, number>;
    expect(refused).toBe(true);
    expect(peak).toBeLessThan(4 * size! + ALLOWANCE);
  });
});
