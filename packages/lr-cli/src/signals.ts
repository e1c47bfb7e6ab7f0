/**
 * SIGINT and SIGTERM while a run goes on: the first asks it to stop where nothing is lost, a second ends it at once, also in
 * the middle of a step, which Node's own handlers would wait for.
 */
import { constants } from 'node:os';
import { addon } from '@org/lr-native';

type Signal = 'SIGINT' | 'SIGTERM';

export interface SignalWatch {
  /** The signal that came, if one did. */
  readonly received: Signal | undefined;
  /** 128 + its number. */
  readonly exitCode: number;
  /** Leaves signals to Node again. */
  stop(): void;
}

/** Watches for signals; the first is said on stderr. */
export function watchSignals(): SignalWatch {
  addon.watchSignals();
  return {
    get received() {
      const number = addon.receivedSignal();
      return (['SIGINT', 'SIGTERM'] as const).find((signal) => constants.signals[signal] === number);
    },
    get exitCode() {
      return 128 + addon.receivedSignal();
    },
    stop: () => addon.unwatchSignals(),
  };
}

/** Lets the event loop turn once, for what ends in the background of a loop of synchronous work. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
