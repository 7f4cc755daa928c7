import { openBackend } from '../backend.ts';
import { describeKernels } from '../kernels.contract.ts';

for (const name of ['cpu', 'wasm']) {
  describeKernels(`reference kernels on ${name}`, async () => (await openBackend({ name })).kernels);
}
