/** Which graphics processor this machine has, found without any package: files of the driver, then its own tools. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';

/** nvidia-smi waits for a sick driver without end. */
const ASK_TIMEOUT_MS = 3000;

/**
 * `nvidia`: names of cards CUDA can use; `other`: a card that WebGPU alone can use, or null.
 * `note` says what is odd: a driver that does not answer.
 */
export function findGpu() {
  const nvidia = findNvidia();
  return { ...nvidia, other: nvidia.names.length > 0 ? null : findOther() };
}

function findNvidia() {
  const device = existsSync('/dev/nvidia0');
  const { status, stdout } = ask('nvidia-smi', ['-L']);
  const names = [...(status === 0 ? stdout : '').matchAll(/^GPU \d+: (.*?)(?: \(UUID.*)?$/gm)].map(
    ([, name]) => name,
  );
  if (names.length > 0 || !device) return { names, note: '' };
  return { names: ['NVIDIA card'], note: 'nvidia-smi -L does not answer: is the driver installed whole?' };
}

function findOther() {
  if (process.platform === 'darwin') return 'Metal device';
  if (process.platform === 'win32') return 'Direct3D 12 device';
  const { status, stdout } = ask('vulkaninfo', ['--summary']);
  const blocks = status === 0 ? stdout.split(/^GPU\d+:$/m).slice(1) : [];
  // Mesa's and SwiftShader's processors in software are Vulkan devices of type CPU.
  const card = blocks.find((block) => !/PHYSICAL_DEVICE_TYPE_CPU/.test(block));
  if (card) return /deviceName\s*=\s*(.*)/.exec(card)?.[1].trim() ?? 'Vulkan device';
  if (status === 0) return null;
  const nodes = existsSync('/dev/dri') ? readdirSync('/dev/dri') : [];
  return nodes.some((name) => name.startsWith('renderD')) ? 'graphics card (/dev/dri)' : null;
}

function ask(command, args) {
  const { status, stdout } = spawnSync(command, args, { timeout: ASK_TIMEOUT_MS, encoding: 'utf8' });
  return { status, stdout: stdout ?? '' };
}
