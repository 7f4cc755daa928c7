/**
 * One process of ours: reads a request a line, answers a line (protocol.ts). A process of its own because TensorFlow.js
 * has one engine, hence one backend, per process, and because memory is then the operation's own. Only that is timed.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Tensor2D } from '@tensorflow/tfjs';
import { openBackend } from '../compute/backend.ts';
import { loadAddon } from '../compute/native/addon.ts';
import { tf } from '../compute/tf.ts';
import type { Shape } from './options.ts';
import type { About, OpenRequest, Request } from './protocol.ts';
import { forgetPeak, peakResidentBytes, residentBytes } from './resident-set.ts';
import { isSubject, openSubject, type Operations } from './subjects/subjects.ts';

console.log = console.error; // whatever a library prints must not come between the answers

let operations: Operations = {};
let baselineBytes = 0;

async function open(request: OpenRequest): Promise<About> {
  const { shape, subject = '', data } = request;
  if (!isSubject(subject)) throw new Error(`subject: expected one of subjects/, got "${subject}".`);
  const backend = await openBackend({ name: request.backend, threads: request.threads });
  if (request.backend && backend.name !== request.backend) {
    throw new Error(`--backend ${request.backend} is not available here; see the line above for the reason`);
  }
  // Other backends are as they are.
  const instructionSet = backend.name === 'native' ? request.instructionSet : undefined;
  if (instructionSet) useInstructionSet(instructionSet);
  const batches = data ? readHidden(data, shape) : [];
  forgetPeak();
  baselineBytes = residentBytes();
  operations = await openSubject(subject, { backend, shape, batches });
  return {
    operations: Object.keys(operations),
    versions: { node: process.versions.node, tfjs: tf.version['tfjs-core'] },
    backend: backend.name,
    device: instructionSet ?? backend.device,
    threads: backend.threads,
  };
}

function useInstructionSet(name: string): void {
  if (loadAddon().useInstructionSet(name)) return;
  throw new Error(`--isa: expected one that this processor has, got "${name}"`);
}

/** What hidden-file.ts wrote, a tensor a batch. */
function readHidden(path: string, { B, D }: Shape): Tensor2D[] {
  const bytes = readFileSync(path);
  const hidden = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  return Array.from({ length: hidden.length / (B * D) }, (_, i) =>
    tf.tensor2d(hidden.slice(i * B * D, (i + 1) * B * D), [B, D]),
  );
}

async function answer(request: Request): Promise<unknown> {
  switch (request.do) {
    case 'open':
      return open(request);
    case 'run': {
      const operation = operations[request.operation];
      if (!operation)
        throw new Error(`operation ${request.operation}: this process has ${Object.keys(operations)}`);
      const startedMs = performance.now();
      const parts = await operation();
      return { ms: performance.now() - startedMs, parts: parts ?? undefined };
    }
    case 'rest':
      forgetPeak();
      return {};
    case 'memory':
      // Tiny shapes vanish in what the heap gives back meanwhile.
      return { peakBytes: Math.max(0, peakResidentBytes() - baselineBytes), ...deviceMemory() };
    case 'close':
      process.exit(0);
  }
}

/** tfjs' own count of what lies on the device: not its peak, hence only where there is a device. */
function deviceMemory(): { devicePeakBytes?: number } {
  const { numBytesInGPU } = tf.memory() as { numBytesInGPU?: number };
  return numBytesInGPU ? { devicePeakBytes: numBytesInGPU } : {};
}

for await (const line of createInterface({ input: process.stdin })) {
  let text: string;
  try {
    text = JSON.stringify({ ok: await answer(JSON.parse(line) as Request) });
  } catch (error) {
    console.error(error);
    text = JSON.stringify({ error: (error as Error).message });
  }
  process.stdout.write(`${text}\n`);
}
process.exit(0);
