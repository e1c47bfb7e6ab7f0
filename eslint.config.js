import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/**
 * `Math.cos`, `Math.exp`, `Math.log` and `Math.pow` differ by ulps between engines, so numeric code takes
 * them from lr-core's exact-math instead (docs/design.md, "What exact means").
 */
const INEXACT_MATH = [
  'acos',
  'asin',
  'atan',
  'cos',
  'cosh',
  'exp',
  'expm1',
  'log',
  'log10',
  'log1p',
  'log2',
  'pow',
  'sin',
  'sinh',
  'tan',
  'tanh',
];

export default defineConfig(
  globalIgnores(['**/dist/', '**/build*/', '**/.turbo/', '**/.test-results/', '**/*_pb.ts', '**/fixtures/']),
  js.configs.recommended,
  tseslint.configs.recommended,
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        performance: 'readonly',
      },
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    rules: {
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-restricted-properties': [
        'error',
        ...INEXACT_MATH.map((property) => ({
          object: 'Math',
          property,
          message: `Math.${property} differs between engines; use exactMath of @org/lr-core.`,
        })),
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'BinaryExpression[operator="**"]',
          message: '** differs between engines; use exactMath.pow of @org/lr-core.',
        },
        { selector: 'AssignmentExpression[operator="**="]', message: 'Use exactMath.pow of @org/lr-core.' },
      ],
    },
  },
  {
    // lr-core runs in any engine: it imports nothing but itself.
    files: ['packages/lr-core/src/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^[^.]', message: 'lr-core imports nothing.' }] },
      ],
    },
  },
  {
    // One file loads the addon, one talks to onnxruntime-node.
    files: ['packages/lr-{native,onnx,tensorboard,cli}/src/**/*.ts'],
    ignores: ['packages/lr-native/src/addon.ts', 'packages/lr-onnx/src/session.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [
            { name: '@org/lr-addon', message: 'Only lr-native/src/addon.ts loads the addon.' },
            { name: 'onnxruntime-node', message: 'Only lr-onnx/src/session.ts imports onnxruntime-node.' },
          ],
        },
      ],
    },
  },
);
