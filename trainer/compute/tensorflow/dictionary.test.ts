import { describe, expect, it } from 'vitest';
import { openBackend } from '../backend.ts';
import { describeKernels } from '../kernels.contract.ts';

const lines: string[] = [];
const opened = await openBackend({ name: 'tensorflow', threads: 2, say: (line) => lines.push(line) });

if (opened.name === 'tensorflow') {
  describeKernels(`kernels on tensorflow (${opened.device})`, () => Promise.resolve(opened.kernels));
} else {
  console.log(`tensorflow kernels skipped: ${lines[0]}`);
  describe.skip(`kernels on tensorflow: ${lines[0]}`, () => {
    it('has the next backend in its place', () => expect(opened.name).not.toBe('tensorflow'));
  });
}
