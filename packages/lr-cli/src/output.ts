/** What a command prints: JSON events, or lines and a progress bar for people. Errors are cli.ts's. */
import cliProgress from 'cli-progress';

export interface OutputOptions {
  /** One JSON object a line on stdout and nothing else there. */
  json?: boolean;
  /** Nothing but errors (and events, where they are asked for). */
  quiet?: boolean;
}

/** Work with a known number of parts. */
export interface Progress {
  update(done: number, detail: string): void;
  /** Removes the bar. */
  stop(): void;
}

/** Seconds between the lines that stand for a bar where stdout is no terminal. */
const LINE_INTERVAL = 10;

export class Output {
  readonly #json: boolean;
  readonly #people: boolean;

  constructor({ json = false, quiet = false }: OutputOptions) {
    this.#json = json;
    this.#people = !json && !quiet;
  }

  /** A JSON line, with --json. */
  event(event: string, fields: object): void {
    if (this.#json) process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
  }

  /** A line for people. */
  say(line: string): void {
    if (this.#people) process.stdout.write(`${line}\n`);
  }

  progress(name: string, total: number): Progress {
    if (!this.#people) return { update: () => {}, stop: () => {} };
    return process.stdout.isTTY ? bar(name, total) : lines(name, total);
  }
}

function bar(name: string, total: number): Progress {
  const shown = new cliProgress.SingleBar(
    {
      format: `${name} {bar} {percentage}% {value}/{total}  {detail}  {eta_formatted} left`,
      stream: process.stdout,
      clearOnComplete: true,
      barsize: 24,
      fps: 8,
      etaBuffer: 100,
    },
    cliProgress.Presets.shades_classic,
  );
  shown.start(total, 0, { detail: '' });
  return {
    update: (done, detail) => shown.update(done, { detail }),
    stop: () => shown.stop(),
  };
}

function lines(name: string, total: number): Progress {
  let last = performance.now();
  return {
    update: (done, detail) => {
      const now = performance.now();
      if (now - last < LINE_INTERVAL * 1000) return;
      last = now;
      process.stdout.write(`${name} ${done}/${total}  ${detail}\n`);
    },
    stop: () => {},
  };
}

/** A line on stderr, for what does not stop the command. */
export function warn(text: string): void {
  process.stderr.write(`warning: ${text}\n`);
}
