/** `residua steer write`: what a model answers, as a corpus: whole conversations as it sees them, markup included. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { gzipSync } from 'node:zlib';
import { Command } from 'commander';

import { openBackend } from '../../compute/backend.ts';
import { loadModel } from '../../lm/model.ts';
import { writeDurably } from '../../sae/write-durably.ts';
import { openChat } from '../../steering/chat.ts';
import { STEERING_DEFAULTS } from '../../steering/settings.ts';
import { openModelFolder } from '../model-folder.ts';
import { readSettings } from '../settings.ts';
import { parseCount, parsePositive, parseSeed } from '../train-lm/options.ts';
import { STEER_DEFAULTS } from './config.ts';
import { openProblems } from './problem-sets.ts';
import { writeConversations } from './conversations.ts';

interface Options {
  readonly model: string;
  readonly problems: string;
  readonly count?: number;
  readonly samples: number;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly seed: number;
  readonly to: string;
}

export function steerWriteCommand(): Command {
  return new Command('write')
    .description('Answer training problems and keep the conversations as a corpus to fit dictionaries on.')
    .requiredOption('--to <file>', 'JSON Lines to write: answers.jsonl or answers.jsonl.gz')
    .option(
      '--model <folder>',
      'folder of the model, its name, or org/name on the hub',
      STEER_DEFAULTS.modelFolder,
    )
    .option('--problems <file>', "JSON Lines, or reasoner: the reasoner's own", STEER_DEFAULTS.problems)
    .option('--count <count>', 'training problems, the first ones (default: all)', parseCount)
    .option('--samples <count>', 'answers to each', parseCount, 1)
    .option('--max-tokens <count>', 'of an answer', parseCount, STEERING_DEFAULTS.maxTokens)
    .option('--temperature <number>', 'of sampling', parsePositive, STEERING_DEFAULTS.temperature)
    .option('--seed <number>', 'decides what is sampled', parseSeed, 1)
    .addHelpText('after', HELP)
    .action(run);
}

const HELP = `
A line is {"text": ...}: prompt and answer with the marks of the model's chat template. Read as a corpus it gives the very
tokens the model saw and wrote; the few answers written in tokens that their text would not be cut into are left out.

  residua steer write --model residua-reasoner --to answers.jsonl.gz
  residua train-sae --slug answers --model residua-reasoner --corpora file:answers.jsonl.gz=1 --packing document ...`;

async function run({ to, model, problems, count, ...sampling }: Options): Promise<void> {
  const settings = readSettings();
  const backend = await openBackend({ name: settings.backend, threads: settings.threads });
  const folder = await openModelFolder(model, settings.home);
  const opened = await loadModel(folder);
  const startedMs = performance.now();
  try {
    const chat = await openChat(folder, opened.tokenizer);
    const { train } = await openProblems({ problems, testProblems: null, testCount: 1 });
    const asked = train.slice(0, count);
    const { texts, left } = await writeConversations(opened, asked, { chat, ...sampling });
    const file = path.resolve(to);
    const lines = Buffer.from(texts.map((text) => `${JSON.stringify({ text })}\n`).join(''));
    const { sha256, sizeBytes } = await saveLines(file, lines);
    console.log(`${file}: ${texts.length} conversations, ${sizeBytes} bytes, sha256 ${sha256}`);
    console.log(`  of all lines, unpacked: sha256 ${createHash('sha256').update(lines).digest('hex')}`);
    if (left > 0) console.log(`  ${left} left out: their text would be cut into other tokens`);
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    console.log(`  ${opened.slug}, ${backend.name} (${backend.device}), ${seconds} s`);
  } finally {
    opened.dispose();
  }
}

async function saveLines(file: string, lines: Buffer): Promise<{ sha256: string; sizeBytes: number }> {
  const bytes = file.endsWith('.gz') ? gzipSync(lines, { level: 9 }) : lines;
  const { sha256 } = await writeDurably(file, [bytes]);
  return { sha256, sizeBytes: bytes.length };
}
