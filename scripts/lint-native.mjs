// Formats and lints native/: clang-format, then the layering rules of docs/design.md that a compiler cannot see.
// `--fix` reformats instead of checking.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'native'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => /\.(h|cpp|cu)$/.test(file));

const RULES = [
  {
    why: 'only native/addon includes napi.h',
    applies: (file) => !file.startsWith('native/addon/'),
    breaks: /#include\s*<(napi|node_api)\.h>/,
  },
  {
    why: 'intrinsics live in native/cpu/vec.h alone',
    applies: (file) => file !== 'native/cpu/vec.h',
    breaks: /#include\s*<(immintrin|arm_neon|x86intrin)\.h>|\b_mm(256|512)?_\w+\(/,
  },
  {
    why: 'kernels are launched in native/cuda/launch.h alone',
    applies: (file) => file.startsWith('native/cuda/') && file !== 'native/cuda/launch.h',
    breaks: /<<<|>>>/,
  },
  {
    why: 'what the emulator has no meaning for',
    applies: (file) => file.startsWith('native/cuda/'),
    breaks: /extern\s+__shared__|\basm\b/,
  },
  {
    why: 'no std templates in .inc.cpp files: a weak AVX-512 copy kept by the linker is a SIGILL elsewhere',
    applies: (file) => file.endsWith('.inc.cpp'),
    breaks:
      /#include\s*<(vector|algorithm|functional|map|string|array|utility|memory|numeric|atomic)>|\bstd::(vector|function|string|map|sort|min|max|swap)\b/,
  },
];

let failures = 0;
for (const file of files) {
  const lines = readFileSync(`${root}/${file}`, 'utf8').split('\n');
  for (const rule of RULES.filter((r) => r.applies(file))) {
    lines.forEach((line, i) => {
      if (rule.breaks.test(line)) {
        console.error(`${file}:${i + 1}: ${rule.why}`);
        failures += 1;
      }
    });
  }
}

if (files.length > 0) {
  const mode = process.argv.includes('--fix') ? ['-i'] : ['--dry-run', '--Werror'];
  try {
    execFileSync('npx', ['--no-install', 'clang-format-node', ...mode, '--style=file', ...files], {
      cwd: root,
      stdio: 'inherit',
    });
  } catch {
    failures += 1;
  }
}
process.exit(failures === 0 ? 0 : 1);
