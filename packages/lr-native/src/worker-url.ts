/**
 * The file that a worker thread begins with, by its path without the extension: beside this one's sources, or beside the
 * bundle that this one becomes a part of.
 */
export function workerUrl(path: string): URL {
  return new URL(`./${path}${import.meta.url.slice(-3)}`, import.meta.url); // .ts beside .ts, .js beside .js
}
