/** The command itself, as a process: settings, a taken port, signals. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { openTestApi } from './testing.ts';
import type { TestApi } from './testing.ts';

let test: TestApi;
beforeAll(async () => {
  test = await openTestApi();
});
afterAll(() => test.close());

const SERVER = fileURLToPath(new URL('server.ts', import.meta.url));

interface Started {
  readonly child: ChildProcess;
  /** What it has said so far. */
  said(): string;
}

function start(env: Record<string, string>): Started {
  const child = spawn(process.execPath, ['--import', 'tsx', SERVER], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { PATH: process.env['PATH'], ...env },
  });
  let text = '';
  child.stdout.on('data', (data: Buffer) => (text += data.toString()));
  child.stderr.on('data', (data: Buffer) => (text += data.toString()));
  return { child, said: () => text };
}

async function exitCode({ child }: Started): Promise<number | null> {
  return child.exitCode ?? ((await once(child, 'exit'))[0] as number | null);
}

async function startReady(): Promise<Started & { url: string }> {
  const started = start({ API_PORT: '0', DATABASE_URL: test.databaseUrl });
  await expect.poll(started.said, { timeout: 40_000 }).toContain('"msg":"ready"');
  return { ...started, url: /"url":"([^"]+)"/.exec(started.said())![1] };
}

describe('the server', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'stops within two seconds of %s, with code 0, sockets open or not',
    async (signal) => {
      const started = await startReady();
      const socket = new WebSocket(started.url.replace('http', 'ws'), 'graphql-transport-ws');
      await once(socket, 'open');
      socket.send('{"type":"connection_init"}');
      await once(socket, 'message');
      const limit = setTimeout(() => started.child.kill('SIGKILL'), 2_500);
      started.child.kill(signal);
      expect(await exitCode(started)).toBe(0);
      clearTimeout(limit);
    },
  );

  it('says that a port is taken, and what to do, with a code of its own', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const started = start({ API_PORT: String(port), DATABASE_URL: test.databaseUrl });
    expect(await exitCode(started)).toBe(98);
    expect(started.said()).toContain(
      `Port ${port} on 127.0.0.1 is taken by another program. Set API_PORT to a free one.`,
    );
    other.close();
  });

  it('names the setting that is missing or wrong', async () => {
    const missing = start({});
    expect(await exitCode(missing)).toBe(78);
    expect(missing.said()).toContain('DATABASE_URL: expected the address of a Postgres');
    const wrong = start({ DATABASE_URL: 'postgresql://x', API_PORT: 'many' });
    expect(await exitCode(wrong)).toBe(78);
    expect(wrong.said()).toContain('API_PORT');
  });
});
