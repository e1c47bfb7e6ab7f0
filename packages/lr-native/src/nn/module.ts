/**
 * The base of all modules. A module's fields are its registry: a field that holds a Parameter, a Buffer or a Module is
 * one of its parameters, buffers or children, in the order of assignment. A module that keeps them elsewhere, as the
 * containers do, says so in `members`.
 *
 * Names are PyTorch's, so that weights can be exchanged: `0.weight`, and `running_mean` for the field runningMean.
 */
import { ArgumentError, ShapeError, checkBoolean, checkType, show } from '@org/lr-core';
import { hostOf, onDevice } from '../device-array.ts';
import type { Device } from '../device.ts';
import { checkDevice } from '../device.ts';
import { convert } from '../dtype.ts';
import type { ArrayOf, DType } from '../dtype.ts';
import type { RemovableHandle } from '../hooks.ts';
import { Tensor } from '../tensor.ts';
import type { TensorJson } from '../tensor.ts';
import { changed } from '../versions.ts';
import { cloneOf } from './clone.ts';
import { registerModuleHook } from './module-hooks.ts';
import type {
  BackwardHook,
  BackwardPreHook,
  ForwardHook,
  ForwardPreHook,
  HookOptions,
} from './module-hooks.ts';
import { Buffer, Parameter } from './parameter.ts';

/** Parameters and persistent buffers by name, as copies. */
export type StateDict = Record<string, Tensor<DType>>;

/** What can be loaded in the place of a tensor: one, or what structuredClone or JSON made of it. */
export type TensorLike = Pick<Tensor<DType>, 'shape' | 'data'> | TensorJson;

export interface LoadOptions {
  /** Whether every name must be on both sides; default true. */
  strict?: boolean;
}

/** Names that a load left alone. */
export interface LoadReport {
  missingKeys: string[];
  unexpectedKeys: string[];
}

export interface NamedOptions {
  /** What all names begin with; default ''. */
  prefix?: string;
  /** Whether to list what the modules below have, too; default true. */
  recurse?: boolean;
  /** Whether something that has several names is listed by its first only; default true. */
  removeDuplicate?: boolean;
}

/**
 * A part of a model. Subclasses assign parameters and children to fields and write `forward`:
 *
 * @example
 * class Net extends nn.Module {
 *   conv = new nn.Conv2d(1, 8, 3);
 *   fc = new nn.Linear(8 * 26 * 26, 10);
 *   forward(x: Tensor) {
 *     return this.fc.forward(F.flatten(F.relu(this.conv.forward(x)), { startDim: 1 }));
 *   }
 * }
 * @typeParam Output what forward returns
 */
export abstract class Module<Output = Tensor> {
  /** Whether the module trains, which dropout and batch norm ask. Set by train() and eval(). */
  training = true;

  /** The output for the given inputs. Runs the hooks that are registered. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- subclasses take what they like
  abstract forward(...inputs: any[]): Output;

  /** Names and values among which this module's own parameters, buffers and children are: its fields. */
  protected members(): [string, unknown][] {
    return Object.entries(this).map(([field, value]) => [snakeCase(field), value]);
  }

  /** Direct children by name, each once. */
  namedChildren(): [string, Module][] {
    return unique(ownOf(this, Module));
  }

  children(): Module[] {
    return this.namedChildren().map(([, child]) => child);
  }

  /** This module and all below it, parents first, each once; names are paths, '' for this one. */
  namedModules(options: Omit<NamedOptions, 'recurse'> = {}): [string, Module][] {
    const { prefix = '', removeDuplicate = true } = options;
    const all = paths(this, prefix);
    return removeDuplicate ? unique(all) : all;
  }

  modules(): Module[] {
    return this.namedModules().map(([, module]) => module);
  }

  /** Every parameter with its path, such as `0.weight`; one shared by two modules appears once. */
  namedParameters(options: NamedOptions = {}): [string, Parameter][] {
    return tensorsOf(this, Parameter, options);
  }

  parameters(options: Pick<NamedOptions, 'recurse'> = {}): Parameter[] {
    return this.namedParameters(options).map(([, parameter]) => parameter);
  }

  namedBuffers(options: NamedOptions = {}): [string, Buffer<DType>][] {
    return tensorsOf(this, Buffer<DType>, options);
  }

