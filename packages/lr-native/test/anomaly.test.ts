import { describe, expect, it } from 'vitest';
import {
  AnomalyError,
  F,
  Function,
  Tensor,
  detectAnomaly,
  isAnomalyEnabled,
  setDetectAnomaly,
  tensor,
} from '../src/index.ts';

const leaf = (values: number[]): Tensor => tensor(values, { requiresGrad: true });

function caught(fn: () => unknown, options = {}): AnomalyError {
  try {
    detectAnomaly(fn, options);
  } catch (error) {
    expect(error).toBeInstanceOf(AnomalyError);
    expect(isAnomalyEnabled()).toBe(false);
    return error as AnomalyError;
  }
  throw new Error('no anomaly');
}

describe('anomaly mode', () => {
  it('names the op that first made NaN in the forward pass', () => {
    const error = caught(() => F.relu(F.log(leaf([1, -1]).mul(2)).add(1)).sum());
    expect([error.op, error.phase]).toEqual(['log', 'forward']);
    expect(error.message).toBe('[log] expected the result to be without NaN but received NaN at element 1');
  });

  it('says where NaN was in what an op was given', () => {
    const error = caught(() => leaf([1, NaN]).mul(2));
    expect([error.op, error.phase]).toEqual([null, 'forward']);
    expect(error.message).toContain('but received NaN at element 1, since input 0 has NaN at element 1');
    const bad = F.log(leaf([-1]));
    expect(caught(() => bad.mul(2)).op).toBe('log');
  });

  it('names the op that first made NaN in the backward pass, and where it was called', () => {
    const x = leaf([0, 1]);
    const error = caught(() => {
      const root = F.sqrt(x); // its gradient at 0 is infinite
      root
        .mul(tensor([0, 1]))
        .sum()
        .backward(); // 0 / 0
    });
    expect([error.op, error.phase]).toEqual(['sqrt', 'backward']);
    expect(error.message).toMatch(
      /^\[backward\] expected the gradient of input 0 of sqrt to be without NaN but received NaN at element 0; sqrt was called here:\n/,
    );
    expect(error.forwardStack).toContain('anomaly.test.ts');
    expect(x.grad).toBeNull();
  });

  it('says that a gradient had NaN before any op saw it', () => {
    const error = caught(() =>
      leaf([1])
        .mul(2)
        .backward(tensor([NaN])),
    );
    expect([error.op, error.phase]).toEqual([null, 'backward']);
    expect(error.message).toContain('expected the gradient of the result of mul to be without NaN');
  });

  it('looks at user-defined functions', () => {
    class Bad extends Function {
      static forward(_: unknown, x: Tensor): Tensor {
        return x.mul(1);
      }
      static backward(): Tensor {
        return tensor(Float32Array.of(NaN), { shape: [1] });
      }
    }
    expect(caught(() => Bad.apply(leaf([1])).backward()).op).toBe('Bad');
  });

  it('minds infinities where asked', () => {
    const divide = (): Tensor => leaf([1]).div(0);
    expect(detectAnomaly(divide).item()).toBe(Infinity);
    const error = caught(divide, { infinity: true });
    expect([error.op, error.message]).toEqual([
      'div',
      '[div] expected the result to be finite but received Infinity at element 0',
    ]);
  });

  it('can be turned on and off, and is off by default', () => {
    expect(isAnomalyEnabled()).toBe(false);
    expect(F.log(tensor([-1])).item()).toBeNaN();
    setDetectAnomaly(true);
    try {
      expect(() => F.log(tensor([-1]))).toThrow(AnomalyError);
      expect(detectAnomaly(() => isAnomalyEnabled())).toBe(true);
      expect(isAnomalyEnabled()).toBe(true);
    } finally {
      setDetectAnomaly(false);
    }
    expect(F.log(tensor([-1])).item()).toBeNaN();
  });

  it('has clear errors', () => {
    expect(() => detectAnomaly(async () => 1)).toThrow(
      '[detectAnomaly] expected fn to be synchronous but received a promise',
    );
    expect(() => setDetectAnomaly(1 as never)).toThrow(
      '[setDetectAnomaly] expected mode to be true or false but received 1',
    );
  });
});
