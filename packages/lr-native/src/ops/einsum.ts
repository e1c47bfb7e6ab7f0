import { ArgumentError, checkShape, checkType, message } from '@org/lr-core';
import type { RealDType } from '../dtype.ts';
import type { Tensor } from '../tensor.ts';
import { matmul } from './matmul.ts';
import { checkTensor, checkTensorLike } from './op.ts';
import { permute } from './permute.ts';
import { sum } from './reduce.ts';
import { reshape } from './reshape.ts';

interface Operand<D extends RealDType> {
  readonly x: Tensor<D>;
  readonly labels: string;
}

/** `labels` of an operand that are not in `kept` are summed away. */
function reduceTo<D extends RealDType>({ x, labels }: Operand<D>, kept: string): Operand<D> {
  const dims = [...labels].flatMap((label, d) => (kept.includes(label) ? [] : [d]));
  if (dims.length === 0) return { x, labels };
  return { x: sum(x, { dim: dims }), labels: [...labels].filter((label) => kept.includes(label)).join('') };
}

/** `x` with its dimensions in the order of `order`, grouped into as many as there are strings. */
function arrange<D extends RealDType>({ x, labels }: Operand<D>, groups: readonly string[]): Tensor<D> {
  const order = groups.join('');
  const permuted =
    order === labels
      ? x
      : permute(
          x,
          [...order].map((label) => labels.indexOf(label)),
        );
  const lengths = [...order].map((label) => x.shape[labels.indexOf(label)]!);
  let at = 0;
  const shape = groups.map((group) => lengths.slice(at, (at += group.length)).reduce((a, b) => a * b, 1));
  return reshape(permuted, shape);
}

/** Two operands as one: shared labels that are still needed are batches, the others are summed over. */
function contract<D extends RealDType>(a: Operand<D>, b: Operand<D>, needed: string): Operand<D> {
  const left = reduceTo(a, b.labels + needed);
  const right = reduceTo(b, a.labels + needed);
  const pick = (labels: string, test: (label: string) => boolean): string =>
    [...labels].filter(test).join('');
  const isShared = (label: string): boolean => left.labels.includes(label) && right.labels.includes(label);
  const batch = pick(left.labels, (label) => isShared(label) && needed.includes(label));
  const summed = pick(left.labels, (label) => isShared(label) && !needed.includes(label));
  const rows = pick(left.labels, (label) => !isShared(label));
  const columns = pick(right.labels, (label) => !isShared(label));
  const y = matmul(arrange(left, [batch, rows, summed]), arrange(right, [batch, summed, columns]));
  const lengthOf = (label: string): number =>
    left.labels.includes(label)
      ? left.x.shape[left.labels.indexOf(label)]!
      : right.x.shape[right.labels.indexOf(label)]!;
  const labels = batch + rows + columns;
  return { x: reshape(y, [...labels].map(lengthOf)), labels };
}

/**
 * The sum over products that `equation` names, such as `'bik,bkj->bij'`: letters name dimensions, and those after the
 * arrow stay. Without an arrow, letters that occur once stay, in alphabetical order. As `torch.einsum`, without
 * ellipses and without a letter twice in one operand; operands are contracted from left to right.
 *
 * @throws ArgumentError, ShapeError
 */
export function einsum<D extends RealDType>(equation: string, ...operands: readonly Tensor<D>[]): Tensor<D> {
  const op = 'einsum';
  const expectation = "letters for each operand, such as 'bik,bkj->bij'";
  checkType(typeof equation === 'string', op, 'equation', expectation, equation);
  const [inputs, output, ...rest] = equation.replaceAll(' ', '').split('->');
  const terms = inputs!.split(',');
  const distinct = (term: string): boolean => new Set(term).size === term.length;
  const valid = rest.length === 0 && terms.every((term) => /^[a-zA-Z]*$/.test(term) && distinct(term));
  checkType(valid, op, 'equation', expectation, equation);
  checkType(operands.length === terms.length, op, 'operands', `${terms.length} tensors`, operands.length);
  const lengths = new Map<string, number>();
  operands.forEach((x, i) => {
    const name = `operand ${i}`;
    if (i === 0) checkTensor(op, name, x);
    else checkTensorLike(op, name, x, operands[0]!);
    checkShape(x.ndim === terms[i]!.length, op, name, `of the dimensions ${terms[i]!}`, x.shape);
    [...terms[i]!].forEach((label, d) => {
      const length = lengths.get(label) ?? x.shape[d]!;
      checkShape(length === x.shape[d], op, name, `of length ${length} in dimension ${label}`, x.shape);
      lengths.set(label, length);
    });
  });
  const all = terms.join('');
  const once = [...new Set(all)].filter((label) => all.indexOf(label) === all.lastIndexOf(label));
  const kept = output ?? once.sort().join('');
  if (!distinct(kept) || [...kept].some((label) => !lengths.has(label))) {
    throw new ArgumentError(
      message(op, 'equation', 'one whose output has letters of its operands, once,', equation),
    );
  }
  let y: Operand<D> = { x: operands[0]!, labels: terms[0]! };
  for (let i = 1; i < operands.length; i++) {
    y = contract(y, { x: operands[i]!, labels: terms[i]! }, kept + terms.slice(i + 1).join(''));
  }
  y = reduceTo(y, kept);
  return arrange(y, [...kept]);
}
