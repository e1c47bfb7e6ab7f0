import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('keeps resident memory flat over 5,000 eager steps that dispose of nothing', () => {
  const loop = fileURLToPath(new URL('memory-loop.ts', import.meta.url));
  const output = execFileSync(process.execPath, ['--import', 'tsx', loop, '5000', '100'], {
    encoding: 'utf8',
  });
  const { before, peak } = JSON.parse(output) as { before: number; peak: number };
  console.log(
    `RSS after 100 steps ${Math.round(before / 1e6)} MB, highest later ${Math.round(peak / 1e6)} MB`,
  );
  // Leaking the smallest activation alone would be 400 MB.
  expect(peak - before).toBeLessThan(64e6);
}, 600_000);
