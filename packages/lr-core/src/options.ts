/** Options of optimizers: defaults filled in, and the checks that constructors, groups and loaded state share. */
import { ArgumentError, checkRange, checkType, message, show } from './check.ts';

/** PyTorch's choices of implementation, which do not change results here. */
const IGNORED = new Set(['foreach', 'fused', 'capturable', 'differentiable']);

/** An option's value; of an array, a copy. */
export function copyOption<T>(value: T): T {
  return Array.isArray(value) ? ([...(value as unknown[])] as T) : value;
}

/**
 * `defaults` with what `given` sets. PyTorch's `foreach`, `fused`, `capturable` and `differentiable` are accepted and
 * ignored.
 *
 * @throws ArgumentError for an unknown option
 */
export function withDefaults<T extends object>(op: string, defaults: T, given: Partial<T>): T {
  checkType(typeof given === 'object' && given !== null, op, 'options', 'an object', given);
  const options: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(defaults)) options[key] = copyOption(value);
  for (const [key, value] of Object.entries(given)) {
    if (!(key in defaults)) {
      if (IGNORED.has(key)) continue;
      throw new ArgumentError(unknownOption(op, key, defaults));
    }
    if (value !== undefined) options[key] = copyOption(value);
  }
  return options as T;
}

/** The message for an option that does not exist, which names the ones that do. */
export function unknownOption(op: string, key: string, defaults: object): string {
  return `[${op}] expected options to be among ${Object.keys(defaults).join(', ')} but received ${show(key)}`;
}

/** `weight_decay` -> `weightDecay` */
export function camelCase(key: string): string {
  return key.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * Checks of one set of hyper-parameters. Each throws ArgumentError for a wrong type and ArgumentRangeError for a wrong
 * value, NaN included, and returns the checker.
 */
export class OptionCheck<T extends object> {
  /** @param prefix goes before an option's name in messages, for instance `paramGroups[1].` */
  constructor(
    readonly op: string,
    readonly prefix: string,
    readonly options: T,
  ) {}

  /** @throws ArgumentRangeError unless `ok` */
  that(ok: boolean, key: keyof T & string, expectation: string): this {
    checkRange(ok, this.op, this.prefix + key, expectation, this.options[key]);
    return this;
  }

  /** Each is a number in `[min, max]`. */
  inRange(min: number, max: number, ...keys: (keyof T & string)[]): this {
    for (const key of keys) {
      const value: unknown = this.options[key];
      const expectation = max === Infinity ? `a number >= ${min}` : `a number in [${min}, ${max}]`;
      checkType(typeof value === 'number', this.op, this.prefix + key, expectation, value);
      this.that((value as number) >= min && (value as number) <= max, key, expectation);
    }
    return this;
  }

  /** Each is a number >= `min`. */
  atLeast(min: number, ...keys: (keyof T & string)[]): this {
    return this.inRange(min, Infinity, ...keys);
  }

  /** Each is a number, not NaN. */
  numbers(...keys: (keyof T & string)[]): this {
    for (const key of keys) {
      const value: unknown = this.options[key];
      checkType(typeof value === 'number', this.op, this.prefix + key, 'a number', value);
      this.that(!Number.isNaN(value), key, 'a number');
    }
    return this;
  }

  /** Each is an integer >= `min`. */
  integers(min: number, ...keys: (keyof T & string)[]): this {
    for (const key of keys) {
      const value: unknown = this.options[key];
      const expectation = `an integer >= ${min}`;
      checkType(typeof value === 'number', this.op, this.prefix + key, expectation, value);
      this.that(Number.isInteger(value) && (value as number) >= min, key, expectation);
    }
    return this;
  }

  booleans(...keys: (keyof T & string)[]): this {
    for (const key of keys) {
      const value: unknown = this.options[key];
      checkType(typeof value === 'boolean', this.op, this.prefix + key, 'a boolean', value);
    }
    return this;
  }

  /** `key` is one of `values`. */
  oneOf(key: keyof T & string, values: readonly (string | null)[]): this {
    const value: unknown = this.options[key];
    if (!values.includes(value as string | null)) {
      const expectation = `one of ${values.map((choice) => show(choice)).join(', ')}`;
      throw new ArgumentError(message(this.op, this.prefix + key, expectation, value));
    }
    return this;
  }

  /** `key` is an array of `length` numbers. */
  numberList(key: keyof T & string, length: number): this {
    const value: unknown = this.options[key];
    const ok =
      Array.isArray(value) && value.length === length && value.every((item) => typeof item === 'number');
    checkType(ok, this.op, this.prefix + key, `an array of ${length} numbers`, value);
    return this;
  }

  /** `betas` is a pair of numbers in [0, 1). */
  betas(): this {
    const key = 'betas' as keyof T & string;
    this.numberList(key, 2);
    const betas = this.options[key] as readonly number[];
    return this.that(
      betas.every((beta) => beta >= 0 && beta < 1),
      key,
      'a pair of numbers in [0, 1)',
    );
  }
}
