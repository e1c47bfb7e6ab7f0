/** manifest.json of a checkpoint: which files it has, how long they are, and their SHA-256. Hostile input. */
import { FileError, checkFile } from '../file.ts';

export const MANIFEST = 'manifest.json';
export const MAX_MANIFEST_BYTES = 1_000_000;
const FORMAT = 'lr-checkpoint';
const VERSION = 1;

export interface ManifestFile {
  readonly bytes: number;
  readonly sha256: string;
}

export interface Manifest {
  /** The run that wrote it. */
  readonly run: string;
  readonly step: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly files: Readonly<Record<string, ManifestFile>>;
}

/** A file of a checkpoint: no part of a path can be said with it. */
const FILE_NAME = /^[a-z]{1,40}\.(?:safetensors|json)$/;

export function manifestText({ run, step, metrics, files }: Manifest): string {
  return `${JSON.stringify({ format: FORMAT, version: VERSION, run, step, metrics, files }, null, 2)}\n`;
}

/** @throws FileError unless `text` is what `manifestText` gives */
export function parseManifest(text: string, path: string): Manifest {
  const check = (ok: boolean, expectation: string, received: unknown): void =>
    checkFile(ok, 'loadCheckpoint', path, expectation, received);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new FileError('loadCheckpoint', path, 'hold JSON', (error as Error).message, { cause: error });
  }
  check(isRecord(json), 'hold a JSON object', json);
  const { format, version, run, step, metrics, files } = json as Record<string, unknown>;
  check(format === FORMAT, `have the format "${FORMAT}"`, format);
  check(version === VERSION, `be of version ${VERSION}`, version);
  check(typeof run === 'string', 'name its run', run);
  check(isSize(step), 'have a step', step);
  const numeric = isRecord(metrics) && Object.values(metrics).every((value) => typeof value === 'number');
  check(numeric, 'have metrics that are numbers', metrics);
  check(isRecord(files), 'list its files', files);
  for (const [name, file] of Object.entries(files as Record<string, unknown>)) {
    check(FILE_NAME.test(name) && name !== MANIFEST, 'list files of a checkpoint', name);
    const ok = isRecord(file) && isSize(file.bytes) && /^[\da-f]{64}$/.test(String(file.sha256));
    check(ok, `give bytes and sha256 of ${name}`, file);
  }
  return json as unknown as Manifest;
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSize = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
