/** Deep copies of modules: what is copied and what is shared is said at Module.clone. */
import { StateError } from '@org/lr-core';
import type { DType } from '../dtype.ts';
import { Tensor } from '../tensor.ts';
import { Module } from './module.ts';
import { copyHooks } from './module-hooks.ts';
import { Buffer, Parameter } from './parameter.ts';

export function cloneOf<M extends Module<unknown>>(module: M): M {
  return copy(module, new Map()) as M;
}

/** @param copies of what has been met, by original */
function copy(value: unknown, copies: Map<object, unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (copies.has(value)) return copies.get(value);
  const note = <T>(made: T): T => {
    copies.set(value, made);
    return made;
  };
  if (value instanceof Tensor) return note(copyTensor(value as Tensor<DType>));
  if (value instanceof Module) {
    const made = note(Object.create(Object.getPrototypeOf(value) as object) as Module);
    for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(value))) {
      if ('value' in descriptor) descriptor.value = copy(descriptor.value, copies);
      Object.defineProperty(made, key, descriptor);
    }
    copyHooks(value, made);
    return made;
  }
  if (Array.isArray(value)) {
    const made = note([] as unknown[]);
    for (const item of value) made.push(copy(item, copies));
    return made;
  }
  if (value instanceof Map) {
    const made = note(new Map());
    for (const [key, item] of value) made.set(copy(key, copies), copy(item, copies));
    return made;
  }
  if (value instanceof Set) {
    const made = note(new Set());
    for (const item of value) made.add(copy(item, copies));
    return made;
  }
  if (ArrayBuffer.isView(value)) return note(structuredClone(value));
  if (Object.getPrototypeOf(value) === Object.prototype) {
    const made = note({} as Record<string, unknown>);
    for (const [key, item] of Object.entries(value)) made[key] = copy(item, copies);
    return made;
  }
  return value;
}

function copyTensor(tensor: Tensor<DType>): Tensor<DType> {
  if (tensor.gradFn !== null) {
    throw new StateError(
      `[clone] expected fields that are no results of ops but received one of ${tensor.gradFn.op}`,
    );
  }
  const made = copyOf(tensor);
  if (tensor.name !== undefined) made.name = tensor.name;
  return made;
}

function copyOf(tensor: Tensor<DType>): Tensor<DType> {
  if (tensor instanceof Parameter) return new Parameter(tensor.copy(), tensor.requiresGrad);
  if (tensor instanceof Buffer) return new Buffer(tensor.copy(), (tensor as Buffer<DType>).persistent);
  const made = tensor.copy();
  if (tensor.requiresGrad) made.requiresGrad = true;
  return made;
}
