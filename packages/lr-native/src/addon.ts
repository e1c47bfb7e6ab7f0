/**
 * Loads the addon, once a process and worker thread; the only file that does. Every attempt that fails is kept, and the
 * error lists them all with what to do.
 */
import { createRequire } from 'node:module';
import type { Addon } from './addon-types.ts';

const require = createRequire(import.meta.url);

/** The addon with CUDA, which is a package of its own. */
const WITH_CUDA = '@org/lr-addon-cuda';

/** Where the addon may be, in the order tried. LR_ADDON names another build, such as one with sanitizers. */
const CANDIDATES = [process.env.LR_ADDON || WITH_CUDA, '@org/lr-addon'];

/** The addon could not be loaded; `failures` has what each place tried answered. */
export class AddonLoadError extends Error {
  override readonly name = 'AddonLoadError';
  readonly failures: readonly string[];

  constructor(failures: readonly string[]) {
    super(
      [
        `Could not load the native addon of @org/lr-native on ${process.platform}-${process.arch}, Node ${process.version}.`,
        ...failures.map((failure) => `- ${failure}`),
        'Possible remedies:',
        ...remedies(failures).map((remedy, i) => `${i + 1}. ${remedy}`),
      ].join('\n'),
    );
    this.failures = failures;
  }
}

function remedies(failures: readonly string[]): string[] {
  const text = failures.join('\n');
  const found: string[] = [];
  if (process.env.LR_CPU && text.includes('LR_CPU')) {
    found.push(
      `Unset LR_CPU (now ${JSON.stringify(process.env.LR_CPU)}) to take the best table of this machine.`,
    );
  }
  if (process.env.LR_ADDON) found.push('Unset LR_ADDON, or let it name a built lr.node.');
  if (/Cannot find module|MODULE_NOT_FOUND/.test(text)) {
    found.push(
      'Build the addon: npm run build -w native. It takes CMake >= 3.18 and a C++20 compiler (GCC >= 11 or Clang >= 14).',
    );
  }
  if (/GLIBC|GLIBCXX|invalid ELF|wrong ELF|not a valid Win32|incompatible architecture/.test(text)) {
    found.push('The addon was built for another system: build it on this one with npm run build -w native.');
  }
  if (found.length === 0) found.push('Rebuild the addon: npm run build -w native.');
  return found;
}

/** Why the addon with CUDA is not the one that has been loaded, where it is installed; else null. */
export let cudaAddonFailure: string | null = null;

function load(): Addon {
  const failures: string[] = [];
  for (const candidate of CANDIDATES) {
    try {
      return require(candidate) as Addon;
    } catch (error) {
      const failure = `${candidate}: ${(error as Error).message.split('\n')[0]}`;
      const isAbsent = (error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND';
      if (candidate === WITH_CUDA && isAbsent) continue;
      if (candidate === WITH_CUDA) cudaAddonFailure = failure;
      failures.push(failure);
    }
  }
  throw new AddonLoadError(failures);
}

export const addon: Addon = load();
