import { checkType } from '@org/lr-core';
import type { Tensor } from '../tensor.ts';
import { Module } from './module.ts';

/**
 * Modules one after another, named 0, 1, … As `torch.nn.Sequential`.
 *
 * @throws ArgumentError where an argument is not a module
 */
export class Sequential extends Module implements Iterable<Module> {
  private readonly layers: readonly Module[];

  constructor(...modules: readonly Module[]) {
    super();
    modules.forEach((module, i) =>
      checkType(module instanceof Module, 'Sequential', `modules[${i}]`, 'a Module', module),
    );
    this.layers = modules;
  }

  override namedChildren(): [string, Module][] {
    return this.layers.map((module, i) => [String(i), module]);
  }

  get length(): number {
    return this.layers.length;
  }

  /** The module at `index`, counted from the end where it is negative. */
  at(index: number): Module | undefined {
    return this.layers.at(index);
  }

  [Symbol.iterator](): Iterator<Module> {
    return this.layers[Symbol.iterator]();
  }

  forward(x: Tensor): Tensor {
    let y = x;
    for (const module of this.layers) y = module.forward(y);
    return y;
  }
}
