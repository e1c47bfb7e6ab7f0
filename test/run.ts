/** Child processes of the tests: the command `lr`, the examples, temporary folders. */
import { spawn, spawnSync, type ChildProcess, type SpawnSyncReturns } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

export const ROOT: string = fileURLToPath(new URL('..', import.meta.url));
export const LR: string = join(ROOT, 'packages/lr-cli/bin/lr.js');

/** A folder that is removed when the test file ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lr-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface RunOptions {
  cwd: string;
  env?: Record<string, string>;
}

const environment = (env: Record<string, string> = {}): NodeJS.ProcessEnv => ({
  ...process.env,
  NO_COLOR: '1',
  ...env,
});

/** `lr …args`, to its end. */
export function lr(args: readonly string[], { cwd, env }: RunOptions): SpawnSyncReturns<string> {
  const maxBuffer = 64 * 1024 * 1024;
  return spawnSync(process.execPath, [LR, ...args], {
    cwd,
    env: environment(env),
    encoding: 'utf8',
    maxBuffer,
  });
}

/** `lr …args`, running. */
export function startLr(args: readonly string[], { cwd, env }: RunOptions): ChildProcess {
  return spawn(process.execPath, [LR, ...args], { cwd, env: environment(env) });
}

/** A file of examples/, to its end. */
export function runExample(file: string, { cwd, env }: RunOptions): SpawnSyncReturns<string> {
  const tsx = join(ROOT, 'node_modules/tsx/dist/cli.mjs');
  const path = join(ROOT, 'examples', file);
  return spawnSync(process.execPath, [tsx, path], { cwd, env: environment(env), encoding: 'utf8' });
}

/** The JSON objects that `--json` printed, one a line; anything else on stdout fails. */
export function events(stdout: string): Record<string, unknown>[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
