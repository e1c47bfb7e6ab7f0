/** Where warnings go: `globalThis.console.warn` unless replaced. */

export type WarningHandler = (message: string) => void;

function toConsole(message: string): void {
  (globalThis as { console?: { warn(message: string): void } }).console?.warn(message);
}

let handler: WarningHandler = toConsole;

/**
 * Sends the warnings of lr-core to `next` instead of the console; `null` brings the console back.
 *
 * @returns the handler that was replaced
 */
export function setWarningHandler(next: WarningHandler | null): WarningHandler {
  const previous = handler;
  handler = next ?? toConsole;
  return previous;
}

export function warn(message: string): void {
  handler(message);
}
