/** A process that fits a few steps and prints by how many bytes it grew at most: `node --import tsx memory.fixture.ts <settings>`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { openBackend } from '../compute/backend.ts';
import { createRng } from '../compute/rng.ts';
import { tf } from '../compute/tf.ts';
import { fitSettings } from './defaults.ts';
import { createTraining } from './training.ts';

const { width, hiddenWidth, k, batchTokens } = JSON.parse(process.argv[2]) as Record<string, number>;

function readStatus(name: 'VmRSS' | 'VmHWM'): number {
  const line = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync('/proc/self/status', 'utf8'));
  return 1024 * Number(line?.[1]);
}

const rng = createRng(1);
const randomRows = (rows: number) => Float32Array.from({ length: rows * hiddenWidth }, () => rng.normal());

const { kernels } = await openBackend({ name: 'native' });
const settings = fitSettings({ hiddenWidth, width, k, batchTokens, tokens: 4 * batchTokens });
const batch_BD = randomRows(batchTokens);
writeFileSync('/proc/self/clear_refs', '5'); // the peak is counted from here
const beforeBytes = readStatus('VmRSS');
const training = await createTraining(kernels, settings, randomRows(settings.initTokens));
for (let step = 0; step < 4; step++) {
  const hidden_BD = tf.tensor2d(batch_BD.slice(), [batchTokens, hiddenWidth]);
  await training.advance(hidden_BD, true);
  hidden_BD.dispose();
}
console.log(readStatus('VmHWM') - beforeBytes);
process.exit(0);
