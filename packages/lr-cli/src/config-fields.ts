/**
 * The kinds of values a CONFIG.json may hold, each with the words its error says: `expected a positive number but received -1`.
 * A new option of a module, optimizer or scheduler takes one of these; what the types are is config-types.ts.
 */
import { show } from '@org/lr-core';
import { z } from 'zod';

/** A type with options: `{ "type": "StepLR", "stepSize": 5 }`. */
export interface Entry {
  readonly type: string;
  readonly [option: string]: unknown;
}

/** The options of every type of one kind (module, loss, optimizer, scheduler). */
export type Types = Readonly<Record<string, z.ZodRawShape>>;

const received = (value: unknown): string =>
  value === undefined ? 'but it is missing' : `but received ${show(value)}`;

/** The error parameter of a zod type or check. */
export const expected = (what: string): { error: (issue: { input?: unknown }) => string } => ({
  error: (issue) => `expected ${what} ${received(issue.input)}`,
});

const number = (what: string, check: (value: number) => boolean): z.ZodNumber =>
  z.number(expected(what)).refine(check, expected(what));

export const finite = number('a finite number', () => true);
export const positive = number('a positive number', (value) => value > 0);
export const nonNegative = number('a number >= 0', (value) => value >= 0);
export const fraction = number('a number between 0 and 1', (value) => value >= 0 && value <= 1);
export const belowOne = number('a number >= 0 and < 1', (value) => value >= 0 && value < 1);
/** An integer of at least `min`. */
export const integer = (min: number): z.ZodNumber =>
  number(`an integer >= ${min}`, (value) => Number.isSafeInteger(value) && value >= min);
export const boolean = z.boolean(expected('true or false'));
export const path = z.string(expected('a path')).min(1, expected('a path'));

/** One of `values`. */
export const choice = <T extends string>(...values: T[]): z.ZodEnum<{ [K in T]: K }> =>
  z.enum(values, {
    error: (issue) =>
      `expected one of ${values.map((value) => JSON.stringify(value)).join(', ')} ${received(issue.input)}`,
  }) as unknown as z.ZodEnum<{ [K in T]: K }>;

/** A height and width: one number for both, or `[height, width]`, each of at least `min`. */
export const size = (min: number): z.ZodType<number | number[]> => {
  const what = `an integer >= ${min} or a pair of them`;
  const isSize = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= min;
  return z.custom<number | number[]>(
    (value) => isSize(value) || (Array.isArray(value) && value.length === 2 && value.every(isSize)),
    expected(what),
  );
};

/** Numbers that `check` accepts, at least one. */
export const numbers = (what: string, check: (value: number) => boolean): z.ZodType<number[]> =>
  z.custom<number[]>(
    (value) =>
      Array.isArray(value) &&
      value.length > 0 &&
      value.every((item) => Number.isFinite(item) && check(item as number)),
    expected(what),
  );

/** An object of exactly these options. */
export function options<T extends z.ZodRawShape>(shape: T, what: string): z.ZodObject<T, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown option; known: ${Object.keys(shape).join(', ')}`
        : expected(what).error(issue),
  });
}

/** Edit distance, for the suggestion of a known name. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** The known name that `name` was probably meant to be, as the end of a sentence, or nothing. */
export function suggestion(name: string, known: readonly string[]): string {
  const lower = name.toLowerCase();
  const ranked = known
    .map((candidate) => ({ candidate, edits: distance(lower, candidate.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best !== undefined && best.edits <= Math.max(2, name.length / 3)
    ? `, did you mean ${show(best.candidate)}?`
    : '';
}

/**
 * `{ "type": …, …options }` of one of `types`; `kind` is what the error calls it, `reasons` says why a type that exists
 * cannot stand in a config.
 */
export function entry(
  kind: string,
  types: Types,
  reasons: Readonly<Record<string, string>>,
): z.ZodType<Entry> {
  const known = Object.keys(types);
  const members = known.map((type) => options({ type: z.literal(type), ...types[type] }, '{"type": …}'));
  return z.discriminatedUnion('type', members as unknown as [z.ZodObject, ...z.ZodObject[]], {
    error: (issue) => {
      if (typeof issue.input !== 'object' || issue.input === null)
        return `expected {"type": …} ${received(issue.input)}`;
      const { type } = issue.input as { type?: unknown };
      if (type === undefined)
        return `expected the name of a ${kind} but it is missing; known: ${known.join(', ')}`;
      if (typeof type === 'string' && Object.hasOwn(reasons, type))
        return `${reasons[type]}; known: ${known.join(', ')}`;
      const near = typeof type === 'string' ? suggestion(type, known) : '';
      return `unknown ${kind} ${show(type)}${near}${near === '' ? ';' : ''} known: ${known.join(', ')}`;
    },
  }) as unknown as z.ZodType<Entry>;
}
