import { nn } from '@org/lr-native';
import { operator } from '../operator.ts';

/** Read only: a module that returns its input writes nothing. */
export const Identity = operator({
  opType: 'Identity',
  sinceOpset: 1,
  toModule: () => new nn.Identity(),
});
