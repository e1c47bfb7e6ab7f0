import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Whether tests run on a device: `npm run test:emu`, `npm run test:gpu`. */
export const onDevice: boolean = (process.env['LR_DEVICE'] ?? 'cpu') !== 'cpu';

/** What every package's tests share: one process a file, since the addon is loaded once a process. */
export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    include: ['test/**/*.test.ts'],
    ...(onDevice ? { setupFiles: [fileURLToPath(new URL('test/device-setup.ts', import.meta.url))] } : {}),
    testTimeout: 120_000,
    reporters: ['default', ['json', { outputFile: '.test-results/vitest.json' }]],
  },
});
