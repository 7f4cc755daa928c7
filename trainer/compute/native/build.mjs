/**
 * Compiles the native addon with the C++ compiler that is there, against the headers of node-api-headers: no node-gyp, no
 * download. The binary's name holds a hash of everything it was made from, so a fresh one is found without compiling.
 * Without a compiler it says so in one line and succeeds: everything then runs on wasm.
 * For another processor: build.mjs --arch arm64 --compiler aarch64-linux-gnu-g++
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { faultOf } from './binary-file.mjs';
import { withBuildLock } from './build-lock.mjs';

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));
const buildFolder = join(here, 'build');

const COMMON = ['-std=c++17', '-O3', '-fPIC', '-fvisibility=hidden', '-Wall', '-Wextra', '-Wno-psabi'];
/** No errno and no trapping lets loops vectorise; contraction into fused multiply-add is always on, so always the same. */
const ARITHMETIC = ['-fno-math-errno', '-fno-trapping-math', '-ffp-contract=fast'];
const AVX2 = ['-mavx2', '-mfma'];
const AVX512 = [...AVX2, '-mavx512f', '-mavx512dq', '-mavx512vl', '-mavx512bw', '-mprefer-vector-width=512'];
/** By processor: what each set of *.simd.cc is compiled with, and what the other files are told. */
const INSTRUCTION_SETS = {
  x64: { portable: [], avx2: AVX2, avx512: AVX512 },
  arm64: { portable: [], neon: ['-DRESIDUA_NEON'] },
};
const MACROS = { x64: ['-DRESIDUA_X64'], arm64: ['-DRESIDUA_ARM64'] };
const DARWIN_ARCH = { x64: 'x86_64', arm64: 'arm64' };
/**
 * nodelete: threads of the pool outlive a worker that loaded the addon and ended. now: a Node that lacks a function used
 * here is noticed when the addon is loaded, not when the function is called.
 */
const LINK_ELF = ['-shared', '-pthread', '-Wl,-z,nodelete', '-Wl,-z,now'];
const LINK_DARWIN = ['-bundle', '-undefined', 'dynamic_lookup'];
const COMPILERS = ['g++', 'clang++', 'c++'];
/** A single file takes seconds; a hung compiler must not hang an install. */
const COMPILE_TIMEOUT_MS = 180_000;

function sources() {
  return readdirSync(here)
    .filter((name) => /\.(cc|h)$/.test(name))
    .sort();
}

const HERE = { platform: process.platform, arch: process.arch };

/** Where the addon for these sources, this processor family and this Node lies or will lie. */
export function addonPath({ platform, arch } = HERE, folder = buildFolder) {
  const hash = createHash('sha256');
  for (const name of ['build.mjs', ...sources()]) hash.update(name).update(readFileSync(join(here, name)));
  hash.update(`${platform} ${arch} ${process.versions.modules}`);
  return join(folder, `residua-${platform}-${arch}-${hash.digest('hex').slice(0, 16)}.node`);
}

function includeFolder() {
  return createRequire(import.meta.url)('node-api-headers').include_dir;
}

async function findCompiler(compilers) {
  for (const compiler of compilers) {
    const works = await run(compiler, ['--version'], { timeout: COMPILE_TIMEOUT_MS }).catch(() => null);
    if (works) return compiler;
  }
  return null;
}

/** One job per translation unit; *.simd.cc is compiled once per instruction set, in a namespace of its own. */
function compileJobs({ platform, arch }, folder) {
  const machine = [...(MACROS[arch] ?? []), ...machineFlags(platform, arch)];
  return sources()
    .filter((name) => name.endsWith('.cc'))
    .flatMap((name) => {
      const input = join(here, name);
      if (!name.endsWith('.simd.cc')) return [{ args: machine, input, output: join(folder, `${name}.o`) }];
      return Object.entries(INSTRUCTION_SETS[arch] ?? { portable: [] }).map(([isa, flags]) => ({
        args: [`-DRESIDUA_ISA=${isa}`, ...flags, ...machineFlags(platform, arch)],
        input,
        output: join(folder, `${name}.${isa}.o`),
      }));
    });
}

