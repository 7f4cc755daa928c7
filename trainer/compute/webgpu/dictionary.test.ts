import { describe, it } from 'vitest';
import { openBackend } from '../backend.ts';
import { describeKernels } from '../kernels.contract.ts';
import { createWebgpuKernels } from './dictionary.ts';
import { openForTests } from './swiftshader.ts';

const opened = await openForTests();

if (typeof opened === 'string') {
  describe.skip(`webgpu kernels: ${opened}`, () => {
    it('runs where Dawn and a Vulkan device are', () => {});
  });
} else {
  describeKernels(`webgpu kernels on ${opened.device}`, async () => {
    await openBackend({ name: 'webgpu' });
    return createWebgpuKernels(opened.backend);
  });
}
