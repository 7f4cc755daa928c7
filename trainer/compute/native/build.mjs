/**
 * Compiles the native addon with the C++ compiler that is there, against the headers of node-api-headers: no node-gyp, no
 * download. The binary's name holds a hash of everything it was made from, so a fresh one is found without compiling.
 * Without a compiler it says so in one line and succeeds: everything then runs on wasm.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));
const buildFolder = join(here, 'build');

const COMMON = ['-std=c++17', '-O3', '-fPIC', '-fvisibility=hidden', '-Wall', '-Wextra', '-Wno-psabi'];
/** No errno and no trapping lets loops vectorise; contraction into fused multiply-add is always on, so always the same. */
const ARITHMETIC = ['-fno-math-errno', '-fno-trapping-math', '-ffp-contract=fast'];
const AVX2 = ['-mavx2', '-mfma'];
const AVX512 = [...AVX2, '-mavx512f', '-mavx512dq', '-mavx512vl', '-mavx512bw', '-mprefer-vector-width=512'];
const INSTRUCTION_SETS = { portable: [], ...(process.arch === 'x64' ? { avx2: AVX2, avx512: AVX512 } : {}) };
/** nodelete: threads of the pool outlive a worker that loaded the addon and ended. */
const LINK_ELF = ['-shared', '-pthread', '-Wl,-z,nodelete'];
const LINK_DARWIN = ['-bundle', '-undefined', 'dynamic_lookup'];
const COMPILERS = ['g++', 'clang++', 'c++'];
/** A single file takes seconds; a hung compiler must not hang an install. */
const COMPILE_TIMEOUT_MS = 180_000;

function sources() {
  return readdirSync(here)
    .filter((name) => /\.(cc|h)$/.test(name))
    .sort();
}

/** Where the addon for these sources, this processor family and this Node lies or will lie. */
export function addonPath() {
  const hash = createHash('sha256');
  for (const name of ['build.mjs', ...sources()]) hash.update(name).update(readFileSync(join(here, name)));
  hash.update(`${process.platform} ${process.arch} ${process.versions.modules}`);
  return join(buildFolder, `residua-${hash.digest('hex').slice(0, 16)}.node`);
}

function includeFolder() {
  return createRequire(import.meta.url)('node-api-headers').include_dir;
}

async function findCompiler() {
  for (const compiler of COMPILERS) {
    const works = await run(compiler, ['--version'], { timeout: COMPILE_TIMEOUT_MS }).catch(() => null);
    if (works) return compiler;
  }
  return null;
}

/** One job per translation unit; *.simd.cc is compiled once per instruction set, in a namespace of its own. */
function compileJobs(folder) {
  const x64 = process.arch === 'x64' ? ['-DRESIDUA_X64'] : [];
  return sources()
    .filter((name) => name.endsWith('.cc'))
    .flatMap((name) => {
      const input = join(here, name);
      if (!name.endsWith('.simd.cc')) return [{ args: x64, input, output: join(folder, `${name}.o`) }];
      return Object.entries(INSTRUCTION_SETS).map(([isa, flags]) => ({
        args: [`-DRESIDUA_ISA=${isa}`, ...flags],
        input,
        output: join(folder, `${name}.${isa}.o`),
      }));
    });
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

/** Builds the addon unless a fresh one lies there. Resolves with its path, or null with the reason given to `say`. */
export async function build(say = console.log) {
  const target = addonPath();
  if (existsSync(target)) return target;
  if (process.platform === 'win32') return refuse(say, 'no Windows build exists');
  const compiler = await findCompiler();
  if (!compiler) return refuse(say, `no C++ compiler found (${COMPILERS.join(', ')})`);
  const folder = join(buildFolder, `objects-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    const jobs = compileJobs(folder);
    await compileAll(compiler, jobs);
    const shared = process.platform === 'darwin' ? LINK_DARWIN : LINK_ELF;
    const unlinked = join(folder, basename(target));
    await run(compiler, [...shared, ...jobs.map((job) => job.output), '-o', unlinked], {
      timeout: COMPILE_TIMEOUT_MS,
    });
    renameSync(unlinked, target);
    removeStale(target);
    say(`native addon built with ${compiler}: ${basename(target)}`);
    return target;
  } catch (error) {
    const lines = String(error.stderr || error.message).split('\n');
    return refuse(say, lines.find((line) => /error/i.test(line)) ?? lines[0]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Binaries of other sources; a process that still runs one keeps it open, so removing is safe. */
function removeStale(target) {
  for (const name of readdirSync(buildFolder)) {
    if (name.endsWith('.node') && name !== basename(target)) rmSync(join(buildFolder, name), { force: true });
  }
}

function refuse(say, reason) {
  say(`native addon not built: ${reason}. Everything still runs, on WebAssembly, several times slower.`);
  return null;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build();
