/**
 * `npm run gpu`: finds this machine's graphics processor and brings what its backends need: Dawn for `webgpu`, libtensorflow
 * and a binding for `tensorflow`. Nothing of it is part of an ordinary install; running it again changes nothing.
 */
import { parseArgs } from 'node:util';

import { findGpu } from '../../trainer/gpu/devices.mjs';
import { installTensorflow } from '../../trainer/gpu/tensorflow.mjs';
import { installWebgpu } from '../../trainer/gpu/webgpu.mjs';
import { layGround } from './ground.mjs';

const HELP = `Usage: npm run gpu -- [options]

Brings what the GPU backends need, for the GPU it finds. With --webgpu or --tensorflow: those alone, GPU or not.

  --webgpu               Dawn, for any GPU that Vulkan, Metal or Direct3D 12 reaches (132 MB)
  --tensorflow           libtensorflow, for NVIDIA cards (with CUDA 3.4 GB to download; Linux)
  --libtensorflow <how>  wheel: a current one from PyPI's wheels, by pip (default)
                         vendor: 2.9 for CUDA 11, by the installer of @tensorflow/tfjs-node-gpu
                         a folder: tensorflow/ in the site-packages of a Python that has it
  --cpu                  libtensorflow for the processor, whatever card there is (270 MB)
  --help                 this text

docs/backends.md says what each is good for and what to do when something fails.`;

const OPTIONS = {
  webgpu: { type: 'boolean' },
  tensorflow: { type: 'boolean' },
  libtensorflow: { type: 'string' },
  cpu: { type: 'boolean' },
  help: { type: 'boolean' },
};

const say = (line) => console.log(`  ${line}`);

function readOptions() {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    console.error(`${error.message}\n\n${HELP}`);
    process.exit(2);
  }
}

function describeGpu({ names, other, note }) {
  const found = names.length > 0 ? names.join(', ') : (other ?? 'none found');
  return `GPU: ${found}${note ? ` (${note})` : ''}`;
}

/** What was asked for, or else what the GPU found can use. */
function choose(options, gpu) {
  const tensorflow = options.tensorflow || options.cpu || options.libtensorflow !== undefined;
  if (options.webgpu || tensorflow) return { webgpu: options.webgpu === true, tensorflow };
  const cuda = gpu.names.length > 0;
  return { webgpu: cuda || gpu.other !== null, tensorflow: cuda && process.platform === 'linux' };
}

/** Resolves with whether it worked; why not is said. */
async function bring(name, install) {
  console.log(name);
  try {
    say(`ready: ${await install()}`);
    return true;
  } catch (error) {
    console.error(`  not ready: ${error.message}`);
    return false;
  }
}

async function main(options) {
  const gpu = findGpu();
  console.log(describeGpu(gpu));
  const wanted = choose(options, gpu);
  if (!wanted.webgpu && !wanted.tensorflow) {
    console.log('Nothing to turn on. --webgpu or --tensorflow brings one all the same (--help says more).');
    return true;
  }
  const worked = [];
  if (wanted.webgpu) worked.push(await bring('webgpu', async () => `Dawn ${await installWebgpu(say)}`));
  if (wanted.tensorflow) worked.push(await bring('tensorflow', () => bringTensorflow(options, gpu)));
  if (worked.includes(true)) console.log('npm start takes the best backend there is and says which.');
  // Chosen by us, one of two is enough; asked for by name, all must work.
  const asked = options.webgpu || options.tensorflow || options.cpu || options.libtensorflow !== undefined;
  return asked ? !worked.includes(false) : worked.includes(true);
}

async function bringTensorflow(options, gpu) {
  await layGround(); // the package whose binding is compiled comes with the ordinary install
  const cuda = !options.cpu && gpu.names.length > 0;
  const { version, gpu: onGpu, warning } = await installTensorflow({ how: options.libtensorflow, cuda, say });
  if (cuda && !onGpu) {
    throw new Error(
      `libtensorflow ${version} loads but sees no card (${warning}): see docs/backends.md, "CUDA"`,
    );
  }
  return `libtensorflow ${version} on ${onGpu ? 'CUDA' : 'the processor: RESIDUA_BACKEND=tensorflow uses it'}`;
}

const options = readOptions();
if (options.help) console.log(HELP);
else process.exitCode = (await main(options)) ? 0 : 1;
