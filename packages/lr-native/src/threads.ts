/** The threads that kernels use. Results do not depend on their number. */
import { checkInteger } from '@org/lr-core';
import { addon } from './addon.ts';

/** Sets the number of threads, the calling one included. Default: LR_THREADS, else the cores. @throws ArgumentRangeError */
export function setNumThreads(threads: number): void {
  checkInteger('setNumThreads', 'threads', threads, 1);
  addon.setNumThreads(threads);
}

export function getNumThreads(): number {
  return addon.getNumThreads();
}
