/** Functions of the user's own, with a gradient of their own: `Function`, as `torch.autograd.Function`. */
import { ArgumentError, ShapeError, StateError, checkBoolean, checkType, show } from '@org/lr-core';
import { checkForward, isAnomalyEnabled } from './anomaly.ts';
import { Node, isGradEnabled, noGrad } from './autograd.ts';
import { refuseCapture } from './capture.ts';
import { zeros } from './creation.ts';
import type { DType, RealArray } from './dtype.ts';
import { sum } from './ops/reduce.ts';
import { Tensor, sameShape } from './tensor.ts';

/** What forward leaves to backward: tensors through saveForBackward, anything else as properties. */
export interface FunctionContext {
  /** By argument of forward, whether it wants a gradient; in backward, whether this pass does. */
  needsInputGrad: readonly boolean[];
  /** What saveForBackward keeps. @throws StateError once the graph is freed */
  readonly savedTensors: readonly Tensor[];
  /** Keeps tensors, inputs or outputs, for a backward that refuses to run where one has been changed in place. */
  saveForBackward(...tensors: readonly Tensor<DType>[]): void;
  /** Outputs that have no gradient, such as masks; those of integers never have. */
  markNonDifferentiable(...outputs: readonly Tensor<DType>[]): void;
  /** Whether backward gets zeros (default) or null for an output that nothing used. */
  setMaterializeGrads(value: boolean): void;
  [property: string]: unknown;
}

type Gradient = Tensor<DType> | null | undefined;

/** The two halves of a function: static members of its class, or instance members. */
export interface FunctionRule<Args extends readonly unknown[], Returned> {
  forward(ctx: FunctionContext, ...args: Args): Returned;
  /** @param gradOutputs as many as forward returns */
  backward(ctx: FunctionContext, ...gradOutputs: never[]): Gradient | readonly Gradient[];
}

export type FunctionClass<Args extends readonly unknown[], Returned> = { readonly name: string } & (
  FunctionRule<Args, Returned> | (new () => FunctionRule<Args, Returned>)
);

/**
 * A function with a gradient of its own; there are no gradients of gradients. A subclass has a static
 * `forward(ctx, ...args)`, which computes unrecorded and returns a tensor or an array with several, and a static
 * `backward(ctx, ...gradOutputs)`, which returns the gradient of each argument, null for one that has none. Where they
 * are methods, each call has an instance of its own. As `torch.autograd.Function`.
 *
 * @example
 * class Cube extends Function {
 *   static forward(ctx: FunctionContext, x: Tensor): Tensor {
 *     ctx.saveForBackward(x);
 *     return x.mul(x).mul(x);
 *   }
 *   static backward(ctx: FunctionContext, gradOutput: Tensor): Tensor {
 *     const [x] = ctx.savedTensors as [Tensor];
 *     return x.mul(x).mul(3).mul(gradOutput);
 *   }
 * }
 * const y = Cube.apply(x);
 */
export abstract class Function {
  /**
   * What forward returns for `args`, recorded as one op.
   *
   * @throws ArgumentError where the class lacks forward or backward; in the backward pass ArgumentError and ShapeError
   *   where backward does not return a gradient that fits for each argument that wants one
   */
  static apply<Args extends readonly unknown[], Returned>(
    this: FunctionClass<Args, Returned>,
    ...args: Args
  ): Returned {
    return new Call(this as FunctionClass<readonly unknown[], unknown>, args).run() as Returned;
  }
}

class Context implements FunctionContext {
  [property: string]: unknown;
  needsInputGrad: readonly boolean[];
  saved: readonly Tensor<DType>[] | null = [];
  materializes = true;
  readonly nonDifferentiable = new Set<unknown>();

  constructor(needsInputGrad: readonly boolean[]) {
    this.needsInputGrad = needsInputGrad;
  }

  get savedTensors(): readonly Tensor[] {
    if (this.saved === null) {
      throw new StateError('[savedTensors] expected a graph that is still there but it has been freed');
    }
    return this.saved as readonly Tensor[];
  }

  saveForBackward(...tensors: readonly Tensor<DType>[]): void {
    tensors.forEach((tensor, i) =>
      checkType(tensor instanceof Tensor, 'saveForBackward', `tensors[${i}]`, 'a Tensor', tensor),
    );
    this.saved = tensors;
  }

  markNonDifferentiable(...outputs: readonly Tensor<DType>[]): void {
    for (const output of outputs) this.nonDifferentiable.add(output);
  }

  setMaterializeGrads(value: boolean): void {
    checkBoolean('setMaterializeGrads', 'value', value);
    this.materializes = value;
  }
}

/** One call of a function: its two halves, its arguments, its place on the tape. */
class Call {
  readonly #name: string;
  readonly #rule: FunctionRule<readonly unknown[], unknown>;
  readonly #args: readonly unknown[];
  readonly #ctx: Context;
  /** Positions of the arguments that want a gradient: the inputs of the node. */
  readonly #wanting: readonly number[];
  #outputs: readonly unknown[] = [];

