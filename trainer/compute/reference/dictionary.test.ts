import { tf } from '../tf.ts';
import { describeKernels } from '../kernels.contract.ts';
import { createReferenceKernels } from './dictionary.ts';

describeKernels('reference on cpu', async () => {
  await tf.setBackend('cpu');
  return createReferenceKernels();
});
