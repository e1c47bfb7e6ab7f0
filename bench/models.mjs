/** Models that processes of their own train too (once.mjs), in plain JavaScript: those run without a compiler. */
import { nn } from '@org/lr-native';

export const seed = () => new nn.Sequential(new nn.Conv2d(64, 10, 3), new nn.Linear(10, 3));

export const mnist = () =>
  new nn.Sequential(
    new nn.Conv2d(1, 32, 3),
    new nn.ReLU(),
    new nn.Conv2d(32, 64, 3),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(9216, 128),
    new nn.ReLU(),
    new nn.Linear(128, 10),
  );
