/** One call of a benchmark: its options, its processes and the data they share, all gone when it ends. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkout, type Settings } from '../commands/settings.ts';
import { type Contender, openContender, reasonOf } from './contender.ts';
import { writeHidden } from './hidden-file.ts';
import { interleave, type Entry, type Outcome } from './interleave.ts';
import type { BenchOptions, Shape } from './options.ts';
import { choosePeers, type PeerSpec } from './peers/peers.ts';
import { openPythonEnvironment, type PythonEnvironment } from './peers/python-environment.ts';
import type { SubjectName } from './subjects/subjects.ts';

export interface OwnChoice {
  readonly backend?: string;
  readonly instructionSet?: string;
}

export interface Session {
  readonly options: BenchOptions;
  readonly say: (line: string) => void;
  /** One process of ours; without a choice the first backend asked for, or the best. */
  openOurs(subject: SubjectName, shape: Shape, own?: OwnChoice): Promise<Contender>;
  /** Of these peers the ones asked for, none without --peers; those that do not open join `failed`. */
  openPeers(peers: readonly PeerSpec[], shape: Shape): Promise<readonly Contender[]>;
  measure(entries: readonly Entry[]): Promise<Outcome>;
  /** Peers that did not install, open or run, with their reasons. */
  readonly failed: Record<string, string>;
  /** Ends the processes opened so far: what comes next has the memory to itself. */
  closeContenders(): Promise<void>;
  close(): Promise<void>;
}

const WORKER = path.join(import.meta.dirname, 'worker.ts');
const PEER = path.join(import.meta.dirname, 'peers/peer.py');
/** What the peers stand on, to tell a peer that cannot run from one that did not install. */
const DISTRIBUTIONS: Record<string, string> = {
  sae_lens_topk: 'sae-lens',
  sparsify_topk: 'eai-sparsify',
  dictionary_learning_topk: 'dictionary-learning',
  // It comes with that one.
  transformers_forward: 'sae-lens',
  torch_generate: 'sae-lens',
};

export async function openSession(
  options: BenchOptions,
  settings: Settings,
  say: (line: string) => void,
): Promise<Session> {
  const folder = await mkdtemp(path.join(tmpdir(), 'residua-bench-'));
  const contenders: Contender[] = [];
  const failed: Record<string, string> = {};
  const written = new Set<string>();
  let environment: PythonEnvironment | undefined;
  let threads = options.threads ?? settings.threads;

  async function dataFor(shape: Shape): Promise<string> {
    const file = path.join(folder, `hidden-${shape.B}x${shape.D}.f32`);
    if (!written.has(file)) await writeHidden(file, options.data, shape, 1);
    written.add(file);
    return file;
  }

  async function openOurs(subject: SubjectName, shape: Shape, own: OwnChoice = {}): Promise<Contender> {
    const instructionSet = own.instructionSet ?? options.isa;
    const name = own.backend ?? options.backends[0] ?? settings.backend;
    say(
      `opening ${subject}${name ? ` on ${name}` : ''} (B ${shape.B}, D ${shape.D}, F ${shape.F}, K ${shape.K})`,
    );
    const args = ['--import', 'tsx', '--expose-gc', WORKER];
    const command = {
      name: `ours ${subject}`,
      command: process.execPath,
      args,
      env: process.env,
      cwd: checkout,
      say,
    };
    const data = subject === 'products' ? undefined : await dataFor(shape);
    const contender = await openContender(command, {
      subject,
      shape,
      threads,
      backend: name,
      instructionSet,
      data,
    });
    contenders.push(contender);
    threads ??= contender.about.threads; // peers get what ours took
    return contender;
  }

  async function openPeer(spec: PeerSpec, shape: Shape): Promise<Contender> {
    const { python, missing } = environment!;
    const notInstalled = missing[DISTRIBUTIONS[spec.module] ?? ''];
    if (notInstalled) throw new Error(`not installed: ${notInstalled}`);
    const count = String(threads ?? 1);
    const env = {
      ...process.env,
      OMP_NUM_THREADS: count,
      MKL_NUM_THREADS: count,
      OPENBLAS_NUM_THREADS: count,
      PYTHONDONTWRITEBYTECODE: '1', // no __pycache__ among the sources
    };
    return openContender(
      { name: spec.name, command: python, args: [PEER], env, cwd: folder },
      {
        peer: spec.module,
        variant: spec.variant,
        shape,
        threads: Number(count),
        device: options.device,
        data: spec.module === 'products' ? undefined : await dataFor(shape),
      },
    );
  }

  async function openPeers(peers: readonly PeerSpec[], shape: Shape): Promise<readonly Contender[]> {
    if (!options.peers) return [];
    const opened: Contender[] = [];
    environment ??= await openPythonEnvironment({
      folder: path.join(settings.home, 'bench/python'),
      wantsCuda: options.device !== 'cpu',
      say,
    });
    for (const spec of choosePeers(peers, options.only)) {
      say(`opening peer ${spec.name}`);
      try {
        opened.push(await openPeer(spec, shape));
      } catch (error) {
        failed[spec.name] = reasonOf(error, spec.name);
        say(`peer ${spec.name} is left out: ${failed[spec.name]}`);
      }
    }
    contenders.push(...opened);
    return opened;
  }

  async function closeContenders(): Promise<void> {
    await Promise.all(contenders.splice(0).map((contender) => contender.close()));
  }

  return {
    options,
    say,
    failed,
    openOurs,
    openPeers,
    async measure(entries) {
      const { repeats, warmups } = options;
      const outcome = await interleave(entries, { repeats, warmups, say });
      for (const [name, reason] of Object.entries(outcome.failed)) say(`peer ${name} is left out: ${reason}`);
      Object.assign(failed, outcome.failed);
      return outcome;
    },
    closeContenders,
    async close() {
      await closeContenders();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
