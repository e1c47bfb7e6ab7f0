/**
 * The header of a safetensors file, read as strictly as the format is written: a JSON object of tensors that are each
 * `{dtype, shape, data_offsets}`, and of text under `__metadata__`. A parser of its own, since JSON.parse takes the last
 * of several equal keys and makes whatever values the text asks for before anything can be checked.
 */
import { FileError } from './file.ts';

/** A tensor as a header describes it. */
export interface HeaderEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: number[];
  /** Where its elements begin and end, counted from the header's end. */
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly entries: HeaderEntry[];
  readonly metadata: Record<string, string>;
}

/** Whether `text` has a UTF-8 encoding: half a surrogate pair has none. */
export const isUnicode = (text: string): boolean => !/\p{Surrogate}/u.test(text);

/** More than any array library makes. */
const MAX_DIMENSIONS = 64;

/** Some times what the largest models have in a file; each takes a few times the memory that it takes in the file. */
const MAX_TENSORS = 1 << 17;

/** @throws FileError that says what of the header is wrong */
export function parseHeader(op: string, file: string, bytes: Uint8Array): Header {
  const parser = new Parser(op, file, decode(op, file, bytes));
  const entries: HeaderEntry[] = [];
  let metadata: Record<string, string> | undefined;
  const names = new Set<string>();
  parser.object('have a JSON object as its header', (name) => {
    if (names.has(name)) parser.refuseTwice(name);
    names.add(name);
    if (name === '__metadata__') metadata = parseText(parser);
    else if (entries.length < MAX_TENSORS) entries.push(parseEntry(parser, name));
    else parser.refuse(`have at most ${MAX_TENSORS} tensors`, 'more');
  });
  parser.end();
  return { entries, metadata: metadata ?? {} };
}

function decode(op: string, file: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new FileError(op, file, 'have a header of JSON', 'bytes that are not UTF-8', { cause: error });
  }
}

function parseText(parser: Parser): Record<string, string> {
  const expectation = 'have strings as __metadata__';
  const text = new Map<string, string>();
  parser.object(expectation, (key) => {
    if (text.has(key)) parser.refuseTwice(key);
    text.set(key, parser.string(expectation));
  });
  return Object.fromEntries(text);
}

function parseEntry(parser: Parser, name: string): HeaderEntry {
  const label = JSON.stringify(name.length > 60 ? `${name.slice(0, 57)}...` : name);
  const expectation = `describe ${label} by dtype, shape and data_offsets`;
  let dtype: string | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  parser.object(expectation, (key) => {
    const given = key === 'dtype' ? dtype : key === 'shape' ? shape : offsets;
    if (key === 'dtype') dtype = parser.string(`give ${label} a dtype of text`);
    else if (key === 'shape')
      shape = parser.integers(`give ${label} a shape of integers >= 0`, MAX_DIMENSIONS);
    else if (key === 'data_offsets') offsets = parser.integers(`give ${label} two data_offsets in order`, 2);
    else parser.refuse(expectation, JSON.stringify(key.slice(0, 60)));
    if (given !== undefined) parser.refuseTwice(key);
  });
  if (dtype === undefined || shape === undefined || offsets === undefined) {
    return parser.refuse(expectation, 'fewer of them');
  }
  const [begin, end] = offsets;
  if (begin === undefined || end === undefined || begin > end) {
    return parser.refuse(`give ${label} two data_offsets in order`, `[${offsets.join(', ')}]`);
  }
  return { name, dtype, shape, begin, end };
}

class Parser {
  readonly #op: string;
  readonly #file: string;
  readonly #text: string;
  #at = 0;

  constructor(op: string, file: string, text: string) {
    this.#op = op;
    this.#file = file;
    this.#text = text;
  }

  /** @throws FileError */
  refuse(expectation: string, received = this.#here()): never {
    throw new FileError(this.#op, this.#file, expectation, received);
  }

  refuseTwice(key: string): never {
    return this.refuse('have every key of its header once', `${JSON.stringify(key.slice(0, 60))} twice`);
  }

  #here(): string {
    if (this.#at >= this.#text.length) return 'the end of the header';
    return `${JSON.stringify(this.#text.slice(this.#at, this.#at + 20))} at character ${this.#at}`;
  }

  /** Skips JSON's white space and takes `char` if it is next. */
  #take(char: string): boolean {
    while (' \n\r\t'.includes(this.#text[this.#at] ?? 'end')) this.#at++;
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  /** An object, `value` called at each key's value. */
  object(expectation: string, value: (key: string) => void): void {
    if (!this.#take('{')) this.refuse(expectation);
    if (this.#take('}')) return;
    do {
      const key = this.string('have a header of JSON');
      if (!this.#take(':')) this.refuse('have a header of JSON');
      value(key);
    } while (this.#take(','));
    if (!this.#take('}')) this.refuse('have a header of JSON');
  }

  string(expectation: string): string {
    if (!this.#take('"')) return this.refuse(expectation);
    const start = this.#at - 1;
    for (let end = this.#at; ; end++) {
      end = this.#text.indexOf('"', end);
      if (end < 0) return this.refuse('have a header of JSON', 'a string without an end');
      let escapes = 0;
      while (this.#text[end - 1 - escapes] === '\\') escapes++;
      if (escapes % 2 === 1) continue;
      this.#at = end + 1;
      return this.#unescape(this.#text.slice(start, end + 1));
    }
  }

  #unescape(text: string): string {
    // Most strings are as they stand.
    if (/^"[ !#-[\]-~]*"$/.test(text)) return text.slice(1, -1);
    try {
      const value = JSON.parse(text) as string;
      if (isUnicode(value)) return value;
    } catch (error) {
      return this.refuse('have a header of JSON', (error as Error).message);
    }
    return this.refuse('have a header of JSON', 'a string that is not Unicode text');
  }

  /** A list of at most `most` integers >= 0. */
  integers(expectation: string, most: number): number[] {
    if (!this.#take('[')) return this.refuse(expectation);
    const values: number[] = [];
    if (this.#take(']')) return values;
    do {
      if (values.length === most) this.refuse(expectation, `more than ${most}`);
      values.push(this.#integer(expectation));
    } while (this.#take(','));
    if (!this.#take(']')) this.refuse(expectation);
    return values;
  }

  #integer(expectation: string): number {
    this.#take('');
    const digits = /(?:0|[1-9]\d{0,15})(?![\d.eE])/y;
    digits.lastIndex = this.#at;
    const found = digits.exec(this.#text)?.[0];
    const value = Number(found);
    if (found === undefined || !Number.isSafeInteger(value)) return this.refuse(expectation);
    this.#at += found.length;
    return value;
  }

  /** Nothing but white space is left: writers pad the header with spaces. */
  end(): void {
    this.#take('');
    if (this.#at < this.#text.length) this.refuse('have nothing after the JSON of its header');
  }
}
