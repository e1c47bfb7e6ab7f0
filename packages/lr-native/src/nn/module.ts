/**
 * The base of all modules. A module's fields are its registry: a field that holds a Parameter, a Buffer or a Module is
 * one of its parameters, buffers or children, in the order of assignment.
 *
 * Names are PyTorch's, so that weights can be exchanged: `0.weight`, and `running_mean` for the field runningMean.
 */
import { ArgumentError, ShapeError, checkBoolean, checkType, show } from '@org/lr-core';
import type { Device } from '../device.ts';
import { checkDevice } from '../device.ts';
import { convert } from '../dtype.ts';
import type { ArrayOf, DType } from '../dtype.ts';
import { Tensor } from '../tensor.ts';
import type { TensorJson } from '../tensor.ts';
import { changed } from '../versions.ts';
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
 */
export abstract class Module {
  /** Whether the module trains, which dropout and batch norm ask. Set by train() and eval(). */
  training = true;

  /** The output for the given inputs. */
  abstract forward(...inputs: readonly Tensor<DType>[]): Tensor;

  /** Direct children by name. */
  namedChildren(): [string, Module][] {
    return fieldsOf(this, Module);
  }

  children(): Module[] {
    return this.namedChildren().map(([, child]) => child);
  }

  /** This module and all below it, parents first, each once; names are paths, '' for this one. */
  namedModules(prefix = '', seen = new Set<Module>()): [string, Module][] {
    if (seen.has(this)) return [];
    seen.add(this);
    const below = this.namedChildren().flatMap(([name, child]) =>
      child.namedModules(join(prefix, name), seen),
    );
    return [[prefix, this], ...below];
  }

  modules(): Module[] {
    return this.namedModules().map(([, module]) => module);
  }

  /** Every parameter with its path, such as `0.weight`; one shared by two modules appears once. */
  namedParameters(): [string, Parameter][] {
    return unique(this.entries(Parameter));
  }

  parameters(): Parameter[] {
    return this.namedParameters().map(([, parameter]) => parameter);
  }

  namedBuffers(): [string, Buffer<DType>][] {
    return unique(this.entries(Buffer<DType>));
  }

  buffers(): Buffer<DType>[] {
    return this.namedBuffers().map(([, buffer]) => buffer);
  }

  /** Copies of all parameters and persistent buffers, by path. */
  stateDict(): StateDict {
    return Object.fromEntries(this.state().map(([name, tensor]) => [name, tensor.copy()]));
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
    const given = new Map(Object.entries(state).map(([key, value]) => [snakeCase(key), value]));
    const own = this.state();
    const names = new Set(own.map(([name]) => name));
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

  /** Moves parameters and buffers to a device. @throws ArgumentError, DeviceError */
  to(device: Device): this {
    checkDevice('to', device);
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
    fn(this);
    return this;
  }

  /** What stands in the brackets when the module prints: its options. */
  protected extraRepr(): string {
    return '';
  }

  /** The module as a tree, as PyTorch prints it. */
  toString(): string {
    const children = this.namedChildren().map(
      ([name, child]) => `  (${name}): ${child.toString().replaceAll('\n', '\n  ')}`,
    );
    const extra = this.extraRepr();
    if (children.length === 0) return `${this.constructor.name}(${extra})`;
    return [`${this.constructor.name}(${extra}`, ...children, ')'].join('\n');
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  /** Tensors of a kind with their paths, here and below. */
  private entries<T extends Tensor<DType>>(kind: abstract new (...args: never[]) => T): [string, T][] {
    return this.namedModules().flatMap(([path, module]) =>
      fieldsOf(module, kind).map(([name, tensor]): [string, T] => [join(path, name), tensor]),
    );
  }

  private state(): [string, Tensor<DType>][] {
    return this.namedModules().flatMap(([path, module]) => {
      const buffers = fieldsOf(module, Buffer<DType>).filter(([, buffer]) => buffer.persistent);
      const tensors: [string, Tensor<DType>][] = [...fieldsOf(module, Parameter), ...buffers];
      return tensors.map(([name, tensor]): [string, Tensor<DType>] => [join(path, name), tensor]);
    });
  }
}

function fieldsOf<T>(module: Module, kind: abstract new (...args: never[]) => T): [string, T][] {
  return Object.entries(module)
    .filter((entry): entry is [string, T] => entry[1] instanceof kind)
    .map(([field, value]) => [snakeCase(field), value]);
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
  return convert(value.data as ArrayLike<number>, tensor.dtype);
}
