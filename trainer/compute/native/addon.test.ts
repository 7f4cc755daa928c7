import { execFile, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, it } from 'vitest';
import { createRng } from '../rng.ts';
import { type Addon, loadAddon } from './addon.ts';
import { faultOf } from './binary-file.mjs';
import { addonPath, build } from './build.mjs';

const folder = mkdtempSync(join(tmpdir(), 'residua-addon-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SIDE = 300;
const FIRST = new Int32Array(1);

function square(seed: number): Float32Array {
  const rng = createRng(seed);
  return Float32Array.from({ length: SIDE * SIDE }, () => rng.normal());
}

const [LEFT, RIGHT] = [square(1), square(2)];

function product(addon: Addon): Float32Array {
  const c = new Float32Array(SIDE * SIDE);
  addon.matmul(LEFT, RIGHT, c, SIDE, SIDE, SIDE, false, false, FIRST, FIRST);
  return c;
}

/** A script for another thread or process: `products` times ones * ones, then the first element. */
const script = (products: number) => `
  const addon = require(${JSON.stringify(addonPath())});
  const ones = new Float32Array(300 * 300).fill(1), c = new Float32Array(300 * 300), first = new Int32Array(1);
  for (let i = 0; i < ${products}; i++) addon.matmul(ones, ones, c, 300, 300, 300, false, false, first, first);`;

const inWorker = (products: number) =>
  new Promise<number>((resolve, reject) => {
    const code = `${script(products)} require('node:worker_threads').parentPort.postMessage(c[0]);`;
    new Worker(code, { eval: true }).once('message', resolve).once('error', reject);
  });

const inProcess = async (products: number) => {
  const args = ['-e', `${script(products)} console.log(c[0])`];
  return Number((await promisify(execFile)(process.execPath, args)).stdout);
};

/** A copy of the addon, its bytes changed. */
function altered(name: string, change: (bytes: Buffer) => Buffer | void): string {
  const path = join(folder, name);
  const bytes = readFileSync(addonPath());
  writeFileSync(path, change(bytes) ?? bytes);
  return path;
}

describe.skipIf(!existsSync(addonPath()))('the addon', () => {
  it('works when two copies of it are loaded into one process', async () => {
    const first = loadAddon();
    const copy = join(folder, 'copy.node');
    copyFileSync(addonPath(), copy);
    const second = loadAddon(copy);
    expect(second.matmul).not.toBe(first.matmul);
    const expected = product(first);
    const inSecondThread = inWorker(5);
    for (let i = 0; i < 4; i++) {
      expect(product(second).every((value, at) => value === expected[at])).toBe(true);
      expect(product(first).every((value, at) => value === expected[at])).toBe(true);
    }
    expect(await inSecondThread).toBe(SIDE);
  });

  it('works in several threads and processes at once, and after they have ended', async () => {
    const addon = loadAddon();
    const expected = product(addon);
    const others = [inWorker(5), inWorker(5), inProcess(5), inProcess(5)];
    expect(product(addon)).toEqual(expected);
    expect(await Promise.all(others)).toEqual([SIDE, SIDE, SIDE, SIDE]);
    expect(await inWorker(1)).toBe(SIDE);
    expect(product(addon)).toEqual(expected);
  });

  it('refuses a number of threads that means nothing', () => {
    const addon = loadAddon();
    for (const count of [-1, NaN, 1e9, 2.5, Infinity]) {
      expect(() => addon.threads(count)).toThrow(
        /expected a whole number of threads from 1 to 256, or 0 .*got/,
      );
    }
    expect(() => addon.threads(1e9)).toThrow('got 1000000000');
    expect(addon.threads(0)).toBe(addon.usableCores(''));
    expect(addon.threads(256)).toBe(256);
    addon.threads(0);
  });

  it('takes no more threads than control groups grant processors', () => {
    const addon = loadAddon();
    const cores = addon.usableCores('');
    const withFiles = (files: Record<string, string>): number => {
      const root = mkdtempSync(join(folder, 'root-'));
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(root, name)), { recursive: true });
        writeFileSync(join(root, name), text);
      }
      return addon.usableCores(root);
    };
    const group = 'sys/fs/cgroup';
    expect(withFiles({})).toBeGreaterThanOrEqual(cores);
    expect(withFiles({ [`${group}/cpu.max`]: '150000 100000\n' })).toBe(1);
    expect(withFiles({ [`${group}/cpu.max`]: '20000 100000\n' })).toBe(1);
    const free = withFiles({ [`${group}/cpu.max`]: 'max 100000\n' });
    expect(withFiles({ [`${group}/cpu.max`]: '99900000 100000\n' })).toBe(free);
    const nested = { 'proc/self/cgroup': '0::/pod/box\n', [`${group}/pod/cpu.max`]: '100000 100000\n' };
    expect(withFiles({ ...nested, [`${group}/pod/box/cpu.max`]: 'max 100000\n' })).toBe(1);
    const old = { 'proc/self/cgroup': '7:memory:/box\n4:cpu,cpuacct:/box\n' };
    const quota = { [`${group}/cpu/box/cpu.cfs_quota_us`]: '100000\n' };
    expect(withFiles({ ...old, ...quota, [`${group}/cpu/box/cpu.cfs_period_us`]: '100000\n' })).toBe(1);
    const none = { [`${group}/cpu/box/cpu.cfs_quota_us`]: '-1\n' };
    expect(withFiles({ ...old, ...none, [`${group}/cpu/box/cpu.cfs_period_us`]: '100000\n' })).toBe(free);
  });

  it.runIf(process.platform === 'linux')('says what is wrong with a binary instead of loading it', () => {
    const other = process.arch === 'x64' ? 'arm64' : 'x64';
    const swapped = altered(
      'other.node',
      (bytes) => void bytes.writeUInt16LE(other === 'x64' ? 62 : 183, 18),
    );
    expect(() => loadAddon(swapped)).toThrow(
      `is built for ${other}, not for ${process.arch}; \`npm run build\` compiles it again`,
    );
    for (const share of [0, 0.0001, 0.3, 0.99]) {
      const cut = altered('cut.node', (bytes) => bytes.subarray(0, Math.floor(bytes.length * share)));
      expect(() => loadAddon(cut), `${share}`).toThrow(/cut\.node is cut short: expected .* bytes/);
    }
    expect(() => loadAddon(import.meta.filename)).toThrow('addon.test.ts is no binary of linux');
  });

  it.runIf(process.platform === 'linux')('says that it was made for another Node', () => {
    // Stands for a function that this Node does not have.
    const path = altered('newer.node', (bytes) => {
      bytes.write('napi_xhrow_error', bytes.indexOf('napi_throw_error\0'));
    });
    expect(() => loadAddon(path)).toThrow(
      /cannot be loaded by Node v.*undefined symbol: napi_xhrow_error; delete .*newer\.node and run/,
    );
  });
});

