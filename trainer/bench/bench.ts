/** `npm run bench -- <name> [flags]`: runs one benchmark, prints its table and, with --json, one object; without a name, lists them. */
import { cpus, loadavg, totalmem } from 'node:os';
import { readCodeCommit } from '../commands/train-sae/code-commit.ts';
import { readSettings } from '../commands/settings.ts';
import { encodeBench } from './encode.bench.ts';
import { flexsaeBench } from './flexsae.bench.ts';
import { gemmBench } from './gemm.bench.ts';
import { generateBench } from './generate.bench.ts';
import { harvestBench } from './harvest.bench.ts';
import { hierarchicalBench } from './hierarchical.bench.ts';
import { lmForwardBench } from './lm-forward.bench.ts';
import { lmStepBench } from './lm-step.bench.ts';
import { type BenchDefaults, FLAGS_HELP, parseOptions } from './options.ts';
import type { Circumstances, Findings } from './report.ts';
import { openSession, type Session } from './session.ts';
import { publishBench } from './publish.bench.ts';
import { stepBench } from './step.bench.ts';
import { formatTable } from './table.ts';

export interface Bench {
  /** Half a line. */
  readonly summary: string;
  /** What it measures, what the keys mean, examples. */
  readonly help: string;
  readonly defaults: BenchDefaults;
  run(session: Session): Promise<Findings>;
}

const BENCHES: Readonly<Record<string, Bench>> = {
  step: stepBench,
  gemm: gemmBench,
  encode: encodeBench,
  hierarchical: hierarchicalBench,
  harvest: harvestBench,
  'lm-forward': lmForwardBench,
  'lm-step': lmStepBench,
  generate: generateBench,
  flexsae: flexsaeBench,
  publish: publishBench,
};

/** Somebody else's load above this share of the cores makes figures that say little. */
const BUSY_SHARE = 0.25;

function help(): string {
  const width = Math.max(...Object.keys(BENCHES).map((name) => name.length));
  const lines = Object.entries(BENCHES).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return `npm run bench -- <name> [flags]\n\n${lines.join('\n')}\n\n${FLAGS_HELP}\n\n<name> --help tells more.`;
}

async function runBench(name: string, bench: Bench, words: readonly string[]): Promise<void> {
  const options = parseOptions(words, bench.defaults);
  if (options.help) {
    const { B, D, F, K } = bench.defaults.shape;
    console.log(
      `${bench.summary}\n\n${bench.help}\n\nDefault shape: B ${B}, D ${D}, F ${F}, K ${K}.\n\n${FLAGS_HELP}`,
    );
    return;
  }
  const say = (line: string) => console.error(line);
  const circumstances = readCircumstances(name, options);
  const { cores, loadAverage } = circumstances.machine;
  if (loadAverage > BUSY_SHARE * cores) {
    say(
      `The machine is busy (load ${loadAverage.toFixed(1)} on ${cores} cores): do not quote these figures. ` +
        'Ratios suffer too, since threads that wait by turning lose more than ours.',
    );
  }
  const session = await openSession(options, readSettings(), say);
  try {
    const { keys, header, rows, notes } = await bench.run(session);
    const text = [formatTable(header, rows), ...notes].join('\n');
    if (options.json) {
      console.error(text);
      console.log(JSON.stringify({ ...circumstances, ...keys }));
    } else console.log(text);
  } finally {
    await session.close();
  }
}

function readCircumstances(
  bench: string,
  { repeats, warmups }: { repeats: number; warmups: number },
): Circumstances {
  const processors = cpus();
  return {
    bench,
    date: new Date().toISOString(),
    commit: readCodeCommit(),
    machine: {
      processor: processors[0]?.model.trim() ?? 'unknown',
      cores: processors.length,
      memoryBytes: totalmem(),
      loadAverage: loadavg()[0],
    },
    dtype: 'float32',
    repeats,
    warmups,
  };
}

const [name, ...words] = process.argv.slice(2);
if (name === undefined || name === '--help') {
  console.log(help());
} else if (!Object.hasOwn(BENCHES, name)) {
  console.error(`bench: expected one of ${Object.keys(BENCHES).join(', ')}, got "${name}"`);
  process.exitCode = 2;
} else {
  try {
    await runBench(name, BENCHES[name], words);
  } catch (error) {
    console.error(`bench ${name}: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
