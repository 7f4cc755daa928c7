/** A real `residua work` in a process of its own, for the journeys: opened, killed without mercy, opened again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';

import { checkout } from '../settings.ts';

export interface WorkerProcess {
  /** SIGKILL, and wait until it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; its exit code. */
  stop(): Promise<number | null>;
}

export function openWorkerProcess(databaseUrl: string, home: string): WorkerProcess {
  const log = openSync(path.join(home, 'worker.log'), 'a');
  const child: ChildProcess = spawn(process.execPath, ['trainer/bin/residua.mjs', 'work'], {
    cwd: checkout,
    env: { ...process.env, DATABASE_URL: databaseUrl, RESIDUA_HOME: home },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const gone = once(child, 'exit');
  return {
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
    stop: async () => {
      child.kill('SIGTERM');
      await gone;
      return child.exitCode;
    },
  };
}
