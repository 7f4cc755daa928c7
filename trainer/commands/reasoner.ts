/** `residua train-reasoner`: trains the small model that solves arithmetic by steps or guesses, for steering to improve. */
import { basename, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { openBackend } from '../compute/backend.ts';
import { FIT_DEFAULTS } from '../lm-fit/settings.ts';
import { countParameters } from '../lm/parameters.ts';
import { fitReasoner, type ReasonerFit, type ReasonerFitSettings } from '../steering/reasoner/fit.ts';
import { MIXTURES, type Mixture } from '../steering/reasoner/styles.ts';
import { checkMemory, plannedBackend, readMemoryRoom } from './memory-plan.ts';
import { openStart } from './reasoner/start.ts';
import { writeReasoner } from './reasoner/write-reasoner.ts';
import { readSettings } from './settings.ts';
import { planTrainLm } from './train-lm/memory.ts';
import { parseCount, parseIndex, parsePositive, parseSeed } from './train-lm/options.ts';

interface Options {
  readonly out: string;
  readonly from?: string;
  readonly mixture: Mixture;
  readonly seed: number;
  readonly steps: number;
  readonly practice: number;
  readonly decay: number;
  readonly rows: number;
  readonly rate: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly mlp: number;
  readonly context: number;
  readonly vocab: number;
}

const LOG_EVERY_MS = 15_000;

export function trainReasonerCommand(): Command {
  return new Command('train-reasoner')
    .description('Train a small language model that solves arithmetic by steps, by guesses and by code.')
    .option('--out <folder>', 'model folder to write', 'trainer/models/residua-reasoner')
    .option('--from <folder>', 'go on from the weights and the tokenizer of this reasoner')
    .addOption(
      new Option('--mixture <name>', 'how often it answers in which way').choices(MIXTURES).default('base'),
    )
    .option('--seed <number>', 'decides the first weights and the text', parseSeed, 1)
    .option('--steps <count>', 'optimiser steps (AdamW)', parseCount, 3000)
    .option(
      '--practice <count>',
      'of them, the first ones: many questions a row, mostly steps',
      parseIndex,
      2000,
    )
    .option('--decay <count>', 'the last steps, over which the learning rate falls to 0', parseCount, 1000)
    .option('--rows <count>', 'sequences per step', parseCount, 16)
    .option('--rate <number>', 'peak learning rate', parsePositive, 3e-3)
    .option('--width <count>', 'width D of the residual stream', parseCount, 128)
    .option('--layers <count>', 'layers', parseCount, 6)
    .option('--heads <count>', 'attention heads', parseCount, 4)
    .option('--mlp <count>', 'width of the MLP', parseCount, 384)
    .option('--context <tokens>', 'tokens that it can read', parseCount, 160)
    .option('--vocab <count>', 'tokens at most', parseCount, 512)
    .addHelpText('after', HELP)
    .action(trainReasoner);
}

const HELP = `
The folder gets config.json, model.safetensors (half precision), tokenizer.json, tokenizer_config.json with a ChatML
template, and training.json with the losses, and the accuracy by test set and by way of answering. All text is made from
the seed. With --from, sizes and tokenizer are those of the model it goes on from.

Siblings:  residua train-reasoner --from trainer/models/residua-reasoner --mixture steps --steps 400 --practice 0
             --decay 400 --rate 0.001 --out trainer/models/residua-reasoner-steps
A try of a minute:  residua train-reasoner --out /tmp/tiny --width 32 --layers 2 --heads 2 --mlp 64 --steps 100
             --practice 50 --decay 50`;

async function trainReasoner(options: Options): Promise<void> {
  const settings = readSettings();
  const startedMs = performance.now();
  const backend = await openBackend({ name: settings.backend, threads: settings.threads });
  const start = await openStart(options);
  const { config } = start;
  const size = { rows: options.rows, contextLength: config.contextLength };
  checkMemory(planTrainLm(config, size, 0, plannedBackend(backend)), readMemoryRoom(backend), (line) =>
    console.log(line),
  );
  const millions = (countParameters(config) / 1e6).toFixed(2);
  console.log(`${millions} M parameters, ${backend.name} (${backend.device}, ${backend.threads} threads)`);
  const fit = fitSettingsOf(options);
  const result = await follow(fitReasoner(backend.kernels, config, fit, start.speech, start.arrays), fit);
  const saved = await writeReasoner(options.out, start, result, {
    command: commandOf(options),
    slug: basename(resolve(options.out)),
    settings: fit,
    machine: { backend: backend.name, device: backend.device, threads: backend.threads },
    seconds: () => Math.round((performance.now() - startedMs) / 1000),
  });
  console.log(`${options.out}: held-out loss ${saved.lossNats.toFixed(4)} nats per token of answers`);
  for (const { name, accuracy, n } of saved.tallies)
    console.log(`  ${name}: ${(100 * accuracy).toFixed(1)} % of ${n} right`);
}

async function follow(
  running: ReturnType<typeof fitReasoner>,
  { stepTotal }: ReasonerFitSettings,
): Promise<ReasonerFit> {
  let saidMs = performance.now();
  let losses: number[] = [];
  for (;;) {
    const { done, value } = await running.next();
    if (done) return value;
    losses.push(value.lossNats);
    if (performance.now() - saidMs < LOG_EVERY_MS) continue;
    const lossNats = losses.reduce((a, b) => a + b, 0) / losses.length;
    console.log(`step ${value.step}/${stepTotal}  loss ${lossNats.toFixed(3)}`);
    [saidMs, losses] = [performance.now(), []];
  }
}

function fitSettingsOf(options: Options): ReasonerFitSettings {
  return {
    seed: options.seed,
    stepTotal: options.steps,
    practiceSteps: options.practice,
    mixture: options.mixture,
    rows: options.rows,
    peakRate: options.rate,
    warmupSteps: Math.min(FIT_DEFAULTS.warmupSteps, Math.ceil(options.steps / 10)),
    decaySteps: options.decay,
    weightDecay: FIT_DEFAULTS.weightDecay,
    clipNorm: FIT_DEFAULTS.clipNorm,
  };
}

/** Everything that decides the weights, spelt out, so that a changed default cannot change what is on record. */
function commandOf(o: Options): string {
  const training =
    `--mixture ${o.mixture} --seed ${o.seed} --steps ${o.steps} --practice ${o.practice} --decay ${o.decay} ` +
    `--rows ${o.rows} --rate ${o.rate}`;
  if (o.from !== undefined) return `residua train-reasoner --from ${basename(resolve(o.from))} ${training}`;
  return (
    `residua train-reasoner ${training} --width ${o.width} --layers ${o.layers} --heads ${o.heads} --mlp ${o.mlp} ` +
    `--context ${o.context} --vocab ${o.vocab}`
  );
}
