/** Runs one Postgres program to its end, as the server's account, in a locale that exists everywhere. */
import { spawn } from 'node:child_process';
import type { Account } from './account.ts';

export interface ProgramResult {
  /** Null when it could not be started or was killed. */
  readonly exitCode: number | null;
  /** stdout and stderr together. */
  readonly output: string;
}

export function runProgram(path: string, args: readonly string[], account: Account): Promise<ProgramResult> {
  return new Promise((resolve) => {
    // LC_ALL=C: a LANG naming a locale this machine lacks makes initdb fail. cwd: the account may not see ours.
    const child = spawn(path, args, {
      ...account,
      cwd: process.platform === 'win32' ? undefined : '/',
      env: { ...(process.platform === 'win32' ? process.env : { PATH: process.env.PATH }), LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', (error) => resolve({ exitCode: null, output: output + error.message }));
    // 'exit' and not 'close': on Windows the server inherits the pipes and would keep them open.
    child.on('exit', (exitCode) => setImmediate(() => resolve({ exitCode, output })));
  });
}
