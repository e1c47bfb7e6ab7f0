/** The module that a graph other than a chain is imported as. */
import { nn } from '@org/lr-native';
import type { Tensor } from '@org/lr-native';

/** What one node, or two that belong together, compute from values by name. */
export type Step = { readonly inputs: readonly string[]; readonly output: string } & (
  { readonly module: nn.Module } | { readonly compute: (inputs: readonly Tensor[]) => Tensor }
);

export interface GraphConstant {
  readonly name: string;
  readonly tensor: nn.Parameter | nn.Buffer;
}

/**
 * An imported graph. Its modules are named 0, 1, … in the order of the nodes; weights that are not those of a module are
 * the parameters `weight_0`, `weight_1`, …
 */
export class OnnxGraph extends nn.Module {
  readonly #input: string;
  readonly #output: string;
  readonly #steps: readonly Step[];
  readonly #constants: readonly GraphConstant[];

  constructor(input: string, output: string, steps: readonly Step[], constants: readonly GraphConstant[]) {
    super();
    this.#input = input;
    this.#output = output;
    this.#steps = steps;
    this.#constants = constants;
    constants.forEach(({ tensor }, i) => Object.assign(this, { [`weight_${i}`]: tensor }));
  }

  protected override members(): [string, unknown][] {
    const modules = this.#steps.flatMap((step) => ('module' in step ? [step.module] : []));
    return [...super.members(), ...modules.map((module, i): [string, unknown] => [String(i), module])];
  }

  forward(x: Tensor): Tensor {
    const values = new Map<string, Tensor>([[this.#input, x]]);
    for (const { name, tensor } of this.#constants) values.set(name, tensor);
    for (const step of this.#steps) {
      const inputs = step.inputs.map((name) => values.get(name)!);
      values.set(step.output, 'module' in step ? step.module.forward(...inputs) : step.compute(inputs));
    }
    return values.get(this.#output)!;
  }
}
