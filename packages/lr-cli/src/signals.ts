/** SIGINT and SIGTERM while a run goes on: the first asks it to stop where nothing is lost, a second ends it at once. */

const NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const;
type Signal = keyof typeof NUMBERS;

export interface SignalWatch {
  /** The signal that came, if one did. */
  readonly received: Signal | undefined;
  /** 128 + its number. */
  readonly exitCode: number;
  /** Leaves signals to Node again. */
  stop(): void;
}

/** Watches for signals; `onSignal` runs at the first. Handlers run between turns of the event loop only. */
export function watchSignals(onSignal: (signal: Signal) => void): SignalWatch {
  let received: Signal | undefined;
  const handle = (signal: Signal): void => {
    if (received !== undefined) process.exit(128 + NUMBERS[signal]);
    received = signal;
    onSignal(signal);
  };
  const signals = Object.keys(NUMBERS) as Signal[];
  for (const signal of signals) process.on(signal, handle);
  return {
    get received() {
      return received;
    },
    get exitCode() {
      return received === undefined ? 0 : 128 + NUMBERS[received];
    },
    stop: () => {
      for (const signal of signals) process.off(signal, handle);
    },
  };
}

/** Lets the event loop turn once, so that signals are seen in a loop of synchronous work. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
