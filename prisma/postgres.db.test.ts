import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { closePostgres, findPostgresUrl, isPostgresUp, openPostgres, removePostgres } from './postgres.ts';

const homes: string[] = [];

function createHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'residua-postgres-'));
  chmodSync(home, 0o755);
  homes.push(home);
  return home;
}

const open = (home: string) => openPostgres({ home, durable: false });

async function query<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

function readNote(home: string): { folder: string; port: number; password: string } {
  return JSON.parse(readFileSync(join(home, 'postgres.json'), 'utf8'));
}

const pidFile = (home: string): string => join(readNote(home).folder, 'data', 'postmaster.pid');
const serverProcess = (home: string): number => Number(readFileSync(pidFile(home), 'utf8').split('\n')[0]);

// Making a server takes most of the time, so the tests share one where each leaves it as it found it.
const shared = createHome();

afterAll(async () => {
  for (const home of homes) await removePostgres({ home });
});

test('a server starts once, is found by the next opener, stops cleanly and comes back with its rows on its port', async () => {
  const home = shared;
  expect(await isPostgresUp({ home })).toBe(false);
  expect(findPostgresUrl({ home })).toBeUndefined();

  const first = await open(home);
  expect(first.started).toBe(true);
  await query(first.url, 'CREATE TABLE kept (value int); INSERT INTO kept VALUES (7)');
  const second = await open(home);
  expect(second).toEqual({ url: first.url, port: first.port, started: false });

  expect(await closePostgres({ home })).toBe(true);
  expect(await closePostgres({ home })).toBe(false);
  expect(await isPostgresUp({ home })).toBe(false);

  const third = await open(home);
  expect(third).toEqual({ url: first.url, port: first.port, started: true });
  expect(await query(third.url, 'SELECT value FROM kept')).toEqual([{ value: 7 }]);
});

test('lets nobody in without its password, which only its owner can read', async () => {
  const home = shared;
  const { url } = await open(home);
  expect(statSync(join(home, 'postgres.json')).mode & 0o777).toBe(0o600);
  const wrong = new URL(url);
  wrong.password = 'wrong';
  await expect(query(wrong.toString(), 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
});

test('sorts and folds text alike whatever the locale of the machine', async () => {
  const { url } = await open(shared);
  const [row] = await query<{ lower: string; encoding: string }>(
    url,
    "SELECT lower('ЯÉ') AS lower, current_setting('server_encoding') AS encoding",
  );
  expect(row).toEqual({ lower: 'яé', encoding: 'UTF8' });
});

test('is started again after kill -9, with what was committed', async () => {
  const home = shared;
  await closePostgres({ home });
  const { url } = await openPostgres({ home });
  await query(url, 'CREATE TABLE committed AS SELECT 7 AS value');
  process.kill(serverProcess(home), 'SIGKILL');

  const again = await openPostgres({ home });
  expect(again).toMatchObject({ url, started: true });
  expect(await query(url, 'SELECT value FROM committed')).toEqual([{ value: 7 }]);
});

test('starts although the process id in its stale pid file belongs to another program by now', async () => {
  const home = shared;
  await open(home);
  const lines = readFileSync(pidFile(home), 'utf8').split('\n');
  await closePostgres({ home });
  writeFileSync(pidFile(home), [String(process.pid), ...lines.slice(1)].join('\n'));
  expect(await isPostgresUp({ home })).toBe(false);
  expect(await open(home)).toMatchObject({ started: true });
});

test('takes another port when its own was taken meanwhile, and remembers it', async () => {
  const home = shared;
  const { port } = await open(home);
  await closePostgres({ home });
  const other = createServer().listen(port, '127.0.0.1');
  try {
    const moved = await open(home);
    expect(moved.port).not.toBe(port);
    expect(await query(moved.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(readNote(home).port).toBe(moved.port);
  } finally {
    other.close();
  }
});

test('is one server when several processes start it at once', async () => {
  const home = createHome();
  const module = fileURLToPath(new URL('./postgres.ts', import.meta.url));
  const script = `import { openPostgres } from ${JSON.stringify(module)};
      console.log(JSON.stringify(await openPostgres({ home: ${JSON.stringify(home)}, durable: false })));`;
  const starters = [1, 2, 3].map(() => runScript(script));
  const opened = (await Promise.all(starters)).map(
    (line) => JSON.parse(line) as { port: number; started: boolean },
  );
  expect(new Set(opened.map(({ port }) => port)).size).toBe(1);
  expect(opened.filter(({ started }) => started)).toHaveLength(1);
  // It outlives its starters.
  expect(await isPostgresUp({ home })).toBe(true);
});

test('says what to do when the note with its password is gone', async () => {
  const home = shared;
  await open(home);
  const note = readFileSync(join(home, 'postgres.json'));
  await closePostgres({ home });
  rmSync(join(home, 'postgres.json'));
  try {
    await expect(open(home)).rejects.toThrow(/postgres\.json with its password is gone. Put that file back/);
  } finally {
    writeFileSync(join(home, 'postgres.json'), note);
  }
});

test.skipIf(process.getuid?.() !== 0)(
  'started by root under a private folder, keeps its data where it can reach it',
  async () => {
    const home = createHome();
    chmodSync(home, 0o700);
    const { url } = await open(home);
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(readNote(home).folder.startsWith(home)).toBe(false);
    expect(existsSync(join(home, 'postgres'))).toBe(false);

    // Removing the home folder starts anew there too.
    await query(url, 'CREATE TABLE kept ()');
    await closePostgres({ home });
    const { folder } = readNote(home);
    rmSync(home, { recursive: true });
    mkdirSync(home, { mode: 0o700 });
    const anew = await open(home);
    expect(await query(anew.url, "SELECT to_regclass('kept') AS kept")).toEqual([{ kept: null }]);
    rmSync(`${folder}.old`, { recursive: true });
  },
);

function runScript(script: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', (exitCode) =>
      exitCode === 0 ? resolve(output) : reject(new Error(`exit code ${exitCode}`)),
    );
  });
}
