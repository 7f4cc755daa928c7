/**
 * Brings libtensorflow and a binding that loads it into build/tensorflow: whole, tried, or not at all. Also a script:
 * `node trainer/gpu/tensorflow.mjs [--cpu] [--libtensorflow wheel|vendor|<folder>]`.
 */
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { compileBinding, sourceHash, tryBinding } from './binding.mjs';
import { findGpu } from './devices.mjs';
import { tensorflowFolder } from './folder.mjs';
import { TENSORFLOW_VERSION, bringWheels, linkInstalled } from './libtensorflow.mjs';
import { installFromVendor } from './vendor.mjs';

/** What lies in build/tensorflow, or null. `binding` is relative to it; `gpu`: TensorFlow itself saw a card when tried. */
export function readInstalled(folder = tensorflowFolder()) {
  const file = path.join(folder, 'installed.json');
  if (!existsSync(file)) return null;
  const installed = JSON.parse(readFileSync(file, 'utf8'));
  return existsSync(path.join(folder, installed.binding)) ? installed : null;
}

/** Resolves with what was installed; throws, leaving what was there before, when it cannot be. */
export async function installTensorflow({ how = 'wheel', cuda, say }) {
  if (process.platform !== 'linux') {
    throw new Error(
      `libtensorflow is brought on Linux only, this is ${process.platform}: use the webgpu backend`,
    );
  }
  const folder = tensorflowFolder();
  const library = `${how} ${cuda ? 'cuda' : 'cpu'} ${how === 'wheel' ? TENSORFLOW_VERSION : ''}`.trim();
  const key = `${library} ${sourceHash()}`;
  const present = readInstalled(folder);
  if (present?.key === key) {
    const tried = await tryBinding(path.join(folder, present.binding)).catch(() => null);
    if (tried) {
      say(`libtensorflow ${tried.version} is already here`);
      return writeInstalled(folder, { ...present, ...tried });
    }
    say('what lies here does not load (any more): bringing it anew');
  }
  const part = `${folder}.part-${process.pid}`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  try {
    if (how === 'wheel' && present?.library === library) keepLibrary(folder, part);
    const binding = await build(part, { how, cuda, say });
    say('trying it');
    const tried = await tryBinding(binding);
    const installed = { key, library, binding: path.relative(part, binding), cuda, ...tried };
    writeInstalled(part, installed);
    rmSync(folder, { recursive: true, force: true });
    renameSync(part, folder);
    return installed;
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

/** Only the binding changed: gigabytes need not come again. Hard links, so what is there stays whole until the end. */
function keepLibrary(folder, part) {
  for (const entry of readdirSync(path.join(folder, 'site'), { withFileTypes: true, recursive: true })) {
    const from = path.join(entry.parentPath ?? entry.path, entry.name);
    const to = path.join(part, path.relative(folder, from));
    if (entry.isFile()) {
      mkdirSync(path.dirname(to), { recursive: true });
      linkSync(from, to);
    }
  }
}

async function build(part, { how, cuda, say }) {
  if (how === 'vendor') return installFromVendor(part, { cuda, say });
  const site = path.join(part, 'site');
  const kept = path.join(site, 'tensorflow');
  const tensorflow = existsSync(kept)
    ? kept
    : how === 'wheel'
      ? await bringWheels(site, { cuda, say })
      : linkInstalled(how, site);
  const binding = path.join(part, 'tfjs_binding.node');
  say('compiling the binding');
  await compileBinding(tensorflow, binding);
  return binding;
}

function writeInstalled(folder, installed) {
  writeFileSync(path.join(folder, 'installed.json'), `${JSON.stringify(installed, null, 2)}\n`);
  return installed;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { cpu: { type: 'boolean' }, libtensorflow: { type: 'string' } } });
  const cuda = !values.cpu && findGpu().names.length > 0;
  try {
    const { version, gpu } = await installTensorflow({ how: values.libtensorflow, cuda, say: console.log });
    console.log(`libtensorflow ${version} on ${gpu ? 'CUDA' : 'CPU'}`);
  } catch (error) {
    console.error(`libtensorflow is not here: ${error.message}`);
    process.exitCode = 1;
  }
}
