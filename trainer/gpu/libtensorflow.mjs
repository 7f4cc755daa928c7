/**
 * Brings libtensorflow and its C headers into a folder, laid out as `tensorflow/` inside site-packages: its run-time path
 * finds the CUDA libraries in `nvidia/` beside it. Taken from PyPI's wheels by pip, or from a TensorFlow that is installed.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';

import { runLimited } from './limited.mjs';

/** Measured with this one; another may be named, but its C interface may have moved. */
export const TENSORFLOW_VERSION = '2.21.0';
/** Any Python's wheel holds the same library; this is one that the version above was published for. */
const WHEEL_PYTHON = '3.12';
const STALL_MS = 90_000;
/** The CUDA wheels are 2.8 GB: 20 minutes at 2.5 MB/s. */
const TOTAL_MS = 20 * 60_000;
const SAY_EVERY_MS = 15_000;
const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
const HEADERS = ['tensorflow/c/', 'tensorflow/core/platform/ctstring', 'tsl/platform/ctstring', 'xla/tsl/c/'];

const UNPACK = `
import os, sys, zipfile
wheel, target, *prefixes = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if name.startswith(tuple(prefixes)) and not name.endswith('/'):
            to = archive.extract(name, target)
            if '/bin/' in name: os.chmod(to, 0o755)
`;

/** PyPI's wheels into `folder`. `cuda`: also the libraries of NVIDIA that this wheel names. */
export async function bringWheels(folder, { cuda, say }) {
  const python = findPython();
  const wheels = path.join(folder, 'wheels');
  mkdirSync(wheels, { recursive: true });
  // The wheel named tensorflow-cpu exists for x64 alone; on arm64 the plain one has no CUDA in it.
  const wheel = process.arch === 'x64' && !cuda ? 'tensorflow-cpu' : 'tensorflow';
  say(`downloading ${wheel} ${TENSORFLOW_VERSION} (${cuda ? '570' : '270'} MB)`);
  await download(python, [`${wheel}==${TENSORFLOW_VERSION}`], wheels, say);
  const [file] = readdirSync(wheels).filter((name) => name.endsWith('.whl'));
  say('unpacking');
  const metadata = `${file.split('-').slice(0, 2).join('-')}.dist-info/METADATA`;
  const prefixes = [...LIBRARIES, ...HEADERS.map((name) => `include/${name}`)].map(
    (name) => `tensorflow/${name}`,
  );
  await unpack(python, path.join(wheels, file), folder, [...prefixes, metadata]);
  if (cuda) await bringCuda(python, folder, readFileSync(path.join(folder, metadata), 'utf8'), wheels, say);
  rmSync(wheels, { recursive: true, force: true });
  return path.join(folder, 'tensorflow');
}

/** What `pip install tensorflow[and-cuda]` would bring besides TensorFlow, without Python's own packages. */
async function bringCuda(python, folder, metadata, wheels, say) {
  const specs = [...metadata.matchAll(/^Requires-Dist: (nvidia-[^;]+?)\s*;.*and-cuda/gm)].map(
    ([, spec]) => spec,
  );
  if (specs.length === 0) throw new Error(`this wheel names no CUDA libraries: is it built for CUDA?`);
  rmSync(wheels, { recursive: true, force: true });
  mkdirSync(wheels);
  say(`downloading ${specs.length} CUDA libraries (2.8 GB)`);
  await download(python, specs, wheels, say);
  say('unpacking');
  for (const name of readdirSync(wheels).filter((entry) => entry.endsWith('.whl'))) {
    await unpack(python, path.join(wheels, name), folder, ['nvidia/']);
  }
}

async function download(python, specs, wheels, say) {
  let said = performance.now();
  const onGrowth = () => {
    if (performance.now() - said < SAY_EVERY_MS) return;
    said = performance.now();
    say('still downloading');
  };
  const args = ['-m', 'pip', 'download', '--no-deps', '--no-cache-dir', '--disable-pip-version-check'];
  const pick = ['--only-binary=:all:', '--python-version', WHEEL_PYTHON, '--dest', wheels, ...specs];
  // pip writes to its temporary folder first: there its progress can be seen, and nothing is left elsewhere.
  const env = { ...process.env, TMPDIR: wheels };
  await runLimited(python, [...args, ...pick], {
    env,
    watch: wheels,
    stallMs: STALL_MS,
    totalMs: TOTAL_MS,
    onGrowth,
  });
}

function unpack(python, wheel, target, prefixes) {
  return runLimited(python, ['-c', UNPACK, wheel, target, ...prefixes], {
    watch: target,
    stallMs: STALL_MS,
    totalMs: TOTAL_MS,
  });
}

function findPython() {
  for (const python of ['python3', 'python']) {
    if (spawnSync(python, ['-m', 'pip', '--version'], { stdio: 'ignore' }).status === 0) return python;
  }
  throw new Error(
    'libtensorflow comes out of a Python wheel: expected python3 with pip, found none. Install them ' +
      '(apt install python3-pip), or name a TensorFlow that is unpacked: --libtensorflow <folder>',
  );
}

/** A `tensorflow` folder of some site-packages: linked, so that it finds its CUDA libraries where they are. */
export function linkInstalled(given, folder) {
  const source = path.resolve(given);
  const missing = [...LIBRARIES, 'include/tensorflow/c/c_api.h'].filter(
    (name) => !existsSync(path.join(source, name)),
  );
  if (missing.length > 0) {
    throw new Error(
      `--libtensorflow ${given}: expected the folder tensorflow/ of a site-packages, ${missing.join(', ')} not found there`,
    );
  }
  const target = path.join(folder, 'tensorflow');
  mkdirSync(target, { recursive: true });
  for (const name of LIBRARIES) symlinkSync(path.join(source, name), path.join(target, name));
  for (const header of ['tensorflow/c', 'tensorflow/core/platform', 'tsl/platform', 'xla/tsl/c']) {
    const from = path.join(source, 'include', header);
    if (existsSync(from)) cpSync(from, path.join(target, 'include', header), { recursive: true });
  }
  return target;
}
