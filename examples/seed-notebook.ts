/**
 * A PyTorch notebook on optimizers and learning-rate schedulers, cell by cell in TypeScript, with the output it prints.
 *
 *     npx tsx examples/seed-notebook.ts        then: tensorboard --logdir LR_Logs
 */
import {
  Adam,
  CosineAnnealingLR,
  exactMath,
  LambdaLR,
  MultiStepLR,
  ReduceLROnPlateau,
  SGD,
  StepLR,
  type Optimizer,
} from '@org/lr-core';
import { nn } from '@org/lr-native';
import { SummaryWriter } from '@org/lr-tensorboard';

/** Linear acts on the last dimension of the convolution's 4-D output. */
const lrTest = (): nn.Sequential => new nn.Sequential(new nn.Conv2d(64, 10, 3), new nn.Linear(10, 3));

/** A number as Python prints a float: 1e-05, 0.0. */
function python(value: number): string {
  const [digits, exponent] = value.toExponential().split('e') as [string, string];
  const power = Number(exponent);
  if (value !== 0 && (power < -4 || power >= 16)) {
    return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  }
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

// Optimizers

const model1 = lrTest();
const model2 = lrTest();
const describe = (name: string, optimizer: Optimizer): void => {
  console.log(`${name}:`);
  console.log(optimizer.defaults);
  console.log(optimizer.paramGroups.length);
  console.log(Object.keys(optimizer.paramGroups[0]!));
};

// One model's parameters
describe('Optimizer1', new Adam(model1.parameters(), { lr: 1e-2 }));
// Two models' parameters together
describe('Optimizer2', new Adam([...model2.parameters(), ...model1.parameters()], { lr: 1e-2 }));
// Two models with different learning rates
describe(
  'Optimizer3',
  new Adam([
    { params: model1.parameters(), lr: 1e-2 },
    { params: model2.parameters(), lr: 1e-3 },
  ]),
);

// Schedulers

const writer = new SummaryWriter({ logDir: 'LR_Logs' });

/** What a loop trains and prints: `step` is the scheduler's. */
interface Run {
  name: string;
  tag: string;
  optimizer: Optimizer;
  step: () => void;
}

/** Each epoch: train, step the optimizer, print and log its learning rate, step the scheduler. */
function loop(initialLr: number, epochs: number, runs: Run[]): void {
  console.log(`初始化的learning_rate为${python(initialLr)}`);
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const { optimizer } of runs) {
      optimizer.zeroGrad();
      optimizer.step();
    }
    for (const { name, tag, optimizer } of runs) {
      const { lr } = optimizer.paramGroups[0]!;
      console.log(`${name}情况下：第${epoch + 1}次训练的学习率为${python(lr)}`);
      writer.addScalar(tag, lr, epoch);
    }
    for (const { step } of runs) step();
  }
}

{
  // LambdaLR: the learning rate times lambda(epoch). `0.9 ** 4` in JavaScript is not the double nearest to 0.9⁴, and
  // differs between engines; exactMath.pow is, in all of them (docs/cli.md, "Why exactMath.pow").
  const lr = 1e-2;
  const model = lrTest();
  const stable = new SGD(model.parameters(), { lr });
  const flexible = new SGD(model.parameters(), { lr });
  const flexibleScheduler = new LambdaLR(flexible, { lrLambda: (epoch) => 1 / (epoch + 1) });
  const stableScheduler = new LambdaLR(stable, { lrLambda: (epoch) => exactMath.pow(0.9, epoch) });
  loop(lr, 10, [
    { name: 'Stable', tag: 'Lambda_Stable_LR', optimizer: stable, step: () => stableScheduler.step() },
    {
      name: 'Flexible',
      tag: 'Lambda_Flexible_LR',
      optimizer: flexible,
      step: () => flexibleScheduler.step(),
    },
  ]);
}
{
  const lr = 1e-2;
  const optimizer = new SGD(lrTest().parameters(), { lr });
  const scheduler = new StepLR(optimizer, { stepSize: 5, gamma: 0.1 });
  loop(lr, 20, [{ name: 'Step', tag: 'Step_LR', optimizer, step: () => scheduler.step() }]);
}
{
  const lr = 1e-2;
  const optimizer = new SGD(lrTest().parameters(), { lr });
  const scheduler = new MultiStepLR(optimizer, { milestones: [2, 7, 15], gamma: 0.05 });
  loop(lr, 20, [{ name: 'MultiStep', tag: 'MultiStep_LR', optimizer, step: () => scheduler.step() }]);
}
{
  const lr = 1e-1;
  const optimizer = new SGD(lrTest().parameters(), { lr });
  const scheduler = new CosineAnnealingLR(optimizer, { tMax: 4, etaMin: 0 });
  loop(lr, 20, [
    { name: 'CosineAnnealing', tag: 'CosineAnnealing_LR', optimizer, step: () => scheduler.step() },
  ]);
}
{
  const lr = 1e-3;
  const optimizer = new SGD(lrTest().parameters(), { lr });
  const scheduler = new ReduceLROnPlateau(optimizer, {
    mode: 'min',
    factor: 0.05,
    patience: 2,
    verbose: false,
  });
  loop(lr, 20, [
    { name: 'ReduceLROnPlateau', tag: 'ReduceLROnPlateau_LR', optimizer, step: () => scheduler.step(2) },
  ]);
}
writer.close();
