/** The generated documents are what test/generate/docs.ts makes of the fixtures as they are. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { documents } from './generate/docs.ts';

test.each(documents.map(({ path, text }) => [basename(path), path, text] as const))(
  '%s is current: npx tsx test/generate/docs.ts',
  (_, path, text) => {
    expect(readFileSync(path, 'utf8')).toBe(text);
  },
);