  buffers(options: Pick<NamedOptions, 'recurse'> = {}): Buffer<DType>[] {
    return this.namedBuffers(options).map(([, buffer]) => buffer);
  }

  /** The parameter of that path. @throws ArgumentError where there is none */
  getParameter(path: string): Parameter {
    return named('getParameter', this.namedParameters({ removeDuplicate: false }), path);
  }

  /** The buffer of that path. @throws ArgumentError where there is none */
  getBuffer(path: string): Buffer<DType> {
    return named('getBuffer', this.namedBuffers({ removeDuplicate: false }), path);
  }

  /** The module of that path, itself for ''. @throws ArgumentError where there is none */
  getSubmodule(path: string): Module {
    return named('getSubmodule', this.namedModules({ removeDuplicate: false }), path);
  }

  /**
   * Makes `parameter` the field `name` and so a parameter of this module; null for one that is left out.
   * Assigning the field does the same. As `register_parameter`.
   *
   * @throws ArgumentError for a name that is no field's or is taken, or what is no Parameter
   */
  registerParameter(name: string, parameter: Parameter | null): void {
    const ok = parameter === null || parameter instanceof Parameter;
    checkType(ok, 'registerParameter', 'parameter', 'a Parameter or null', parameter);
    register('registerParameter', this, name, parameter);
  }

  /**
   * Makes a Buffer of `tensor` the field `name`; null for one that is left out. As `register_buffer`.
   *
   * @param options.persistent whether it is in stateDict(); default true
   * @throws ArgumentError for a name that is no field's or is taken, or what is no Tensor
   */
  registerBuffer(name: string, tensor: Tensor<DType> | null, options: { persistent?: boolean } = {}): void {
    const ok = tensor === null || tensor instanceof Tensor;
    checkType(ok, 'registerBuffer', 'tensor', 'a Tensor or null', tensor);
    const { persistent = true } = options;
    checkBoolean('registerBuffer', 'persistent', persistent);
    register('registerBuffer', this, name, tensor === null ? null : new Buffer(tensor, persistent));
  }

  /**
   * Makes `module` the field `name` and so a child of this module; null for one that is left out. As `register_module`.
   *
   * @throws ArgumentError for a name that is no field's or is taken, or what is no Module
   */
  registerModule(name: string, module: Module<unknown> | null): void {
    const ok = module === null || module instanceof Module;
    checkType(ok, 'registerModule', 'module', 'a Module or null', module);
    register('registerModule', this, name, module);
  }

  /** Runs `hook(module, inputs)` before forward; what it returns, if anything, are the inputs instead. */
  registerForwardPreHook(hook: ForwardPreHook<this>, options?: HookOptions): RemovableHandle {
    return registerModuleHook('registerForwardPreHook', this, 'forwardPre', hook as ForwardPreHook, options);
  }

  /** Runs `hook(module, inputs, output)` after forward; what it returns, if anything, is the output instead. */
  registerForwardHook(hook: ForwardHook<this>, options?: HookOptions): RemovableHandle {
    return registerModuleHook('registerForwardHook', this, 'forward', hook as ForwardHook, options);
  }

  /**
   * Runs `hook(module, gradOutput)` once the gradients of the outputs are known, one for each, null for what has none;
   * what it returns, if anything, are the gradients instead. As `register_full_backward_pre_hook`.
   */
  registerFullBackwardPreHook(hook: BackwardPreHook<this>, options?: HookOptions): RemovableHandle {
    const op = 'registerFullBackwardPreHook';
    return registerModuleHook(op, this, 'backwardPre', hook as BackwardPreHook, options);
  }

  /**
   * Runs `hook(module, gradInput, gradOutput)` once the gradients of the inputs are known, one for each argument of
   * forward, null for what has none; what it returns, if anything, are the gradients of the inputs instead.
   * As `register_full_backward_hook`.
   */
  registerFullBackwardHook(hook: BackwardHook<this>, options?: HookOptions): RemovableHandle {
    return registerModuleHook('registerFullBackwardHook', this, 'backward', hook as BackwardHook, options);
  }

