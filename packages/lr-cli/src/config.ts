/**
 * CONFIG.json: what `lr train` takes, its defaults, and errors that name the path and what was expected there, all of a
 * file at once. What the values are is config-fields.ts, what the types are is config-types.ts.
 */
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { boolean, choice, expected, integer, options, type Entry } from './config-fields.ts';
import { dataSchema, lossSchema, modelSchema, optimizerSchema, schedulerSchema } from './config-types.ts';
import { reason, UsageError } from './errors.ts';

/** `cpu`, `cuda`, `cuda:1`; `cuda-emu` in emulator builds. */
export const DEVICE: RegExp = /^(cpu|cuda(:\d+)?|cuda-emu)$/;
const device = expected('"cpu", "cuda" or "cuda:N"');

const fields = {
  seed: integer(0).default(0),
  epochs: integer(1).default(1),
  batchSize: integer(1).default(64),
  device: z.string(device).regex(DEVICE, device).optional(),
  compile: boolean.default(true),
  data: dataSchema as unknown as z.ZodType<DataConfig>,
  model: modelSchema,
  loss: lossSchema,
  optimizer: optimizerSchema,
  checkpoint: options(
    {
      everySteps: integer(1).optional(),
      keep: integer(1).default(2),
      best: choice('valLoss', 'trainLoss', 'valAccuracy').optional(),
    },
    '{"everySteps": N, "keep": k, "best": "valLoss"}',
  ).optional(),
};
const withOneScheduler = options({ ...fields, scheduler: schedulerSchema.optional() }, 'a JSON object');
const withSchedulers = options({ ...fields, scheduler: z.array(schedulerSchema) }, 'a JSON object');

/** A config with its defaults filled in. */
export type Config = Omit<z.output<typeof withOneScheduler>, 'scheduler'> & { schedulers: Entry[] };

interface DataOptions {
  limit?: number;
  valLimit?: number;
  /** Of images, scaled to [0, 1]: what is subtracted, and what they are divided by then. */
  mean?: number | number[];
  std?: number | number[];
}
export type DataConfig = DataOptions &
  (
    | { type: 'mnist' }
    | { type: 'idx'; dir: string }
    | { type: 'npy'; x: string; y: string; valX?: string; valY?: string }
  );

/** The options of `lr train` that stand above the config's. */
export interface Overrides {
  seed?: number;
  epochs?: number;
  device?: string;
  compile?: boolean;
}

const where = (keys: readonly PropertyKey[]): string =>
  keys.reduce<string>(
    (at, key) =>
      typeof key === 'number' ? `${at}[${key}]` : at === '' ? String(key) : `${at}.${String(key)}`,
    '',
  );

/** One line for each mistake, in the order of the file's schema. */
function mistakes(error: z.ZodError): string[] {
  const lines = error.issues.flatMap((issue) => {
    const paths =
      issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    return paths.map((at) => `${where(at) || 'config'}: ${issue.message}`);
  });
  return [...new Set(lines)];
}

/**
 * A config from parsed JSON.
 * @throws UsageError that lists every mistake with its path
 */
export function parseConfig(json: unknown): Config {
  const list =
    typeof json === 'object' && json !== null && 'scheduler' in json && Array.isArray(json.scheduler);
  const parsed = (list ? withSchedulers : withOneScheduler).safeParse(json);
  if (!parsed.success) throw new UsageError(mistakes(parsed.error).join('\n'));
  const { scheduler, ...config } = parsed.data;
  return {
    ...config,
    schedulers: scheduler === undefined ? [] : Array.isArray(scheduler) ? scheduler : [scheduler],
  };
}

/**
 * One scheduler from parsed JSON.
 * @throws UsageError that lists every mistake with its path
 */
export function parseScheduler(json: unknown): Entry {
  const parsed = schedulerSchema.safeParse(json);
  if (!parsed.success) throw new UsageError(mistakes(parsed.error).join('\n'));
  return parsed.data;
}

/**
 * The config in the file at `file`, with `overrides` in the place of its values. Paths in `data` are relative to the file.
 * @throws UsageError that names the file and lists every mistake with its path
 */
export function loadConfig(file: string, overrides: Overrides = {}): Config {
  const text = readText(file);
  try {
    const json = parseJson(text);
    const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
    const isObject = typeof json === 'object' && json !== null && !Array.isArray(json);
    const config = parseConfig(isObject ? { ...json, ...given } : json);
    return { ...config, data: resolvePaths(config.data, dirname(file)) };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(
      error.message
        .split('\n')
        .map((line) => `${file}: ${line}`)
        .join('\n'),
    );
  }
}

/** A config is written by hand; more is not one. */
const MAX_BYTES = 10_000_000;
const MAX_DEPTH = 100;

function readText(file: string): string {
  try {
    const stat = statSync(file);
    if (stat.isFile() && stat.size > MAX_BYTES) throw new Error(`it has more than ${MAX_BYTES} bytes`);
    if (!stat.isFile() && !stat.isDirectory()) throw new Error('it is no regular file');
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file}: cannot be read: ${reason(error)}`);
  }
}

/** JSON.parse with an error on one line that says line and column, or what stands around the mistake. */
export function parseJson(text: string): unknown {
  if (depthOf(text) > MAX_DEPTH)
    throw new UsageError(`not a config: brackets nested deeper than ${MAX_DEPTH}`);
  try {
    return JSON.parse(text);
  } catch (error) {
    const [, what, offset] = /^(.*?)(?: in JSON)?(?: at position (\d+).*)?$/s.exec((error as Error).message)!;
    const before = offset === undefined ? undefined : text.slice(0, Number(offset)).split('\n');
    const where =
      before === undefined ? '' : ` at line ${before.length}, column ${before.at(-1)!.length + 1}`;
    const hint = /NaN|Infinity/.test(what!) ? '; JSON has no NaN and no Infinity' : '';
    throw new UsageError(`not JSON${where}: ${what!.replace(/\s+/g, ' ')}${hint}`);
  }
}

/** How deep brackets are nested: whatever walks the value must not run out of stack. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (token === '[' || token === '{') deepest = Math.max(deepest, ++depth);
    else if (token === ']' || token === '}') depth--;
  }
  return deepest;
}

function resolvePaths(data: DataConfig, base: string): DataConfig {
  if (data.type === 'mnist') return data;
  if (data.type === 'idx') return { ...data, dir: resolve(base, data.dir) };
  const files = (['x', 'y', 'valX', 'valY'] as const).filter((key) => data[key] !== undefined);
  return { ...data, ...Object.fromEntries(files.map((key) => [key, resolve(base, data[key]!)])) };
}