/** Apple's compiler builds for either processor; 11.0 is the first macOS on ARM, and has aligned_alloc. */
function machineFlags(platform, arch) {
  return platform === 'darwin' ? ['-arch', DARWIN_ARCH[arch], '-mmacosx-version-min=11.0'] : [];
}

async function compileAll(compiler, jobs) {
  const queue = [...jobs];
  const worker = async () => {
    for (let job = queue.shift(); job; job = queue.shift()) {
      const args = [
        ...COMMON,
        ...ARITHMETIC,
        ...job.args,
        '-I',
        includeFolder(),
        '-c',
        job.input,
        '-o',
        job.output,
      ];
      await run(compiler, args, { timeout: COMPILE_TIMEOUT_MS });
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

/**
 * Builds the addon unless a fresh one lies there or another process just builds it. Resolves with its path, or null with the
 * reason given to `say`. Options: `compiler`, `platform` and `arch` of another machine, and another `folder`.
 */
export async function build(say = console.log, options = {}) {
  const machine = { platform: options.platform ?? HERE.platform, arch: options.arch ?? HERE.arch };
  const target = addonPath(machine, options.folder);
  const isFresh = () => existsSync(target) && !faultOf(target, machine);
  if (isFresh()) return target;
  if (machine.platform === 'win32') return refuse(say, 'no Windows build exists');
  const candidates = options.compiler ? [options.compiler] : COMPILERS;
  const compiler = await findCompiler(candidates);
  if (!compiler) return refuse(say, `no C++ compiler found (${candidates.join(', ')})`);
  try {
    mkdirSync(dirname(target), { recursive: true });
    const make = async () => {
      if (isFresh()) return;
      await compile(target, machine, compiler);
      say(`native addon built with ${compiler}: ${basename(target)}`);
    };
    await withBuildLock(`${target}.lock`, make, () =>
      say('native addon: another process compiles it, waiting'),
    );
    return target;
  } catch (error) {
    const lines = String(error.stderr || error.message).split('\n');
    return refuse(say, lines.find((line) => /error/i.test(line)) ?? lines[0]);
  }
}

/** Compiles in a folder of its own and puts the binary in its place whole. */
async function compile(target, machine, compiler) {
  removeAbandoned(dirname(target));
  const folder = join(dirname(target), `objects-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    const jobs = compileJobs(machine, folder);
    await compileAll(compiler, jobs);
    const shared = machine.platform === 'darwin' ? LINK_DARWIN : LINK_ELF;
    const flags = [...shared, ...machineFlags(machine.platform, machine.arch)];
    const unlinked = join(folder, basename(target));
    await run(compiler, [...flags, ...jobs.map((job) => job.output), '-o', unlinked], {
      timeout: COMPILE_TIMEOUT_MS,
    });
    renameSync(unlinked, target);
    removeStale(target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Binaries of other sources for the same machine; a process that still runs one keeps it open, so removing is safe. */
function removeStale(target) {
  const name = basename(target);
  const machine = name.slice(0, name.lastIndexOf('-'));
  for (const other of readdirSync(dirname(target))) {
    const stale = /^(.+)-[0-9a-f]{16}\.node$/.exec(other);
    if (stale && other !== name && [machine, 'residua'].includes(stale[1]))
      rmSync(join(dirname(target), other), { force: true });
  }
}

/** Of builds that were killed: whoever still compiles writes into his before a compiler times out. */
function removeAbandoned(folder) {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder).filter((other) => /^objects-\d+$|\.lock$/.test(other))) {
    const found = statSync(join(folder, name), { throwIfNoEntry: false });
    if (found && Date.now() - found.mtimeMs > 2 * COMPILE_TIMEOUT_MS)
      rmSync(join(folder, name), { recursive: true, force: true });
  }
}

function refuse(say, reason) {
  say(`native addon not built: ${reason}. Everything still runs, on WebAssembly, several times slower.`);
  return null;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = { type: 'string' };
  const { values } = parseArgs({ options: { compiler: text, platform: text, arch: text, folder: text } });
  await build(console.log, values);
}
