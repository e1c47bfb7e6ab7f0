// Compiles every CUDA source for every architecture that is supported, where nvcc is found, and shows what the assembler
// says of the kernels: registers, and what spills to memory, which none of the hot ones may.
//
//   node scripts/cuda.mjs [--arch 90]... [--headers FOLDER] [--verbose] [FILE]...
//
// FILE: names without .cu. FOLDER, or LR_CUDA_HEADERS: where the wheels nvidia-cublas and nvidia-cudnn-cu13 are unpacked, whose
// headers two of the sources need; without them those two are left out. Objects are kept in build-nvcc.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const native = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    arch: { type: 'string', multiple: true },
    headers: { type: 'string', default: process.env.LR_CUDA_HEADERS ?? '' },
    verbose: { type: 'boolean', default: false },
  },
});

/** Of compute capabilities; the code of the last is kept as PTX too, for those that come later. */
const ARCHITECTURES = ['75', '80', '86', '89', '90', '100', '120'];

/** Those on floats: the ones on doubles are for gradient checks. */
const isHot = (name) => !name.includes('double');

const nvcc = (() => {
  try {
    return execFileSync('nvcc', ['--version'], { encoding: 'utf8' });
  } catch {
    return undefined;
  }
})();
if (nvcc === undefined) {
  console.log('nvcc is not on the PATH: CUDA sources are not compiled');
  process.exit(0);
}

const architectures = values.arch ?? ARCHITECTURES;
const all = readdirSync(`${native}/cuda`)
  .filter((name) => name.endsWith('.cu'))
  .map((name) => name.slice(0, -3));

/** What a library's source includes, where it is: with the compiler, or in the folder of the wheels. */
const LIBRARIES = { cublas: 'cublas_v2.h', cudnn: 'cudnn.h' };
const toolkit = realpathSync(execFileSync('which', ['nvcc'], { encoding: 'utf8' }).trim());
const INCLUDES = [
  fileURLToPath(new URL('../include', `file://${toolkit}`)),
  ...['nvidia/cu13/include', 'nvidia/cudnn/include'].map((folder) => `${values.headers}/${folder}`),
].filter((folder) => existsSync(folder));
const isFound = (file) => {
  const header = LIBRARIES[file];
  if (header === undefined || INCLUDES.some((folder) => existsSync(`${folder}/${header}`))) return true;
  console.log(`${file}.cu is left out: ${header} is not found`);
  return false;
};
const files = (positionals.length > 0 ? positionals : all).filter(isFound);
mkdirSync(`${native}/build-nvcc`, { recursive: true });

function flags(file) {
  const codes = architectures.flatMap((arch) => ['-gencode', `arch=compute_${arch},code=sm_${arch}`]);
  const last = architectures.at(-1);
  return [
    '-std=c++20',
    '-O3',
    '-fmad=false',
    '--expt-relaxed-constexpr',
    '-Xptxas=-v',
    '-Xcompiler=-Wall,-Wextra,-Wno-psabi',
    '-Werror=all-warnings',
    ...codes,
    '-gencode',
    `arch=compute_${last},code=compute_${last}`,
    ...INCLUDES.flatMap((folder) => ['-isystem', folder]),
    '-I.',
    '-Iinclude',
    '-c',
    `cuda/${file}.cu`,
    '-o',
    `build-nvcc/${file}.o`,
  ];
}

/** `{ status, output }` of one compilation. */
function compile(file) {
  return new Promise((done) => {
    const child = spawn('nvcc', flags(file), { cwd: native });
    let output = '';
    child.stdout.on('data', (text) => (output += text));
    child.stderr.on('data', (text) => (output += text));
    child.on('close', (status) => done({ status, output }));
  });
}

/** The kernels of an output: name, architecture, registers, bytes of stores and loads that spill. */
function kernelsOf(output) {
  const kernels = [];
  for (const line of output.split('\n')) {
    const entry = /Compiling entry function '(\w+)' for 'sm_(\d+)'/.exec(line);
    if (entry) kernels.push({ name: entry[1], arch: entry[2], registers: 0, spills: 0 });
    const spills = /(\d+) bytes spill stores, (\d+) bytes spill loads/.exec(line);
    const kernel = kernels.at(-1);
    if (spills && kernel) kernel.spills += Number(spills[1]) + Number(spills[2]);
    const registers = /Used (\d+) registers/.exec(line);
    if (registers && kernel) kernel.registers = Number(registers[1]);
  }
  return kernels;
}

function demangled(names) {
  try {
    return execFileSync('c++filt', { input: names.join('\n'), encoding: 'utf8' }).split('\n');
  } catch {
    return names;
  }
}

let failed = 0;
const waiting = [...files];
const rows = [];
await Promise.all(
  Array.from({ length: Math.min(availableParallelism(), files.length) }, async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const start = performance.now();
      const { status, output } = await compile(file);
      if (status !== 0) {
        failed += 1;
        console.error(`FAILED ${file}.cu:\n${output}`);
        continue;
      }
      const kernels = kernelsOf(output);
      rows.push(...kernels.map((kernel) => ({ file, ...kernel })));
      const spilling = kernels.filter((kernel) => kernel.spills > 0);
      const most = Math.max(0, ...kernels.map((kernel) => kernel.registers));
      console.log(
        `${file}.cu: ${kernels.length} kernels, at most ${most} registers, ${spilling.length} that spill ` +
          `(${((performance.now() - start) / 1000).toFixed(0)} s)`,
      );
    }
  }),
);

const names = demangled(rows.map((row) => row.name));
let hot = 0;
rows.forEach((row, i) => {
  if (row.spills > 0 && isHot(names[i])) hot += 1;
  if (values.verbose || row.spills > 0)
    console.log(`sm_${row.arch} ${row.registers} registers, ${row.spills} bytes spilled: ${names[i]}`);
});
if (hot > 0) console.error(`FAILED: ${hot} hot kernels spill`);
failed += hot;

mkdirSync(`${native}/.test-results`, { recursive: true });
writeFileSync(
  `${native}/.test-results/cuda.json`,
  JSON.stringify({ passed: files.length - Math.min(failed, files.length), failed }),
);
console.log(`${rows.length} kernels of ${files.length} files for sm_${architectures.join(', sm_')}`);
process.exit(failed === 0 ? 0 : 1);
