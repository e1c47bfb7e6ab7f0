/**
 * Node's modules that few programs need and that take long to load (node:crypto 12 ms, a tenth of what a first training step
 * takes from the start): loaded where they are first used.
 */
export const crypto = (): typeof import('node:crypto') => process.getBuiltinModule('node:crypto');
export const workerThreads = (): typeof import('node:worker_threads') =>
  process.getBuiltinModule('node:worker_threads');
export const zlib = (): typeof import('node:zlib') => process.getBuiltinModule('node:zlib');
