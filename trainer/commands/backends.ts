/** `residua backends`: what computes here: every backend, whether it opens, on what, why not, and which one is taken. */
import { Command } from 'commander';

import { formatBytes } from '../compute/memory.ts';
import { readAvailableMemory } from '../compute/available-memory.ts';
import {
  pickBackend,
  probeBackends,
  type OpenedBackend,
  type ProbedBackend,
} from './backends/probe-backends.ts';
import { readSettings } from './settings.ts';

export function backendsCommand(): Command {
  return new Command('backends')
    .description('Say what can compute here: which backends open, on what device, and which one is taken.')
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      `
tensorflow and webgpu are taken by themselves only on a graphics processor (npm run gpu brings their packages);
RESIDUA_BACKEND=<name> takes any of them, or, where that does not open, the next below it.`,
    )
    .action(backends);
}

async function backends({ json }: { json: boolean }): Promise<void> {
  const { backend: asked } = readSettings();
  const taken = await pickBackend(asked);
  const probed: ProbedBackend[] = [];
  for await (const one of probeBackends()) {
    probed.push(one);
    if (!json) console.log(formatProbed(one, taken));
  }
  if (json) return console.log(JSON.stringify({ asked: asked ?? null, taken, backends: probed }));
  console.log(`${asked ? `RESIDUA_BACKEND=${asked}` : 'By default'} ${taken.name} is taken.`);
  const { ramBytes, ramSource } = readAvailableMemory();
  console.log(`memory: ${formatBytes(ramBytes)} ${ramSource}`);
}

function formatProbed({ name, opened, reason }: ProbedBackend, taken: OpenedBackend): string {
  const mark = taken.name === name ? '*' : ' ';
  const words = opened ? `opens: ${formatOpened(opened)}` : `does not open: ${reason}`;
  return `${mark} ${name.padEnd(11)} ${words}`;
}

export function formatOpened({ device, threads, cardBytes }: OpenedBackend): string {
  const facts = [
    device,
    ...(threads > 1 ? [`${threads} threads`] : []),
    ...(cardBytes === undefined ? [] : [`${formatBytes(cardBytes)} free`]),
  ];
  return facts.join(', ');
}
