import { createRequire } from 'node:module';
import { defineConfig } from 'vitest/config';
import shared, { onDevice } from '../../vitest.shared.ts';

const addon = createRequire(import.meta.url)(process.env['LR_ADDON'] ?? '@org/lr-addon') as {
  cpuInfo(): { tables: string[] };
};
const tables = onDevice ? addon.cpuInfo().tables.slice(0, 1) : addon.cpuInfo().tables;
// Projects add to what they extend, so that the files to include are left to them.
const { include, ...common } = shared.test!;

/** Where every access is watched (LR_WATCHED), what holds memory or time against a bound is left out. */
const bounded = process.env['LR_WATCHED'] ? ['test/memory.test.ts', 'test/hostile.test.ts'] : [];

/** Tests in test/kernels run once on every instruction set that this machine has, or on the device, the others once. */
export default defineConfig({
  test: {
    ...common,
    ...(onDevice ? { setupFiles: ['test/device-setup.ts'] } : {}),
    projects: [
      { extends: true, test: { name: 'once', include, exclude: ['test/kernels/**', ...bounded] } },
      ...tables.map((table) => ({
        extends: true as const,
        test: { name: table, include: ['test/kernels/**/*.test.ts'], env: { LR_CPU: table } },
      })),
    ],
  },
});
