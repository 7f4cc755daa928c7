/** The command line: one file for each command, composed here. */
import { Command } from 'commander';

import { backendsCommand } from './backends.ts';
import { boostCommand } from './boost.ts';
import { budgetCurveCommand } from './budget-curve.ts';
import { dbCommand } from './db.ts';
import { evaluateCommand } from './evaluate.ts';
import { evaluateLmCommand } from './evaluate-lm.ts';
import { exportCommand } from './export.ts';
import { harvestCommand } from './harvest.ts';
import { importCommand } from './import.ts';
import { limeCommand } from './lime.ts';
import { matchCommand } from './match.ts';
import { trainReasonerCommand } from './reasoner.ts';
import { retryCommand } from './retry.ts';
import { startCommand } from './start.ts';
import { steerCommand } from './steer.ts';
import { studiesCommand } from './studies.ts';
import { trainLmCommand } from './train-lm.ts';
import { trainSaeCommand } from './train-sae.ts';
import { trainTokenizerCommand } from './train-tokenizer.ts';
import { trialsCommand } from './trials.ts';
import { vectorsCommand } from './vectors.ts';
import { workCommand } from './work.ts';

const program = new Command('residua')
  .description('Train, explain, publish and browse sparse feature dictionaries of language models.')
  .addHelpText(
    'after',
    `
Settings by environment:
  PORT, API_PORT     site (3000) and GraphQL (4000, path /graphql, HTTP and WebSocket)
  RESIDUA_HOME       data: embedded database, checkpoints, caches, logs (.residua)
  DATABASE_URL       a Postgres of your own, 15 or newer, instead of the embedded one
  RESIDUA_BACKEND    tensorflow, webgpu, native, wasm or cpu (residua backends says which is taken)
  RESIDUA_THREADS    threads of the native backend (every core)
  HF_TOKEN           for gated models and data sets of the Hugging Face hub; HF_HOME, HF_ENDPOINT, HF_HUB_OFFLINE too

First time: npm start. It trains a dictionary on real text and opens a site to browse it.`,
  )
  .showHelpAfterError('(residua --help lists the commands, residua <command> --help teaches one)')
  .addCommand(startCommand())
  .addCommand(trainSaeCommand())
  .addCommand(boostCommand())
  .addCommand(budgetCurveCommand())
  .addCommand(harvestCommand())
  .addCommand(importCommand())
  .addCommand(exportCommand())
  .addCommand(matchCommand())
  .addCommand(trainLmCommand())
  .addCommand(trainTokenizerCommand())
  .addCommand(trainReasonerCommand())
  .addCommand(steerCommand())
  .addCommand(limeCommand())
  .addCommand(evaluateLmCommand())
  .addCommand(evaluateCommand())
  .addCommand(trialsCommand())
  .addCommand(studiesCommand())
  .addCommand(vectorsCommand())
  .addCommand(workCommand())
  .addCommand(retryCommand())
  .addCommand(backendsCommand())
  .addCommand(dbCommand());

try {
  await program.parseAsync();
} catch (error) {
  console.error(`residua: ${error instanceof Error ? error.message : String(error)}`);
  if (process.env.RESIDUA_DEBUG) console.error(error);
  process.exitCode = 1;
}
