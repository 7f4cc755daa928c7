// `node probe.mjs [backend]`: opens one backend (the best one without a name) and tells as one line of JSON which it got.
// In a process of its own: a broken driver may end it, and TensorFlow.js has one engine for each process.
import { register } from 'tsx/esm/api';

register();
const { openBackend } = await import('../../compute/backend.ts');
const { plannedBackend, readMemoryRoom } = await import('../memory-plan.ts');
const { readSettings } = await import('../settings.ts');
const said = [];
const name = process.argv[2];
const { threads } = readSettings();
const backend = await openBackend({ name, threads, say: (line) => said.push(line) });
const { tensorBytes, isOnCard } = readMemoryRoom(backend);
const told = {
  name: backend.name,
  device: backend.device,
  threads: backend.threads,
  isOnCard,
  cardBytes: isOnCard ? tensorBytes : undefined,
  planned: plannedBackend(backend),
};
// Dawn keeps the process alive: the end comes with the last byte of the answer.
process.stdout.write(`${JSON.stringify({ ...told, said: said.join(' ') })}\n`, () => process.exit(0));
