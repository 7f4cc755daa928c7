/**
 * Claims a free port at or after the wanted one. What will listen on it is started only later, so a claim is also written
 * down for the other starts of this user: two that look in the same instant get two ports.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

import { withLock } from '@residua/prisma/embedded/lock';

import { isHolderAlive } from './holder.ts';

const MAX_STEPS = 50; // further than anyone's forgotten servers

export interface ClaimedPort {
  readonly port: number;
  release(): void;
}

/** `folder` is shared by all starts that may want the same ports. */
export async function claimPort(wanted: number, host: string, folder = claimsFolder()): Promise<ClaimedPort> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return withLock(path.join(folder, 'lock'), async () => {
    for (let port = wanted; port < Math.min(wanted + MAX_STEPS, 65_536); port++) {
      const claim = path.join(folder, String(port));
      if (isClaimed(claim) || !(await isPortFree(port)) || !(await isPortFree(port, host))) continue;
      writeFileSync(claim, String(process.pid));
      return { port, release: () => rmSync(claim, { force: true }) };
    }
    throw new Error(
      `no free port between ${wanted} and ${wanted + MAX_STEPS}: set PORT or API_PORT to another range`,
    );
  });
}

const claimsFolder = (): string => path.join(os.tmpdir(), `residua-ports-${os.userInfo().username}`);

function isClaimed(claim: string): boolean {
  try {
    return isHolderAlive(Number(readFileSync(claim, 'utf8')));
  } catch {
    return false;
  }
}

/** Taken is what anything listens on: on every address (the default host), or on ours alone. */
export function isPortFree(port: number, host?: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
