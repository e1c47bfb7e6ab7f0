import { describe, expect, it } from 'vitest';
import { Tensor, manualSeed, nn, ones, tensor } from '../src/index.ts';

const random = (...shape: number[]): Tensor => {
  const x = tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), { shape });
  x.data.forEach((_, i) => (x.data[i] = Math.fround(((i * 37) % 17) / 17 - 0.5)));
  return x;
};

describe('MultiheadAttention', () => {
  it('sees the past only where it is causal, mask or none', () => {
    manualSeed(1);
    const attention = new nn.MultiheadAttention(4, 2, { batchFirst: true });
    const x = random(2, 3, 4);
    const [y, weights] = attention.forward(x, x, x, { isCausal: true, averageAttnWeights: false });
    expect(weights!.shape).toEqual([2, 2, 3, 3]);
    weights!.data.forEach((weight, i) => expect(weight === 0).toBe(i % 3 > Math.floor(i / 3) % 3));
    const mask = tensor<'bool'>(Uint8Array.of(0, 1, 1, 0, 0, 1, 0, 0, 0) as never, {
      shape: [3, 3],
      dtype: 'bool',
    });
    expect(attention.forward(x, x, x, { attnMask: mask })[0].data).toEqual(y.data);
    const [fast, none] = attention.forward(x, x, x, { isCausal: true, needWeights: false });
    expect(none).toBeNull();
    fast.data.forEach((value, i) => expect(Math.abs(value - y.data[i]!)).toBeLessThan(8 * 2 ** -24));
  });

  it('prints, copies and lists its parts as PyTorch does', () => {
    const attention = new nn.MultiheadAttention(4, 2, { addBiasKv: true });
    expect(attention.clone().stateDict()).toEqual(attention.stateDict());
    expect(attention.children()).toEqual([attention.outProj]);
    expect(attention.namedParameters().map(([name]) => name)).toEqual([
      'in_proj_weight',
      'in_proj_bias',
      'bias_k',
      'bias_v',
      'out_proj.weight',
      'out_proj.bias',
    ]);
    expect(String(attention)).toContain('(out_proj): Linear(inFeatures=4, outFeatures=4, bias=true)');
  });
});

describe('TransformerEncoder', () => {
  it('has layers of its own that begin alike', () => {
    const layer = new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 8, batchFirst: true });
    const encoder = new nn.TransformerEncoder(layer, 3);
    expect(encoder.layers.length).toBe(3);
    const [first, second] = [...encoder.layers];
    expect(first!.stateDict()).toEqual(layer.stateDict());
    expect(second!.linear1.weight).not.toBe(first!.linear1.weight);
    expect(Object.keys(encoder.stateDict()).filter((name) => name.startsWith('layers.2.self_attn'))).toEqual([
      'layers.2.self_attn.in_proj_weight',
      'layers.2.self_attn.in_proj_bias',
      'layers.2.self_attn.out_proj.weight',
      'layers.2.self_attn.out_proj.bias',
    ]);
  });

  it('takes a function as activation, and learns', () => {
    manualSeed(0);
    const layer = new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 8, activation: (x) => x.relu() });
    const encoder = new nn.TransformerEncoder(layer, 2).eval();
    encoder
      .forward(ones([3, 2, 4]), { isCausal: true })
      .sum()
      .backward();
    expect(encoder.parameters().every(({ grad }) => grad !== null)).toBe(true);
  });
});
