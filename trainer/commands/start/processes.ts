/** The children of `residua start`: spawned with a log each, restarted when asked to, all stopped together. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const STOP_TIMEOUT_MS = 6_000; // a worker may have to finish a checkpoint
const FIRST_RESTART_MS = 500;
const LAST_RESTART_MS = 30_000;
const HEALTHY_AFTER_MS = 60_000; // a child that lived this long starts its back-off anew

export interface ChildSpec {
  readonly name: string;
  /** Arguments of node. */
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly isRestarted: boolean;
  /** Told when it died unasked. */
  readonly onDeath?: (code: number | null, signal: NodeJS.Signals | null) => void;
}

export class Processes {
  readonly #logFolder: string;
  readonly #children = new Map<string, ChildProcess>();
  readonly #ports = new Map<string, Set<number>>();
  #isStopping = false;

  constructor(logFolder: string) {
    this.#logFolder = logFolder;
    mkdirSync(logFolder, { recursive: true });
  }

  logFile(name: string): string {
    return path.join(this.#logFolder, `${name}.log`);
  }

  readLogTail(name: string, lines = 20): string {
    return readFileSync(this.logFile(name), 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }

  /** The child of this name lives and listens there (tether.mjs tells). */
  isListening(name: string, port: number): boolean {
    return this.#ports.get(name)?.has(port) ?? false;
  }

  open(spec: ChildSpec, restartMs = FIRST_RESTART_MS): void {
    if (this.#isStopping) return;
    const log = openSync(this.logFile(spec.name), 'a');
    const tether = pathToFileURL(path.join(import.meta.dirname, 'tether.mjs')).href;
    const child = spawn(process.execPath, ['--import', tether, ...spec.args], {
      cwd: spec.cwd,
      env: { ...spec.env, RESIDUA_TETHERED_TO: String(process.pid) },
      // Its own process group: Ctrl-C reaches us alone, and we stop the children in order.
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    this.#children.set(spec.name, child);
    const openedAt = Date.now();
    child.on('error', () => undefined);
    child.on('message', (told: { listening?: number }) => {
      if (told.listening === undefined) return;
      this.#ports.set(spec.name, (this.#ports.get(spec.name) ?? new Set()).add(told.listening));
    });
    child.on('exit', (code, signal) => {
      if (this.#isStopping) return;
      this.#ports.delete(spec.name);
      spec.onDeath?.(code, signal);
      if (!spec.isRestarted) return;
      const wait = Date.now() - openedAt > HEALTHY_AFTER_MS ? FIRST_RESTART_MS : restartMs;
      setTimeout(() => this.open(spec, Math.min(wait * 2, LAST_RESTART_MS)), wait);
    });
  }

  async close(): Promise<void> {
    this.#isStopping = true;
    await Promise.all([...this.#children.values()].map(stop));
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const late = new AbortController();
  await Promise.race([
    gone,
    sleep(STOP_TIMEOUT_MS, undefined, { signal: late.signal }).catch(() => undefined),
  ]);
  late.abort();
  try {
    // The whole group: a child may have children of its own.
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // already gone
  }
}