describe.skipIf(process.platform === 'win32')('building the addon', () => {
  it('says why it failed, in one line, and that everything still runs', async () => {
    const compiler = join(folder, 'compiler');
    const lines: string[] = [];
    const say = (line: string) => void lines.push(line);
    expect(await build(say, { compiler, folder: join(folder, 'built') })).toBeNull();
    writeFileSync(
      compiler,
      '#!/bin/sh\n[ "$1" = --version ] && exit\necho "adam.cc:1: error: no" >&2\nexit 1\n',
    );
    chmodSync(compiler, 0o755);
    expect(await build(say, { compiler, folder: join(folder, 'built') })).toBeNull();
    const rest = 'Everything still runs, on WebAssembly, several times slower.';
    expect(lines).toEqual([
      `native addon not built: no C++ compiler found (${compiler}). ${rest}`,
      `native addon not built: adam.cc:1: error: no. ${rest}`,
    ]);
    expect(existsSync(join(folder, 'built', 'objects'))).toBe(false);
  });

  it('clears away what a killed build left, and not what another still works in', async () => {
    const compiler = join(folder, 'compiler-at-work');
    writeFileSync(compiler, '#!/bin/sh\n[ "$1" = --version ]\n');
    chmodSync(compiler, 0o755);
    const [abandoned, busy] = ['objects-1', 'objects-2'].map((name) => join(folder, 'killed', name));
    for (const one of [abandoned, busy]) mkdirSync(one, { recursive: true });
    utimesSync(abandoned, 0, 0);
    await build(() => {}, { compiler, folder: dirname(busy) });
    expect(readdirSync(dirname(busy))).toEqual(['objects-2']);
  });

  /** Takes its time, writes down every call, and links to a binary of this machine. */
  function createCompiler(name: string): { compiler: string; countLinks(): number } {
    const compiler = join(folder, name);
    const calls = `${compiler}.calls`;
    const lines = [
      '#!/bin/sh',
      '[ "$1" = --version ] && exit',
      'case "$*" in *" -c "*) exit 0;; esac',
      `echo link >> ${calls}`,
      'sleep 1',
      'while [ "$1" != -o ]; do shift; done',
      `cp ${addonPath()} "$2"`,
    ];
    writeFileSync(compiler, `${lines.join('\n')}\n`);
    chmodSync(compiler, 0o755);
    const countLinks = () => (existsSync(calls) ? readFileSync(calls, 'utf8').match(/link/g)!.length : 0);
    return { compiler, countLinks };
  }

  it.skipIf(!existsSync(addonPath()))('compiles once where two processes ask at once', async () => {
    const { compiler, countLinks } = createCompiler('compiler-shared');
    const options = { compiler, folder: join(folder, 'shared') };
    const source = pathToFileURL(join(import.meta.dirname, 'build.mjs')).href;
    const code = `import { build } from ${JSON.stringify(source)};
      console.log(await build(console.log, ${JSON.stringify(options)}));`;
    const args = ['--input-type=module', '-e', code];
    const outputs = await Promise.all(
      [1, 2].map(async () => (await promisify(execFile)(process.execPath, args)).stdout.trim().split('\n')),
    );
    const target = addonPath(undefined, options.folder);
    expect(outputs.map((lines) => lines.at(-1))).toEqual([target, target]);
    expect(outputs.flat().filter((line) => line.startsWith('native addon built with'))).toHaveLength(1);
    expect(countLinks()).toBe(1);
    expect(readdirSync(options.folder)).toEqual([basename(target)]);
  });

  it.skipIf(!existsSync(addonPath()))('takes over from a build that was killed or hangs', async () => {
    const { pid: dead } = spawnSync(process.execPath, ['-e', '']);
    const locks = { killed: { pid: dead, age: 0 }, hanging: { pid: process.pid, age: 60 } };
    for (const [name, { pid, age }] of Object.entries(locks)) {
      const { compiler, countLinks } = createCompiler(`compiler-${name}`);
      const target = addonPath(undefined, join(folder, `lock-${name}`));
      mkdirSync(dirname(target));
      writeFileSync(`${target}.lock`, String(pid));
      const touched = Date.now() / 1000 - age;
      utimesSync(`${target}.lock`, touched, touched);
      const said: string[] = [];
      const options = { compiler, folder: dirname(target) };
      expect(await build((line) => void said.push(line), options), name).toBe(target);
      expect(said).toEqual([`native addon built with ${compiler}: ${basename(target)}`]);
      expect(countLinks()).toBe(1);
      expect(readdirSync(dirname(target))).toEqual([basename(target)]);
    }
  });

  it('does not take a damaged binary for a fresh one', async () => {
    const damaged = addonPath(undefined, join(folder, 'damaged'));
    mkdirSync(dirname(damaged));
    writeFileSync(damaged, 'residua');
    expect(faultOf(damaged, process)).toMatch(/cut short/);
    const lines: string[] = [];
    const options = { compiler: join(folder, 'nothing'), folder: dirname(damaged) };
    expect(await build((line) => void lines.push(line), options)).toBeNull();
    expect(lines[0]).toContain('no C++ compiler found');
  });
});
