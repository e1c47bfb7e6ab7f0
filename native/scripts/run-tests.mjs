// Runs the native test program, then checks the objects of the kernel tables: a weak symbol in one of them could be
// the copy that the linker keeps for every table. Writes .test-results/native.json.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const run = spawnSync(`${root}/build/Release/lr-native-tests`, process.argv.slice(2), {
  encoding: 'utf8',
  maxBuffer: 1 << 26,
});
process.stdout.write(run.stdout ?? '');
process.stderr.write(run.stderr ?? String(run.error));
const counts = /(\d+) passed, (\d+) failed\s*$/.exec(run.stdout ?? '');
let passed = Number(counts?.[1] ?? 0);
let failed = Number(counts?.[2] ?? 0);
if (run.status !== 0 && failed === 0) {
  console.error(`lr-native-tests ended with ${run.signal ?? run.status}`);
  failed += 1;
}

const objects = readdirSync(`${root}/build`, { recursive: true }).filter((file) => /isa_\w+\.cpp\.o$/.test(file));
if (objects.length === 0) {
  console.error('FAILED weak symbols: no isa_*.o found under build/');
  failed += 1;
}
for (const object of objects) {
  const weak = execFileSync('nm', ['-C', `${root}/build/${object}`], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => /^\S+ [WVu] /.test(line));
  if (weak.length === 0) {
    passed += 1;
  } else {
    failed += 1;
    console.error(`FAILED weak symbols [${object}]:\n${weak.join('\n')}`);
  }
}

mkdirSync(`${root}/.test-results`, { recursive: true });
writeFileSync(`${root}/.test-results/native.json`, JSON.stringify({ passed, failed }));
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
