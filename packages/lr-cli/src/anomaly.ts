/** Which op of a computation made a value that is not finite. */
import * as native from '@org/lr-native';

type DetectAnomaly = (run: () => unknown, options: { infinity: boolean }) => unknown;

/** Anomaly mode, where this version of @org/lr-native has it. */
const { detectAnomaly } = native as { detectAnomaly?: DetectAnomaly };

/** What the first op that makes NaN or an infinity says of itself; undefined where none does, or nothing can tell. */
export function findAnomaly(compute: () => unknown): string | undefined {
  if (detectAnomaly === undefined) return undefined;
  try {
    detectAnomaly(compute, { infinity: true });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
