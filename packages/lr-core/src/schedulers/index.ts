export * from './cosine-annealing-lr.ts';
export * from './lambda-lr.ts';
export { registerLambda, type LrLambda } from './lambdas.ts';
export * from './multi-step-lr.ts';
export * from './reduce-lr-on-plateau.ts';
export * from './step-lr.ts';
