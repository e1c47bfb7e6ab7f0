/** Checkpoints, and optimizers as files. */
export { CheckpointMismatchError, cleanCheckpoints, loadCheckpoint, saveCheckpoint } from './checkpoint.ts';
export type {
  CheckpointContents,
  CheckpointParts,
  LoadedCheckpoint,
  SaveCheckpointOptions,
  Stateful,
  Stream,
} from './checkpoint.ts';
export type { Best, CheckpointWritten } from './folder.ts';
export { loadOptimizer, saveOptimizer } from './optimizer-file.ts';