  /**
   * A copy of this module and everything below it that shares no memory with it, but within itself what this one shares
   * within itself: tied weights stay tied. Hooks are copied along, gradients are not. Fields that hold arrays, maps, sets
   * or plain objects are copied, other objects and functions are shared; fields with a `#` cannot be copied.
   * As `copy.deepcopy`.
   *
   * @throws StateError where a field is the result of an op
   */
  clone(): this {
    return cloneOf(this);
  }

  /** Copies of all parameters and persistent buffers by path, on the CPU, so that they outlive structuredClone and JSON. */
  stateDict(): StateDict {
    return Object.fromEntries(stateOf(this).map(([name, tensor]) => [name, hostCopy(tensor)]));
  }

  /**
   * Copies values into the parameters and buffers of the same names; nothing is changed where anything does not fit.
   *
   * @param state of stateDict() or loadSafetensors(), or what structuredClone or JSON made of it
   * @throws ArgumentError for missing or unexpected names (unless `strict` is false) or values that are no tensors,
   *   ShapeError
   */
  loadStateDict(
    state: Readonly<Record<string, TensorLike>>,
    { strict = true }: LoadOptions = {},
  ): LoadReport {
    checkType(
      typeof state === 'object' && state !== null,
      'loadStateDict',
      'state',
      'a record of tensors',
      state,
    );
    const own = stateOf(this);
    const names = new Set(own.map(([name]) => name));
    const given = new Map(
      Object.entries(state).map(([key, value]) => [names.has(key) ? key : snakeCase(key), value]),
    );
    const missingKeys = [...names].filter((name) => !given.has(name));
    const unexpectedKeys = [...given.keys()].filter((key) => !names.has(key));
    if (strict && (missingKeys.length > 0 || unexpectedKeys.length > 0)) {
      throw new ArgumentError(
        `[loadStateDict] expected the names of this ${this.constructor.name} but received a state` +
          `${missingKeys.length > 0 ? ` without ${show(missingKeys)}` : ''}` +
          `${missingKeys.length > 0 && unexpectedKeys.length > 0 ? ' and' : ''}` +
          `${unexpectedKeys.length > 0 ? ` with unknown ${show(unexpectedKeys)}` : ''}`,
      );
    }
    const values = own
      .filter(([name]) => given.has(name))
      .map(([name, tensor]) => [tensor, valuesFor(name, tensor, given.get(name)!)] as const);
    for (const [tensor, data] of values) {
      (tensor.data as Float32Array).set(data as Float32Array);
      changed(tensor.data);
    }
    return { missingKeys, unexpectedKeys };
  }

  /** Sets training mode, here and below. @throws ArgumentError */
  train(mode = true): this {
    checkBoolean('train', 'mode', mode);
    for (const module of this.modules()) module.training = mode;
    return this;
  }

  /** Sets evaluation mode, here and below. */
  eval(): this {
    return this.train(false);
  }

  /**
   * Moves parameters and buffers with their gradients to a device; they stay the tensors that they are. Move a module before
   * its optimizer has state.
   *
   * @throws ArgumentError, DeviceError
   */
  to(device: Device): this {
    const place = checkDevice('to', device);
    for (const tensor of [...this.parameters(), ...this.buffers()] as Tensor<DType>[]) {
      if (tensor.device === place) continue;
      const moved = [tensor.data, tensor.grad].map(
        (array) => array && onDevice(place, tensor.dtype, hostOf(array)),
      );
      tensor.data = moved[0]!;
      tensor.grad = moved[1]!;
    }
    return this;
  }

  /** Sets requiresGrad of every parameter: false freezes them. As `requires_grad_`. */
  requiresGrad_(requiresGrad = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad = requiresGrad;
    return this;
  }

  /** Drops the gradients of all parameters, or fills them with zeros where `setToNone` is false. */
  zeroGrad({ setToNone = true }: { setToNone?: boolean } = {}): void {
    for (const parameter of this.parameters()) {
      if (setToNone) parameter.grad = null;
      else parameter.grad?.fill(0);
    }
  }

  /** Calls `fn` with every module below, children first, and this one. */
  apply(fn: (module: Module) => void): this {
    for (const child of this.children()) child.apply(fn);
    fn(this as unknown as Module);
    return this;
  }

  /** What stands in the brackets when the module prints: its options. */
  protected extraRepr(): string {
    return '';
  }

