/**
 * For tests: lets Dawn find the software Vulkan device that Debian's chromium brings, where there is no card. Its speed says
 * nothing (0.3 GFLOP/s): it shows that results are right.
 */
import { existsSync } from 'node:fs';
import { gpuPackageFolder } from '../../gpu/folder.mjs';
import { mayHaveCard } from './dawn.ts';
import { type Registered, registerWebgpu } from './register.ts';

const ICD = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** Opens the webgpu device of this process, or says in words why there is none. */
export async function openForTests(): Promise<Registered | string> {
  if (!mayHaveCard() && existsSync(ICD)) process.env.VK_DRIVER_FILES ??= ICD;
  try {
    return await registerWebgpu({ folder: gpuPackageFolder(), asked: true });
  } catch (error) {
    return (error as Error).message;
  }
}
