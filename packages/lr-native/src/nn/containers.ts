/** Modules that hold modules or parameters, in order or by name, for a model that calls them itself. */
import { ArgumentRangeError, StateError, checkInteger, checkRange, checkType, message } from '@org/lr-core';
import { isGradEnabled } from '../autograd.ts';
import { isCapturing } from '../capture.ts';
import { release, reusingOutputs } from '../pool.ts';
import { Tensor } from '../tensor.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';
import { keepsNothing } from './transient.ts';

/** What a container holds: how messages call it, and what becomes of a value that is put in. */
interface Kind<T> {
  readonly what: string;
  /** Undefined where the value cannot be held. */
  readonly take: (value: unknown) => T | undefined;
}

const MODULES: Kind<never> = {
  what: 'a Module',
  take: (value) => (value instanceof Module ? (value as never) : undefined),
};

const PARAMETERS: Kind<Parameter> = {
  what: 'a Parameter or a Tensor',
  take: (value) => {
    if (value instanceof Parameter) return value;
    return value instanceof Tensor && value.dtype === 'float32' ? new Parameter(value as Tensor) : undefined;
  },
};

function taken<T>(module: object, kind: Kind<T>, name: string, value: unknown): T {
  const held = kind.take(value);
  checkType(held !== undefined, module.constructor.name, name, kind.what, value);
  return held!;
}

/** Items in order, named 0, 1, … Indices count from the end where they are negative. */
abstract class List<T, Output> extends Module<Output> implements Iterable<T> {
  private readonly kind: Kind<T>;
  protected readonly items: T[];

  protected constructor(kind: Kind<T>, items: Iterable<unknown>, name: string) {
    super();
    this.kind = kind;
    const ok = typeof items === 'object' && items !== null && Symbol.iterator in items;
    checkType(ok, this.constructor.name, name, `an array with ${kind.what} each`, items);
    this.items = Array.from(items, (item, i) => taken(this, kind, `${name}[${i}]`, item));
  }

  protected override members(): [string, unknown][] {
    return [...super.members(), ...this.items.map((item, i): [string, unknown] => [String(i), item])];
  }

  get length(): number {
    return this.items.length;
  }

  /** The item at `index`; undefined where there is none. */
  at(index: number): T | undefined {
    return this.items.at(index);
  }

  /** Puts `item` in the place of another. @throws ArgumentError, ArgumentRangeError */
  set(index: number, item: T): this {
    const at = this.position('index', index, this.length);
    this.items[at] = taken(this, this.kind, 'item', item);
    return this;
  }

  /** @throws ArgumentError */
  append(item: T): this {
    this.items.push(taken(this, this.kind, 'item', item));
    return this;
  }

  /** Appends each of `items`. @throws ArgumentError */
  extend(items: Iterable<T>): this {
    this.items.push(...Array.from(items, (item, i) => taken(this, this.kind, `items[${i}]`, item)));
    return this;
  }

  /** Puts `item` in before the one at `index`. @throws ArgumentError, ArgumentRangeError */
  insert(index: number, item: T): this {
    const at = this.position('index', index, this.length + 1);
    this.items.splice(at, 0, taken(this, this.kind, 'item', item));
    return this;
  }

  /** Takes an item out, the last one by default. @throws ArgumentError, ArgumentRangeError */
  pop(index = -1): T {
    return this.items.splice(this.position('index', index, this.length), 1)[0]!;
  }

  [Symbol.iterator](): Iterator<T> {
    return this.items[Symbol.iterator]();
  }

  private position(name: string, index: number, count: number): number {
    const op = this.constructor.name;
    checkInteger(op, name, index);
    const inside = index >= -this.length && index < count;
    checkRange(inside, op, name, `an integer from ${-this.length} to ${count - 1}`, index);
    return index < 0 ? index + this.length : index;
  }
}

/** Items by name, in the order of their first assignment. */
abstract class Dict<T> extends Module<never> implements Iterable<[string, T]> {
  private readonly kind: Kind<T>;
  private readonly items = new Map<string, T>();

  protected constructor(kind: Kind<T>, items: Readonly<Record<string, T>> | Iterable<readonly [string, T]>) {
    super();
    this.kind = kind;
    this.update(items);
  }

  protected override members(): [string, unknown][] {
    return [...super.members(), ...this.items];
  }

  get size(): number {
    return this.items.size;
  }

  get(name: string): T | undefined {
    return this.items.get(name);
  }

  has(name: string): boolean {
    return this.items.has(name);
  }

