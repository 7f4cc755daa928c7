import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { checkout } from '../settings.ts';
import { AlreadyRunningError, claimHome } from './lock.ts';
import { claimPort, isPortFree } from './ports.ts';
import { Processes } from './processes.ts';
import { formatSeconds, Screen } from './screen.ts';
import { waitForHttp } from './wait-for-http.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(path.join(os.tmpdir(), 'residua-start-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function listen(host: string): Promise<net.Server> {
  const server = net.createServer().listen(0, host);
  await once(server, 'listening');
  return server;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function waitFor<T>(read: () => T | undefined | false): Promise<T> {
  for (let tries = 0; tries < 400; tries++) {
    const value = read();
    if (value) return value;
    await sleep(25);
  }
  throw new Error('waited ten seconds for nothing');
}

describe('ports', () => {
  it('steps over a port that is taken on the loopback address', async () => {
    const server = await listen('127.0.0.1');
    const { port } = server.address() as AddressInfo;
    expect(await isPortFree(port, '127.0.0.1')).toBe(false);
    expect((await claimPort(port, '127.0.0.1', folder)).port).toBeGreaterThan(port);
    server.close();
  });

  it('steps over a port that is taken on every address', async () => {
    const server = await listen('0.0.0.0');
    const { port } = server.address() as AddressInfo;
    expect((await claimPort(port, '127.0.0.1', folder)).port).toBeGreaterThan(port);
    server.close();
  });

  it('gives two ports to two that look in the same instant, and one again once it is let go', async () => {
    const server = await listen('127.0.0.1');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    // This process would not pass for a start by its command line.
    const holder = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)', 'residua']);
    writeFileSync(path.join(folder, String(port)), String(holder.pid));
    const claimed = await claimPort(port, '127.0.0.1', folder);
    expect(claimed.port).toBeGreaterThan(port);
    claimed.release();
    expect(existsSync(path.join(folder, String(claimed.port)))).toBe(false);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect((await claimPort(port, '127.0.0.1', folder)).port).toBe(port);
  });
});

describe('the lock of a home', () => {
  it('names the process and the address of the one that is there', async () => {
    const holder = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)', 'residua']);
    writeFileSync(
      path.join(folder, 'start.json'),
      JSON.stringify({ pid: holder.pid, siteUrl: 'http://localhost:3000' }),
    );
    await expect(claimHome(folder, 'http://localhost:3001')).rejects.toThrow(AlreadyRunningError);
    await expect(claimHome(folder, 'http://localhost:3001')).rejects.toThrow(
      `${holder.pid}) at http://localhost:3000`,
    );
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const release = await claimHome(folder, 'http://localhost:3001');
    expect(readFileSync(path.join(folder, 'start.json'), 'utf8')).toContain('3001');
    release();
  });

  it('is free when a crash has cut its file short', async () => {
    writeFileSync(path.join(folder, 'start.json'), '{"pid": 1');
    (await claimHome(folder, 'http://localhost:3001'))();
  });
});

describe('a start that fails', () => {
  it('says why and ends, though the script that laid the ground still listens', async () => {
    writeFileSync(path.join(folder, 'file'), '');
    const child = spawn(
      process.execPath,
      [path.join(checkout, 'trainer/bin/residua.mjs'), 'start', '--no-demo'],
      {
        env: { ...process.env, RESIDUA_HOME: path.join(folder, 'file') },
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      },
    );
    let said = '';
    child.stderr?.on('data', (chunk) => (said += chunk));
    const [code] = (await once(child, 'close')) as [number];
    expect(said).toContain('residua: RESIDUA_HOME: expected a folder');
    expect(said).not.toContain('    at ');
    expect(code).toBe(1);
  }, 30_000);
});

describe('waiting for a child', () => {
  it('does not take the answer of another program for its own', async () => {
    const stranger = http.createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    const { port } = stranger.address() as AddressInfo;
    const processes = new Processes(folder);
    const script = `require('node:http').createServer((_, response) => response.end('own')).listen(${port}, '127.0.0.1')`;
    processes.open({ name: 'api', args: ['-e', script], cwd: folder, env: process.env, isRestarted: true });
    const options = {
      name: 'api',
      timeoutMs: 3_000,
      processes,
      isOwn: true,
      signal: new AbortController().signal,
    };
    await expect(waitForHttp(`http://127.0.0.1:${port}/`, options)).rejects.toThrow(
      /^api did not answer[\s\S]*EADDRINUSE/,
    );
    stranger.close();
    // Its port is free now: the next try of the child gets it, and that is an answer.
    await waitForHttp(`http://127.0.0.1:${port}/`, { ...options, timeoutMs: 20_000 });
    await processes.close();
  });
});

describe('processes', () => {
  const spec = { name: 'child', cwd: process.cwd(), env: process.env };

  it('restarts a child that was killed, and leaves none behind', async () => {
    const processes = new Processes(folder);
    const script = 'console.log("pid", process.pid); setInterval(() => {}, 1000)';
    processes.open({ ...spec, args: ['-e', script], isRestarted: true });
    const pids = () => readFileSync(processes.logFile('child'), 'utf8').match(/\d+/g)?.map(Number) ?? [];
    const first = await waitFor(() => pids()[0]);
    process.kill(first, 'SIGKILL');
    const second = await waitFor(() => pids()[1]);
    expect(isAlive(second)).toBe(true);
    await processes.close();
    await waitFor(() => !isAlive(second));
  });

  it('ends a child that does not listen to SIGTERM, with its own children', async () => {
    const processes = new Processes(folder);
    const script = `process.on('SIGTERM', () => {});
      const { pid } = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
      console.log(process.pid, pid); setInterval(() => {}, 1000)`;
    processes.open({ ...spec, args: ['-e', script], isRestarted: true });
    const pids = await waitFor(() => {
      const found = readFileSync(processes.logFile('child'), 'utf8').match(/\d+/g)?.map(Number);
      return found?.length === 2 && found;
    });
    await processes.close();
    await waitFor(() => !pids.some(isAlive));
  });
});

describe('the screen', () => {
  function capture(): { out: NodeJS.WriteStream; text: () => string } {
    let text = '';
    const out = { isTTY: false, write: (chunk: string) => ((text += chunk), true) };
    return { out: out as unknown as NodeJS.WriteStream, text: () => text };
  }

  it('writes one plain line for each event without a terminal', () => {
    const { out, text } = capture();
    const screen = new Screen(out);
    screen.begin('site', 'building');
    screen.update('site', { fraction: 0.5, text: 'half of it' });
    screen.end('site', 'http://localhost:3000');
    screen.close();
    expect(text()).toBe('[0s] site: building\n[0s] site: http://localhost:3000\n');
  });

  it('writes durations as people say them', () => {
    expect([4.25, 42, 75].map(formatSeconds)).toEqual(['4.3 s', '42 s', '1 min 15 s']);
    expect(formatSeconds(Infinity)).toBe('–');
  });
});
