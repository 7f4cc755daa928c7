/**
 * Compiles binding.cc, which includes the sources of @tensorflow/tfjs-node-gpu, against a libtensorflow, and tries the
 * result in a process of its own: a library that cannot be loaded ends that process, not ours.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

import { gpuPackageFolder } from './folder.mjs';
import { runLimited } from './limited.mjs';

const COMPILERS = ['g++', 'clang++', 'c++'];
/** One translation unit of 8 s on a slow core. */
const COMPILE_LIMIT_MS = 300_000;
/** Loading takes a second from a cold disk; a CUDA driver that hangs must not hang us. */
const TRY_LIMIT_MS = 120_000;
const source = path.join(gpuPackageFolder(), 'binding.cc');
const requireFromTrainer = createRequire(path.join(gpuPackageFolder(), '..', 'package.json'));

/** Where pnpm put @tensorflow/tfjs-node-gpu; it is optional, so an install may lack it. */
export function packageFolder() {
  try {
    return path.dirname(requireFromTrainer.resolve('@tensorflow/tfjs-node-gpu/package.json'));
  } catch {
    throw new Error(
      '@tensorflow/tfjs-node-gpu is not installed here: run npm start once, without --no-optional',
    );
  }
}

/** Changes whenever the binding would: ours, the package's sources, the way it is compiled. */
export function sourceHash() {
  const hash = createHash('sha256');
  const theirs = path.join(packageFolder(), 'binding');
  for (const file of [source, import.meta.filename, path.join(theirs, 'tfjs_backend.cc')]) {
    hash.update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 16);
}

/** `tensorflow`: the folder with the libraries and include/. Its place is kept relative, so both may be moved together. */
export async function compileBinding(tensorflow, target) {
  const compiler = COMPILERS.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);
  if (!compiler) {
    throw new Error(`expected a C++ compiler (${COMPILERS.join(', ')}), found none: apt install g++`);
  }
  const include = [
    path.join(packageFolder(), 'binding'),
    requireFromTrainer('node-api-headers').include_dir,
    path.join(tensorflow, 'include'),
  ];
  const place = path.relative(path.dirname(target), tensorflow);
  const args = [
    ...['-std=c++17', '-O2', '-fPIC', '-shared', '-DNAPI_VERSION=8', '-w', '-fvisibility=hidden'],
    ...include.flatMap((folder) => ['-I', folder]),
    ...[
      source,
      '-o',
      target,
      `-L${tensorflow}`,
      '-l:libtensorflow_cc.so.2',
      '-l:libtensorflow_framework.so.2',
    ],
    `-Wl,-rpath,$ORIGIN/${place}`,
  ];
  await runLimited(compiler, args, { stallMs: COMPILE_LIMIT_MS, totalMs: COMPILE_LIMIT_MS });
}

const TRY = `
const addon = require(process.argv[1]);
const binding = addon.open ? addon.open(1, false) : addon;
console.log('opened ' + JSON.stringify({ version: binding.TF_Version, gpu: binding.isUsingGpuDevice() }));
`;

/** `{ version, gpu, warning }` of a binding that loads; throws with what the loader or TensorFlow said. */
export async function tryBinding(file) {
  const output = await runLimited(process.execPath, ['-e', TRY, file], {
    stallMs: TRY_LIMIT_MS,
    totalMs: TRY_LIMIT_MS,
  });
  const opened = /^opened (.*)$/m.exec(output);
  if (!opened) throw new Error(`the binding ended without a word: ${output.slice(-300)}`);
  // TensorFlow's own words for why it sees no card: "E0000 00:00:1795358114.6 17807 cuda_platform.cc:52] failed call to …".
  const warning = /^[EW]\d{4} .*?\] (.*)$/m.exec(output)?.[1] ?? '';
  return { ...JSON.parse(opened[1]), warning };
}
