/**
 * For tests: lets Dawn find the software Vulkan device that Debian's chromium brings. Must be called before Dawn is loaded.
 * Its speed says nothing (0.3 GFLOP/s): it shows that results are right.
 */
import { existsSync } from 'node:fs';
import { openBackend } from '../backend.ts';
import { type Registered, registerWebgpu } from './register.ts';
import { gpuPackageFolder } from '../../gpu/folder.mjs';

const ICD = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** The device, or in words why there is none. A real card is taken where there is one. */
export async function openForTests(): Promise<Registered | string> {
  if (existsSync(ICD)) process.env.VK_DRIVER_FILES ??= ICD;
  try {
    const opened = await registerWebgpu({ folder: gpuPackageFolder(), asked: true });
    await openBackend({ name: 'webgpu' });
    return opened;
  } catch (error) {
    return (error as Error).message;
  }
}