  /** @throws ArgumentError for a name that is empty or has a dot */
  set(name: string, item: T): this {
    const isName = typeof name === 'string' && name !== '' && !name.includes('.');
    checkType(isName, this.constructor.name, 'name', 'text without a dot', name);
    this.items.set(name, taken(this, this.kind, name, item));
    return this;
  }

  /** Sets every item of a record, or of `[name, item]` pairs. @throws ArgumentError */
  update(items: Readonly<Record<string, T>> | Iterable<readonly [string, T]>): this {
    const ok = typeof items === 'object' && items !== null;
    checkType(ok, this.constructor.name, 'items', 'a record or an array of pairs', items);
    const isIterable = Symbol.iterator in items;
    const pairs = isIterable ? (items as Iterable<readonly [string, T]>) : Object.entries(items);
    for (const [name, item] of pairs) this.set(name, item as T);
    return this;
  }

  /** Takes an item out. @throws ArgumentRangeError where there is none of that name */
  pop(name: string): T {
    const item = this.items.get(name);
    if (item === undefined) {
      const names = `one of ${[...this.items.keys()].join(', ')}`;
      throw new ArgumentRangeError(message(this.constructor.name, 'name', names, name));
    }
    this.items.delete(name);
    return item;
  }

  clear(): void {
    this.items.clear();
  }

  keys(): IterableIterator<string> {
    return this.items.keys();
  }

  values(): IterableIterator<T> {
    return this.items.values();
  }

  entries(): IterableIterator<[string, T]> {
    return this.items.entries();
  }

  [Symbol.iterator](): Iterator<[string, T]> {
    return this.items.entries();
  }

  forward(): never {
    return cannotRun(this);
  }
}

function cannotRun(module: object): never {
  throw new StateError(
    `[${module.constructor.name}] expected its items to be called but forward of the container was: it has none`,
  );
}

/** Modules one after another, named 0, 1, … As `torch.nn.Sequential`. @throws ArgumentError where an argument is not a module */
export class Sequential extends List<Module, Tensor> {
  constructor(...modules: readonly Module[]) {
    super(MODULES as Kind<Module>, modules, 'modules');
  }

  forward(x: Tensor): Tensor {
    if (!isGradEnabled() && !isCapturing()) return reusingOutputs(() => this.forwardInTurn(x, true));
    return this.forwardInTurn(x, false);
  }

  /** Without a graph the output of one module is done with after the next, if neither keeps it. */
  private forwardInTurn(x: Tensor, reuses: boolean): Tensor {
    let y = x;
    let isOurs = false;
    for (const module of this.items) {
      const next = module.forward(y);
      // A module may give or take something else than a tensor.
      if (!(next instanceof Tensor && y instanceof Tensor)) isOurs = false;
      else if (reuses) {
        const isTransient = keepsNothing(module);
        const isNew = next.data.buffer !== y.data.buffer;
        if (isNew && isOurs && isTransient && y.data instanceof Float32Array) release(y.data);
        isOurs = isTransient && (isNew || isOurs);
      }
      y = next;
    }
    return y;
  }
}

/** Modules in a list, which the owner calls. As `torch.nn.ModuleList`. @throws ArgumentError */
export class ModuleList<M extends Module<unknown> = Module> extends List<M, never> {
  constructor(modules: Iterable<M> = []) {
    super(MODULES as Kind<M>, modules, 'modules');
  }

  forward(): never {
    return cannotRun(this);
  }
}

/** Modules by name, which the owner calls. As `torch.nn.ModuleDict`. @throws ArgumentError */
export class ModuleDict<M extends Module<unknown> = Module> extends Dict<M> {
  constructor(modules: Readonly<Record<string, M>> | Iterable<readonly [string, M]> = {}) {
    super(MODULES as Kind<M>, modules);
  }
}

/** Parameters in a list; tensors become parameters. As `torch.nn.ParameterList`. @throws ArgumentError */
export class ParameterList extends List<Parameter, never> {
  constructor(parameters: Iterable<Tensor> = []) {
    super(PARAMETERS, parameters, 'parameters');
  }

  forward(): never {
    return cannotRun(this);
  }
}

/** Parameters by name; tensors become parameters. As `torch.nn.ParameterDict`. @throws ArgumentError */
export class ParameterDict extends Dict<Parameter> {
  constructor(parameters: Readonly<Record<string, Parameter>> | Iterable<readonly [string, Parameter]> = {}) {
    super(PARAMETERS, parameters);
  }
}
