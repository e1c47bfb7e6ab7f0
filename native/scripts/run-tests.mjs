// Runs the native test program, then checks the objects of the kernel tables: a weak symbol in one of them could be
// the copy that the linker keeps for every table, and an accumulator of a matrix product's register tile that lives on
// the stack halves its speed. Writes .test-results/native.json.
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

const objects = readdirSync(`${root}/build`, { recursive: true }).filter((file) =>
  /isa_\w+\.cpp\.o$/.test(file),
);
if (objects.length === 0) {
  console.error('FAILED weak symbols: no isa_*.o found under build/');
  failed += 1;
}
function check(name, problems) {
  if (problems.length === 0) {
    passed += 1;
  } else {
    failed += 1;
    console.error(`FAILED ${name}:\n${problems.slice(0, 10).join('\n')}`);
  }
}

/** The loops of matrix products and convolutions: nothing of them may live on the stack. */
const TILES = /(gemm|channel|pixel|dot|winograd)Tile<|wideTile\(/;

/** Instructions of the register tiles that move whole registers of the instruction set to or from the stack. */
function spills(object, register) {
  let inTile = false;
  let tiles = 0;
  const moves = execFileSync('objdump', ['-dC', '--no-show-raw-insn', object], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
    .split('\n')
    .filter((line) => {
      if (/^[0-9a-f]+ </.test(line)) {
        inTile = TILES.test(line);
        tiles += inTile ? 1 : 0;
      }
      return inTile && line.includes(`%${register}`) && /\(%r[sb]p/.test(line);
    });
  return tiles > 0 ? moves : ['no register tile in the object'];
}

for (const file of objects) {
  const object = `${root}/build/${file}`;
  const symbols = execFileSync('nm', ['-C', object], { encoding: 'utf8' }).split('\n');
  check(
    `weak symbols [${file}]`,
    symbols.filter((line) => /^\S+ [WVu] /.test(line)),
  );
  const register = /isa_avx512\.cpp/.test(file) ? 'zmm' : /isa_avx2\.cpp/.test(file) ? 'ymm' : null;
  if (register !== null) check(`register tiles [${file}]`, spills(object, register));
}

mkdirSync(`${root}/.test-results`, { recursive: true });
writeFileSync(`${root}/.test-results/native.json`, JSON.stringify({ passed, failed }));
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