  /** The module as a tree, as PyTorch prints it. */
  toString(): string {
    const children = ownOf(this, Module).map(
      ([name, child]) => `  (${name}): ${child.toString().replaceAll('\n', '\n  ')}`,
    );
    const extra = this.extraRepr();
    if (children.length === 0) return `${this.constructor.name}(${extra})`;
    return [`${this.constructor.name}(${extra}`, ...children, ')'].join('\n');
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

type Kind<T> = abstract new (...args: never[]) => T;

/** The members of `module` that are of a kind, such as Parameter. */
function ownOf<T>(module: Module<unknown>, kind: Kind<T>): [string, T][] {
  return module['members']().filter((entry): entry is [string, T] => entry[1] instanceof kind);
}

/** `module` and all below it by path, as often as they occur; not again below itself. */
function paths(module: Module<unknown>, path: string, above: readonly unknown[] = []): [string, Module][] {
  const here = [...above, module];
  const below = ownOf(module, Module).flatMap(([name, child]) =>
    here.includes(child) ? [] : paths(child, join(path, name), here),
  );
  return [[path, module as Module], ...below];
}

function tensorsOf<T extends Tensor<DType>>(
  module: Module<unknown>,
  kind: Kind<T>,
  { prefix = '', recurse = true, removeDuplicate = true }: NamedOptions,
): [string, T][] {
  const modules: [string, Module<unknown>][] = recurse ? paths(module, prefix) : [[prefix, module]];
  const all = modules.flatMap(([path, owner]) =>
    ownOf(owner, kind).map(([name, tensor]): [string, T] => [join(path, name), tensor]),
  );
  return removeDuplicate ? unique(all) : all;
}

/** What stateDict() holds; a tensor that has several names by each of them. */
export function stateOf(module: Module<unknown>): [string, Tensor<DType>][] {
  return paths(module, '').flatMap(([path, owner]) => {
    const buffers = ownOf(owner, Buffer<DType>).filter(([, buffer]) => buffer.persistent);
    const tensors: [string, Tensor<DType>][] = [...ownOf(owner, Parameter), ...buffers];
    return tensors.map(([name, tensor]): [string, Tensor<DType>] => [join(path, name), tensor]);
  });
}

function named<T>(op: string, entries: readonly [string, T][], path: string): T {
  checkType(typeof path === 'string', op, 'path', 'text', path);
  const found = entries.find(([name]) => name === path) ?? entries.find(([name]) => name === snakeCase(path));
  checkType(found !== undefined, op, 'path', `one of ${show(entries.map(([name]) => name))}`, path);
  return found![1];
}

function register(op: string, module: Module<unknown>, name: string, value: unknown): void {
  const isName = typeof name === 'string' && name !== '' && !name.includes('.');
  checkType(isName, op, 'name', 'text without a dot', name);
  const fields = module as unknown as Record<string, unknown>;
  checkType((fields[name] ?? null) === null, op, 'name', 'one that the module has not got yet', name);
  fields[name] = value;
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function snakeCase(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
}

function unique<T>(entries: [string, T][]): [string, T][] {
  const seen = new Set<T>();
  return entries.filter(([, value]) => !seen.has(value) && seen.add(value));
}

function hostCopy(tensor: Tensor<DType>): Tensor<DType> {
  if (tensor.device === 'cpu') return tensor.copy();
  return new Tensor(hostOf(tensor.data), tensor.shape, tensor.dtype);
}

/** The elements that `value` gives `tensor`, checked. */
function valuesFor(name: string, tensor: Tensor<DType>, value: TensorLike): ArrayOf[DType] {
  const isTensorLike =
    typeof value === 'object' && value !== null && Array.isArray(value.shape) && 'data' in value;
  checkType(isTensorLike, 'loadStateDict', name, 'a tensor', value);
  const fits =
    value.shape.length === tensor.ndim &&
    value.shape.every((length, d) => length === tensor.shape[d]) &&
    value.data.length === tensor.size;
  if (!fits) {
    throw new ShapeError(
      `[loadStateDict] expected ${name} to be of shape [${tensor.shape.join(', ')}] but received ${show(value.shape)}`,
    );
  }
  return convert(hostOf(value.data as ArrayOf[DType]), tensor.dtype);
}
