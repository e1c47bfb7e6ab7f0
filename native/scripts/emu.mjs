// CUDA's kernels without a GPU: the same sources built for the processor (native/emu), as the device `cuda-emu`.
//
//   node scripts/emu.mjs build           the addon and the native tests, in build-emu
//   node scripts/emu.mjs test [FILTER]   the emulator's own tests; every native row on the device, on floats and on doubles;
//                                        then with the threads of a block in other orders, and with the stand-ins of cuBLAS
//                                        and cuDNN, which must change nothing that a row is held to
//   node scripts/emu.mjs asan [FILTER]   the same under AddressSanitizer and UndefinedBehaviorSanitizer, in build-emu-asan
//   node scripts/emu.mjs tsan [FILTER]   under ThreadSanitizer, which takes every thread of a block for a thread: some rows
//
// FILTER: rows whose name contains it.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const native = fileURLToPath(new URL('..', import.meta.url));
const [kind, filter] = process.argv.slice(2);

/** Every so many rows, where each takes many times longer; no period in the lists of rows divides them. */
const STRIDES = { test: 1, asan: 5, tsan: 23 };

/** Every so many rows in the orders and with the libraries that are not the usual ones */
const OTHER_STRIDE = 3;

const SANITIZERS = { asan: 'address,undefined', tsan: 'thread' };
const LIBRARY_ROWS = ['gemm', 'linear', 'conv2d'];

let passed = 0;
let failed = 0;

function run(command, args, env = {}) {
  const words = [...Object.entries(env).map(([key, value]) => `${key}=${value}`), command, ...args];
  console.log(`$ ${words.join(' ')}`);
  const done = spawnSync(command, args, {
    cwd: native,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.stdout.write(done.stdout ?? '');
  return done;
}

/** Ends unless the command ends well. */
function must(command, args) {
  const { status, signal, error } = run(command, args);
  if (status === 0) return;
  console.error(`FAILED: ${command} ended with ${signal ?? status ?? error}`);
  process.exit(1);
}

/** Counts what a test program reports. */
function test(program, args, env) {
  const { status, signal, error, stdout } = run(program, args, env);
  const counts = /(\d+) passed, (\d+) failed\s*$/.exec(stdout ?? '');
  passed += Number(counts?.[1] ?? 0);
  failed += Number(counts?.[2] ?? 0);
  if (status !== 0 && !(Number(counts?.[2]) > 0)) {
    console.error(`FAILED: ${program} ended with ${signal ?? status ?? error}`);
    failed += 1;
  }
}

function build(folder, targets) {
  const sanitize = SANITIZERS[kind] === undefined ? [] : [`--CDLR_SANITIZE=${SANITIZERS[kind]}`];
  must('npx', ['cmake-js', 'configure', '--out', folder, '--CDLR_EMU=ON', ...sanitize]);
  must('cmake', ['--build', folder, '--parallel', '--target', ...targets]);
  return `${native}${folder}/Release`;
}

if (kind === 'build') {
  build('build-emu', ['lr-addon', 'lr-native-tests', 'lr-emu-tests']);
} else if (STRIDES[kind] !== undefined) {
  const folder = kind === 'test' ? 'build-emu' : `build-emu-${kind}`;
  const release = build(folder, ['lr-native-tests', 'lr-emu-tests']);
  const env = {
    ASAN_OPTIONS: 'detect_leaks=0:halt_on_error=1',
    UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
    TSAN_OPTIONS: 'halt_on_error=1',
  };
  const rows = (text, stride, more = {}) =>
    test(
      `${release}/lr-native-tests`,
      ['--table', 'cuda-emu', '--filter', text, '--stride', String(text === filter ? 1 : stride)],
      { ...env, ...more },
    );
  test(`${release}/lr-emu-tests`, [], env);
  rows(filter ?? '', STRIDES[kind]);
  if (filter === undefined) {
    rows('device', 1);
    const stride = STRIDES[kind] * OTHER_STRIDE;
    for (const order of ['reverse', 'shuffled']) rows('', stride, { LR_EMU_ORDER: order });
    for (const text of LIBRARY_ROWS) rows(text, stride, { LR_CUDA_LIBRARIES: 'on' });
  }
  if (kind === 'test') {
    mkdirSync(`${native}/.test-results`, { recursive: true });
    writeFileSync(`${native}/.test-results/emu.json`, JSON.stringify({ passed, failed }));
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 && passed > 0 ? 0 : 1);
} else {
  console.error('Expected build, test, asan or tsan.');
  process.exit(2);
}
