// Sums the runners' reports (.test-results/*.json in every workspace) into one line, `N passed, N failed`.
// A workspace that declares a `test` script but left no report counts as one failure.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { workspaces } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const folders = workspaces.flatMap((entry) =>
  entry.endsWith('/*')
    ? readdirSync(join(root, entry.slice(0, -2))).map((name) => join(entry.slice(0, -2), name))
    : [entry],
);

let passed = 0;
let failed = 0;
for (const folder of folders) {
  const manifest = join(root, folder, 'package.json');
  if (!existsSync(manifest) || !JSON.parse(readFileSync(manifest, 'utf8')).scripts?.test) continue;
  const results = join(root, folder, '.test-results');
  const reports = existsSync(results) ? readdirSync(results).filter((name) => name.endsWith('.json')) : [];
  if (reports.length === 0) {
    console.log(`${folder}: no test report`);
    failed += 1;
  }
  for (const name of reports) {
    const report = JSON.parse(readFileSync(join(results, name), 'utf8'));
    // vitest's JSON reporter, or {"passed":N,"failed":N}; a test file that could not run has no tests of its own
    const ok = report.numPassedTests ?? report.passed;
    const broken = (report.testResults ?? []).filter(
      (file) => file.status === 'failed' && file.assertionResults.length === 0,
    );
    const bad = (report.numFailedTests ?? report.failed) + broken.length;
    console.log(`${folder} ${name}: ${ok} passed, ${bad} failed`);
    passed += ok;
    failed += bad;
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
