// The native test program, and the JavaScript suite, where something watches every access.
//
//   node scripts/sanitize.mjs asan [FILTER]      AddressSanitizer and UndefinedBehaviorSanitizer: the program, then lr-native's
//                                                tests on an addon built with both, their runtime preloaded
//   node scripts/sanitize.mjs tsan [FILTER]      ThreadSanitizer: the tests of the thread pool, then some rows of the program on one
//                                                table, each on 1, 2, 3 and 8 threads
//   node scripts/sanitize.mjs valgrind [FILTER]  memcheck: some rows of the program as it is built, on the tables that valgrind knows
//
// FILTER: rows whose name contains it. Builds are kept in build-asan and build-tsan. A report ends with a failure.
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const native = fileURLToPath(new URL('..', import.meta.url));
const [kind, filter] = process.argv.slice(2);
const rows = filter === undefined ? [] : ['--filter', filter];

/** Every so many rows, where each takes some ten or fifty times longer; no period in the lists of rows divides them. */
const TSAN_STRIDE = 7;
const VALGRIND_STRIDE = 61;

/** Ends with the command's exit code unless it is 0. */
function run(command, args, { cwd = native, env = {} } = {}) {
  console.log(
    `$ ${[...Object.entries(env).map(([key, value]) => `${key}=${value}`), command, ...args].join(' ')}`,
  );
  const { status, signal, error } = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: 'inherit',
  });
  if (status !== 0) {
    console.error(`FAILED: ${command} ended with ${signal ?? status ?? error}`);
    process.exit(1);
  }
}

function build(folder, sanitizers, ...targets) {
  run('npx', ['cmake-js', 'configure', '--out', folder, `--CDLR_SANITIZE=${sanitizers}`]);
  run('cmake', ['--build', folder, '--target', ...targets]);
  return `${native}${folder}/Release`;
}

const runtime = (name) => execFileSync('g++', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim();

if (kind === 'asan') {
  const release = build('build-asan', 'address,undefined', 'lr-native-tests', 'lr-addon');
  const env = {
    ASAN_OPTIONS: 'detect_leaks=1:halt_on_error=1',
    UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
  };
  run(`${release}/lr-native-tests`, rows, { env });
  // Node never frees all it has, so leaks are looked for in the program alone.
  const preloaded = {
    ...env,
    ASAN_OPTIONS: 'detect_leaks=0:halt_on_error=1',
    LD_PRELOAD: `${runtime('libasan.so')} ${runtime('libubsan.so')}`,
    LR_ADDON: `${release}/lr.node`,
    LR_WATCHED: '1',
  };
  const tests = fileURLToPath(new URL('../../packages/lr-native/', import.meta.url));
  // Undefined behaviour of kernels is looked for in this table.
  const js = ['vitest', 'run', '--project', 'once', '--project', 'baseline', '--testTimeout', '600000'];
  run('npx', [...js, ...(filter === undefined ? [] : [filter])], { cwd: tests, env: preloaded });
} else if (kind === 'tsan') {
  const program = `${build('build-tsan', 'thread', 'lr-native-tests')}/lr-native-tests`;
  const env = { TSAN_OPTIONS: 'halt_on_error=1' };
  const table = ['--table', process.arch === 'arm64' ? 'neon' : 'avx2'];
  if (filter === undefined) {
    run(program, ['--filter', 'parallel'], { env });
    run(program, [...table, '--stride', TSAN_STRIDE], { env });
  } else run(program, [...table, ...rows], { env });
} else if (kind === 'valgrind') {
  const check = [
    '--error-exitcode=99',
    '--leak-check=full',
    '--show-leak-kinds=definite',
    '--errors-for-leak-kinds=definite',
    '--fair-sched=yes',
    '--quiet',
  ];
  run('npm', ['run', 'build:tests', '--silent']);
  const program = [`${native}build/Release/lr-native-tests`, ...rows];
  // What is asked for by name is run whole.
  run('valgrind', [...check, ...program, ...(filter === undefined ? ['--stride', VALGRIND_STRIDE] : [])]);
} else {
  console.error('Expected asan, tsan or valgrind.');
  process.exit(2);
}
