/** The forward pass of the MNIST CNN, eager and captured, beside onnxruntime-node on the exported model. */
import { Generator, compileForward, fromTypedArray, manualSeed, noGrad } from '@org/lr-native';
import { InferenceModel, exportOnnx } from '@org/lr-onnx';
import type { Case } from '../case.ts';
import { mnist } from '../models.mjs';

export const inference: Case[] = [1, 64].flatMap((batch) =>
  [true, false].map((isCaptured) => {
    const shape = [batch, 1, 28, 28];
    const input = () =>
      fromTypedArray(new Generator(0).uniform_(new Float32Array(batch * 784), -1, 1), shape);
    const model = () => {
      manualSeed(0);
      return mnist().eval();
    };
    return {
      name: `inference MNIST CNN, batch ${batch}${isCaptured ? '' : ', eager'}`,
      threads: [1, 2],
      ...(isCaptured ? { goal: 1 } : {}),
      against: 'onnxruntime',
      ours: () => {
        const net = model();
        const x = input();
        const predict = compileForward(net);
        return isCaptured ? () => predict(x) : () => noGrad(() => net.forward(x));
      },
      peer: async (threads: number) => {
        const session = await InferenceModel.load(await exportOnnx(model(), { inputShape: shape }), {
          intraOpNumThreads: threads,
        });
        const x = input();
        return () => session.run(x);
      },
    };
  }),
);
