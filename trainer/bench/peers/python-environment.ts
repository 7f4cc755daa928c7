/**
 * A Python environment for the peers alone: made by `python3 -m venv` at the first use, filled from requirements.txt,
 * found again next time by the hash of what was asked of it. Knows the peers' packages, not the peers.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseRequirements, type Requirement } from './requirements.ts';

export interface PythonEnvironment {
  /** The interpreter. */
  readonly python: string;
  /** Requirements that did not install, with pip's reason. */
  readonly missing: Readonly<Record<string, string>>;
}

export interface PythonOptions {
  readonly folder: string;
  /** The peers compute on a GPU: wheels with CUDA are wanted. */
  readonly wantsCuda: boolean;
  readonly say: (line: string) => void;
}

const REQUIREMENTS = path.join(import.meta.dirname, 'requirements.txt');
const CONSTRAINTS = path.join(import.meta.dirname, 'constraints.txt');
const CPU_WHEELS = 'https://download.pytorch.org/whl/cpu';
const OUTPUT_KEPT = 4_000;
const BEAT_MS = 20_000;
/** Without these nothing of the peers runs. */
const NEEDED = ['torch', 'numpy'];

export async function openPythonEnvironment(options: PythonOptions): Promise<PythonEnvironment> {
  const { folder, say, wantsCuda } = options;
  const python = path.join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const stamp = path.join(folder, 'installed.json');
  const hash = createHash('sha256')
    .update(readFileSync(REQUIREMENTS))
    .update(readFileSync(CONSTRAINTS))
    .update(String(wantsCuda))
    .digest('hex');
  const installed = await readFile(stamp, 'utf8').catch(() => '{}');
  if (existsSync(python) && (JSON.parse(installed) as { hash?: string }).hash === hash) {
    return { python, missing: {} };
  }

  say(`peers: making a Python environment in ${folder} (some minutes and up to 7 GB, once)`);
  await mkdir(path.dirname(folder), { recursive: true });
  await makeVenv(folder);
  const missing: Record<string, string> = {};
  const requirements = parseRequirements(await readFile(REQUIREMENTS, 'utf8'));
  for (const requirement of requirements) {
    say(`peers: installing ${requirement.specifier}`);
    const beat = setInterval(() => say(`peers: still installing ${requirement.specifier}`), BEAT_MS);
    const reason = await install(python, requirement, wantsCuda).finally(() => clearInterval(beat));
    if (reason === undefined) continue;
    if (NEEDED.includes(requirement.name)) throw notInstalled(requirement, reason);
    missing[requirement.name] = reason;
    say(`peers: ${requirement.name} did not install (${reason})`);
  }
  // With something missing the next call tries again.
  if (Object.keys(missing).length === 0) await writeFile(stamp, JSON.stringify({ hash }));
  return { python, missing };
}

async function makeVenv(folder: string): Promise<void> {
  const failure = await runQuietly('python3', ['-m', 'venv', folder]);
  if (failure === undefined) return;
  throw new Error(
    `--peers: expected python3 with the venv module, got: ${failure}. Install Python 3.11 or newer ` +
      '(Debian and Ubuntu: python3-venv), or run without --peers.',
  );
}

/** The reason why not, or undefined. */
async function install(
  python: string,
  { specifier, name, isAlone }: Requirement,
  wantsCuda: boolean,
): Promise<string | undefined> {
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--quiet', specifier];
  if (name === 'torch' && process.platform === 'linux' && !wantsCuda) {
    const fromCpuWheels = ['--index-url', CPU_WHEELS, '--retries', '0', '--timeout', '10'];
    if ((await runQuietly(python, [...pip, ...fromCpuWheels])) === undefined) return undefined;
  }
  return runQuietly(python, [...pip, ...(isAlone ? ['--no-deps'] : ['--constraint', CONSTRAINTS])]);
}

function notInstalled({ specifier }: Requirement, reason: string): Error {
  return new Error(
    `--peers: expected ${specifier} to install, got: ${reason}. Is there a network, and is Python 3.11 or newer? ` +
      'Run without --peers otherwise.',
  );
}

/** The last line a failed command said, undefined when it succeeded. */
function runQuietly(command: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk: Buffer) => {
      output = (output + String(chunk)).slice(-OUTPUT_KEPT);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code) => resolve(code === 0 ? undefined : lastError(output, code)));
  });
}

function lastError(output: string, code: number | null): string {
  const lines = output.trim().split('\n');
  return lines.findLast((line) => line.startsWith('ERROR')) ?? lines.at(-1) ?? `exit ${code}`;
}
