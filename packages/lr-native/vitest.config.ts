import { createRequire } from 'node:module';
import { defineConfig } from 'vitest/config';
import shared from '../../vitest.shared.ts';

const addon = createRequire(import.meta.url)('@org/lr-addon') as { cpuInfo(): { tables: string[] } };

/** Tests in test/kernels run once on every instruction set that this machine has, the others once. */
export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
    projects: [
      {
        extends: true,
        test: { name: 'once', include: ['test/**/*.test.ts'], exclude: ['test/kernels/**'] },
      },
      ...addon.cpuInfo().tables.map((table) => ({
        extends: true as const,
        test: { name: table, include: ['test/kernels/**/*.test.ts'], env: { LR_CPU: table } },
      })),
    ],
  },
});
