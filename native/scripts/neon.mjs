// The native suite on the NEON table where there is no ARM processor: cross-compiled by Debian's g++-aarch64-linux-gnu,
// run by qemu-user, and held to the bits that this machine's tables with fused multiply-add give.
//
//   node scripts/neon.mjs [FILTER]
//
// FILTER: rows whose name contains it. Builds are kept in build-neon and build.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const native = fileURLToPath(new URL('..', import.meta.url));
const [filter] = process.argv.slice(2);
const rows = filter === undefined ? [] : ['--filter', filter];

/** Standard output of the command. Ends where it fails. */
function run(command, args) {
  console.log(`$ ${[command, ...args].join(' ')}`);
  const { status, signal, error, stdout } = spawnSync(command, args, {
    cwd: native,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.stdout.write(stdout ?? '');
  if (status !== 0) {
    console.error(`FAILED: ${command} ended with ${signal ?? status ?? error}`);
    process.exit(1);
  }
  return stdout;
}

/** The hash that the test program prints of the bits of every table with fused multiply-add. */
function bitsOf(output) {
  return /^bits of the tables with fused multiply-add: (\w+)$/m.exec(output)?.[1];
}

const cross = [
  '-DCMAKE_SYSTEM_NAME=Linux',
  '-DCMAKE_SYSTEM_PROCESSOR=aarch64',
  '-DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++',
];
run('cmake', ['-S', '.', '-B', 'build-neon', '-DCMAKE_BUILD_TYPE=Release', ...cross]);
run('cmake', ['--build', 'build-neon', '--target', 'lr-native-tests', '--parallel']);
run('npm', ['run', 'build:tests', '--silent']);
const here = bitsOf(run('build/Release/lr-native-tests', rows));
const emulator = ['-L', '/usr/aarch64-linux-gnu', 'build-neon/Release/lr-native-tests'];
const neon = bitsOf(run('qemu-aarch64', [...emulator, '--table', 'neon', ...rows]));
if (neon === undefined || neon !== here) {
  console.error(`FAILED: the NEON table gives the bits ${neon}, this machine's tables ${here}`);
  process.exit(1);
}
console.log(`the NEON table gives the bits of this machine's tables: ${neon}`);
