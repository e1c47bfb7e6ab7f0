// The JavaScript suites on a device, the same files as on the CPU.
//
//   node scripts/device.mjs emu [FILTER]   on the emulation of CUDA, built in build-emu; its native rows are scripts/emu.mjs's
//   node scripts/device.mjs gpu [FILTER]   on the first GPU, with the native rows before them: with cuBLAS and cuDNN, by own
//                                          kernels alone, and some under compute-sanitizer; built in build-cuda for that GPU
//
//   node scripts/device.mjs KIND --bench [ARGUMENT]...   the benchmark beside PyTorch on the device instead, of which the
//                                          arguments are (bench/run.ts)
//
// FILTER: test files whose path contains it; the native rows are left out then. Ends with a report to paste.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const native = fileURLToPath(new URL('..', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const [kind, ...rest] = process.argv.slice(2);
const isBench = rest[0] === '--bench';
const filter = isBench ? undefined : rest[0];

const KINDS = {
  emu: { folder: 'build-emu', flags: ['--CDLR_EMU=ON'], device: 'cuda-emu' },
  gpu: {
    folder: 'build-cuda',
    flags: ['--CDLR_CUDA=on', '--CDLR_CUDA_ARCHITECTURES=native'],
    device: 'cuda',
  },
};
const SUITES = ['packages/lr-native', 'packages/lr-onnx', 'packages/lr-cli', 'test'];
/** What compute-sanitizer watches, under which everything takes some fifty times longer. */
const WATCHED_STRIDE = 31;

/** Whether the command ended well. */
function run(command, args, { cwd = native, env = {} } = {}) {
  const words = [...Object.entries(env).map(([key, value]) => `${key}=${value}`), command, ...args];
  console.log(`$ ${words.join(' ')}`);
  const { status, signal, error } = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: 'inherit',
  });
  if (status !== 0) console.error(`FAILED: ${command} ended with ${signal ?? status ?? error}`);
  return status === 0;
}

/** Before an hour of nvcc: whether there is a GPU to run on. */
function findsGpu() {
  const { status, stdout } = spawnSync('nvidia-smi', ['-L'], { encoding: 'utf8' });
  if (status === 0 && stdout.includes('GPU')) return true;
  console.error('There is no GPU here: nvidia-smi, which comes with the NVIDIA driver, finds none.');
  return false;
}

function build({ folder, flags }, targets) {
  const built =
    run('npx', ['cmake-js', 'configure', '--out', folder, ...flags]) &&
    run('cmake', ['--build', folder, '--target', ...targets]);
  if (!built) process.exit(1);
}

if (kind in KINDS) {
  const { folder, device } = KINDS[kind];
  if (kind === 'gpu' && !findsGpu()) process.exit(1);
  build(KINDS[kind], isBench ? ['lr-addon'] : ['lr-addon', 'lr-native-tests']);
  const env = { LR_ADDON: `${native}${folder}/Release/lr.node`, LR_DEVICE: device };
  const doctor = () =>
    run(process.execPath, [`${root}packages/lr-cli/bin/lr.js`, 'doctor'], { cwd: root, env });
  if (isBench) {
    doctor();
    const ok = run('npx', ['tsx', 'run.ts', ...rest.slice(1)], { cwd: `${root}bench`, env });
    process.exit(ok ? 0 : 1);
  }
  const program = `${native}${folder}/Release/lr-native-tests`;
  const rows = [];
  const note = (name, ok, counts = '') => rows.push([ok ? 'passed' : 'FAILED', name, counts]);
  if (filter === undefined && kind === 'gpu') {
    const own = { env: { LR_CUDA_LIBRARIES: 'off' } };
    note('native rows', run(program, ['--table', device]));
    note('native rows, own kernels', run(program, ['--table', device], own));
    for (const tool of ['memcheck', 'racecheck', 'initcheck', 'synccheck']) {
      const watched = ['--tool', tool, '--error-exitcode', '99', program, '--table', device];
      note(
        `compute-sanitizer ${tool}`,
        run('compute-sanitizer', [...watched, '--stride', String(WATCHED_STRIDE)], own),
      );
    }
  }
  for (const suite of SUITES) {
    const cwd = `${root}${suite}`;
    const ok = run('npx', ['vitest', 'run', ...(filter === undefined ? [] : [filter, '--passWithNoTests'])], {
      cwd,
      env,
    });
    const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(
      readFileSync(`${cwd}/.test-results/vitest.json`, 'utf8'),
    );
    note(suite, ok, `${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`);
  }
  console.log(`\nTests on ${device}, ${process.platform}-${process.arch}, Node ${process.version}`);
  doctor();
  for (const [state, name, counts] of rows) console.log(`${state}  ${name.padEnd(28)}  ${counts}`);
  if (rows.some(([state]) => state === 'FAILED')) process.exit(1);
} else {
  console.error('Expected emu or gpu.');
  process.exit(2);
}
