/** Which op of a computation made a value that is not finite. */
import { AnomalyError, detectAnomaly } from '@org/lr-native';

/** What the first op that makes NaN or an infinity says of itself; undefined where none does. */
export function findAnomaly(compute: () => unknown): string | undefined {
  try {
    detectAnomaly(compute, { infinity: true });
    return undefined;
  } catch (error) {
    if (error instanceof AnomalyError) return error.message;
    throw error;
  }
}