  constructor(definition: FunctionClass<readonly unknown[], unknown>, args: readonly unknown[]) {
    const isStatic = 'forward' in definition;
    this.#name = definition.name;
    this.#rule = isStatic ? definition : new definition();
    for (const half of ['forward', 'backward'] as const) {
      const method: unknown = this.#rule[half];
      checkType(typeof method === 'function', this.#name, half, 'a method of the class', method);
    }
    this.#args = args;
    const needs = args.map((value) => isGradEnabled() && value instanceof Tensor && value.requiresGrad);
    this.#wanting = needs.flatMap((need, i) => (need ? [i] : []));
    this.#ctx = new Context(needs);
  }

  run(): unknown {
    refuseCapture(`the function ${this.#name}, which is JavaScript`);
    const returned = noGrad(() => this.#rule.forward(this.#ctx, ...this.#args));
    // Tensors of their own, so that an argument that is returned as it is stays what it was.
    const own = (value: unknown): unknown => {
      if (!(value instanceof Tensor)) return value;
      const output = value.detach();
      if (this.#ctx.nonDifferentiable.has(value)) this.#ctx.markNonDifferentiable(output);
      return output;
    };
    const isList = Array.isArray(returned);
    this.#outputs = (isList ? (returned as unknown[]) : [returned]).map(own);
    this.#record();
    return isList ? this.#outputs : this.#outputs[0];
  }

  #record(): void {
    const inputs = this.#wanting.map((i) => this.#args[i] as Tensor);
    const differentiable = this.#outputs.flatMap((output, i) => (this.#hasGradient(output) ? [i] : []));
    if (isAnomalyEnabled()) {
      for (const i of differentiable) checkForward(this.#name, inputs, (this.#outputs[i] as Tensor).data);
    }
    if (inputs.length === 0) return;
    const release = (): void => {
      this.#ctx.saved = null;
    };
    const join = (output: Tensor, node: Node): void => {
      output.requiresGrad = true;
      output.gradFn = node;
    };
    if (this.#outputs.length === 1) {
      const [output] = this.#outputs as [Tensor];
      if (differentiable.length === 0) return;
      const node = new Node(this.#name, inputs, (dy, needs) => this.#backward([dy], needs), release, {});
      this.#save(node);
      join(output, node);
      return;
    }
    // Each output has a node that leaves its gradient here for the one node of the call, which runs after them all.
    const gradients = new Array<RealArray | null>(this.#outputs.length).fill(null);
    let pass = 0;
    const node = new Node(
      this.#name,
      inputs,
      (_, needs) => {
        const given = [...gradients];
        gradients.fill(null);
        return this.#backward(given, needs);
      },
      release,
      {},
    );
    this.#save(node);
    const call = new Tensor(new Float32Array(1), []);
    join(call, node);
    for (const i of differentiable) {
      const leave = new Node(
        this.#name,
        [call],
        (dy) => {
          if (pass !== node.visit) gradients.fill(null);
          pass = node.visit;
          gradients[i] = dy.slice();
          return [new Float32Array(1)];
        },
        null,
        {},
      );
      join(this.#outputs[i] as Tensor, leave);
    }
  }

  #hasGradient(output: unknown): output is Tensor {
    if (!(output instanceof Tensor) || this.#ctx.nonDifferentiable.has(output)) return false;
    return output.dtype === 'float32' || output.dtype === 'float64';
  }

  #save(node: Node): void {
    this.#ctx.saved!.forEach((tensor, i) => {
      const at = this.#args.indexOf(tensor);
      node.save(at < 0 ? `saved tensor ${i}` : at, tensor);
    });
  }

  /** @param gradients of the outputs; null for what nothing used */
  #backward(gradients: readonly (RealArray | null)[], needs: readonly boolean[]): (RealArray | null)[] {
    const ctx = this.#ctx;
    ctx.needsInputGrad = this.#args.map((_, i) => needs[this.#wanting.indexOf(i)] ?? false);
    const gradOutputs = this.#outputs.map((output, i) => {
      if (!(output instanceof Tensor)) return null;
      const gradient = gradients[i];
      if (gradient != null) return new Tensor<DType>(gradient.slice() as RealArray, output.shape);
      return ctx.materializes
        ? zeros(output.shape, { dtype: output.dtype as DType, device: output.device })
        : null;
    });
    const returned = noGrad(() => this.#rule.backward(ctx, ...(gradOutputs as never[])));
    const list: readonly Gradient[] = Array.isArray(returned) ? returned : [returned];
    const extra = list.slice(this.#args.length);
    if (list.length < this.#args.length || extra.some((gradient) => gradient != null)) {
      throw new ArgumentError(
        `[${this.#name}] expected backward to return a gradient for each of ${this.#args.length} arguments but received ${list.length}`,
      );
    }
    return this.#wanting.map((i, k) =>
      needs[k] && list[i] != null ? this.#fitted(i, list[i], this.#args[i] as Tensor) : null,
    );
  }

  /** The gradient of argument `i`, summed over what the argument broadcasts along; a new array. */
  #fitted(i: number, gradient: Tensor<DType>, input: Tensor): RealArray {
    const isFloat = gradient instanceof Tensor && gradient.dtype === input.dtype;
    checkType(isFloat, this.#name, `gradient ${i} of backward`, `a ${input.dtype} Tensor or null`, gradient);
    if (sameShape(gradient.shape, input.shape)) return gradient.data.slice() as RealArray;
    const lead = gradient.ndim - input.ndim;
    const broadcasts =
      lead >= 0 && input.shape.every((length, d) => length === 1 || length === gradient.shape[lead + d]);
    if (!broadcasts) {
      throw new ShapeError(
        `[${this.#name}] expected gradient ${i} of backward to be of shape ${show(input.shape)} but received ${show(gradient.shape)}`,
      );
    }
    const repeated = gradient.shape.flatMap((_, d) => (d < lead || input.shape[d - lead] === 1 ? [d] : []));
    return noGrad(() => sum(gradient as Tensor, { dim: repeated })).data.slice();
  }
}
