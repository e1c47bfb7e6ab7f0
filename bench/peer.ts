/** The Python process with PyTorch: LR_BENCH_PYTHON names another interpreter than `python3`. */
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/**
 * Its allocator keeps freed memory instead of giving it back to the system, or a large tensor would cost it its page
 * faults at every step: PyTorch is measured warm. Without mappings, since glibc maps what has more than 32 MB whatever
 * the threshold.
 */
const WARM_MALLOC = { MALLOC_MMAP_MAX_: '0', MALLOC_TRIM_THRESHOLD_: '17179869184', MALLOC_ARENA_MAX: '1' };

/** The interpreter and the script, which speaks JSON or takes a request as its argument. */
export const PEER: readonly [string, string] = [
  process.env.LR_BENCH_PYTHON ?? 'python3',
  fileURLToPath(new URL('peer.py', import.meta.url)),
];

/** `gpu`, its CUDA and cuDNN: where PyTorch finds one. */
export interface TorchVersions {
  torch: string;
  python: string;
  gpu?: string;
  cuda?: string;
  cudnn?: number;
}

export class TorchPeer {
  readonly versions: TorchVersions;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  private constructor(
    process: ChildProcessWithoutNullStreams,
    lines: AsyncIterator<string>,
    versions: TorchVersions,
  ) {
    this.#process = process;
    this.#lines = lines;
    this.versions = versions;
  }

  /** Null where no Python with torch starts. */
  static async start(): Promise<TorchPeer | null> {
    const [python, script] = PEER;
    const child = spawn(python, [script], { env: { ...process.env, ...WARM_MALLOC } });
    child.stderr.resume();
    const failed = once(child, 'error').then(() => null);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const hello = await Promise.race([failed, lines.next()]);
    if (hello === null || hello.done) return null;
    return new TorchPeer(child, lines, JSON.parse(hello.value) as TorchVersions);
  }

  async #ask<T>(request: object): Promise<T> {
    this.#process.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`the PyTorch process ended at ${JSON.stringify(request)}`);
    return JSON.parse(value) as T;
  }

  async build(parameters: object, threads: number, device: string): Promise<void> {
    await this.#ask({ build: parameters, threads, device });
  }

  /** Microseconds of each call that `seconds` have room for. */
  async run(seconds: number): Promise<number[]> {
    return (await this.#ask<{ times: number[] }>({ run: seconds })).times;
  }

  close(): void {
    this.#process.kill();
  }
}
