import { ArgumentError, ArgumentRangeError } from '@org/lr-core';
import { describe, expect, it } from 'vitest';
import { F, Function, GradCheckError, Tensor, gradCheck, noGrad, tensor } from '../../src/index.ts';
import type { DType, FunctionContext } from '../../src/index.ts';

type Double = Tensor<'float64'>;

const double = (values: number[], shape = [values.length], requiresGrad = true): Double =>
  tensor(Float64Array.from(values), { shape, requiresGrad });

/** x · x, with a backward that multiplies by `slope` · x. */
class Square extends Function {
  static forward(ctx: FunctionContext, x: Double, slope: () => number): Double {
    ctx.saveForBackward(x);
    ctx.slope = slope;
    return tensor(
      x.data.map((value) => value * value),
      { shape: x.shape },
    );
  }
  static backward(ctx: FunctionContext, gradient: Double): [Double, null] {
    const [x] = ctx.savedTensors as unknown as [Double];
    const slope = (ctx.slope as () => number)();
    return [
      tensor(
        x.data.map((value, i) => slope * value * gradient.data[i]!),
        { shape: x.shape },
      ),
      null,
    ];
  }
}

describe('gradCheck', () => {
  it('agrees where a gradient is right', () => {
    const x = double([0.3, -0.7, 1.2, 0.4, -0.2, 0.9], [2, 3]);
    const before = [...x.data];
    expect(gradCheck((input) => F.tanh(input), [x])).toBe(true);
    expect(
      gradCheck(
        (a: Double, w: Double, b: Double) => [F.sigmoid(F.linear(a, w, b)), F.exp(b)],
        [x, double([0.1, 0.2, 0.3, -0.4, 0.5, -0.6], [2, 3]), double([1, -1])],
      ),
    ).toBe(true);
    expect([...x.data]).toEqual(before);
    expect(x.grad).toBeNull();
  });

  it('takes inputs without gradients, numbers, and works within noGrad', () => {
    const call = (x: Double, slope: () => number): Double => Square.apply(x, slope);
    expect(gradCheck(call, [double([1, 2]), () => 2])).toBe(true);
    expect(noGrad(() => gradCheck(call, [double([1, 2]), () => 2]))).toBe(true);
    expect(
      gradCheck((a: Double, b: Double) => F.mseLoss(a, b), [double([1, 2]), double([3, 5], [2], false)]),
    ).toBe(true);
  });

  it('names output, input, element and both values where it is wrong', () => {
    const wrong = (x: Double): Double[] => [F.exp(x), Square.apply(x, () => 3)];
    const x = double([1, 2], [2, 1]);
    expect(() => gradCheck(wrong, [x])).toThrow(GradCheckError);
    expect(() => gradCheck(wrong, [x])).toThrow(
      /^\[gradCheck\] expected the gradient of output 1 at \[0, 0\] with respect to input 0 at \[0, 0\] to be (2|2\.0{6}\d+|1\.9{6}\d+) by differences but received 3$/,
    );
    expect(gradCheck(wrong, [x], { raiseException: false })).toBe(false);
    expect(gradCheck(wrong, [x], { rtol: 0.6 })).toBe(true);
  });

  it('notices a gradient that is missing, and one that changes', () => {
    class Cut extends Function {
      static forward(_: FunctionContext, x: Double): Double {
        return tensor(
          x.data.map((value) => 3 * value),
          { shape: x.shape },
        );
      }
      static backward(): null {
        return null;
      }
    }
    expect(() => gradCheck((x: Double) => Cut.apply(x), [double([1])])).toThrow(
      /by differences but received 0$/,
    );
    expect(() => gradCheck((x: Double) => F.exp(x).detach(), [double([1])])).toThrow(GradCheckError);
    let calls = 0;
    const unsteady = (x: Double): Double => Square.apply(x, () => 2 + calls++ * 1e-9);
    expect(() => gradCheck(unsteady, [double([1])])).toThrow(
      /to be the same in each backward pass but received/,
    );
    expect(gradCheck(unsteady, [double([1])], { nondetTol: 1e-6 })).toBe(true);
  });

  it('has clear errors', () => {
    const same = (x: Tensor<DType>): Tensor<DType> => x;
    expect(() => gradCheck(same, [tensor([1], { requiresGrad: true })])).toThrow(
      '[gradCheck] expected inputs[0] to be a float64 Tensor but received a Tensor of float32',
    );
    expect(() => gradCheck(same, [double([1], [1], false)])).toThrow(
      '[gradCheck] expected inputs to be at least one Tensor that requires a gradient',
    );
    expect(() => gradCheck(1 as never, [])).toThrow(
      '[gradCheck] expected fn to be a function but received 1',
    );
    expect(() => gradCheck(same, double([1]) as never)).toThrow(ArgumentError);
    expect(() => gradCheck((() => 1) as never, [double([1])])).toThrow(
      '[gradCheck] expected output 0 of fn to be a Tensor but received 1',
    );
    expect(() => gradCheck(same, [double([1])], { eps: 0 })).toThrow(ArgumentRangeError);
    expect(() => gradCheck(same, [double([1])], { atol: -1 })).toThrow(
      '[gradCheck] expected atol to be a number >= 0 but received -1',
    );
  });
});
