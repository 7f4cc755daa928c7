/**
 * Lays the ground that everything else stands on: dependencies, the native addon, generated clients.
 * Plain Node, no dependency: it runs before there are any. Does nothing, fast, when all is fresh.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const PNPM = 'pnpm@12.21.0';
const MIN_NODE = [20, 19];
const PARENT_POLL_MS = 300;
const manifests = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json'].concat(
  ['prisma', 'trainer', 'api', 'web'].map((room) => `${room}/package.json`),
);

const terminal = process.stdout.isTTY === true;
const started = performance.now();

function say(text) {
  console.log(terminal ? `  ${text}` : `[${((performance.now() - started) / 1000).toFixed(0)}s] ${text}`);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1])) return;
  console.error(
    `Residua needs Node ${MIN_NODE.join('.')} or newer; this is ${process.versions.node}. Install a newer Node, then try again.`,
  );
  process.exit(1);
}

/** Runs a command to its end; its output is shown only when it fails, or line by line through onLine. */
export function finish(command, args, { cwd = root, env = process.env, onLine, timeoutMs } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      shell: process.platform === 'win32',
    });
    let output = '';
    const take = (chunk) => {
      output = (output + chunk).slice(-20_000);
      if (onLine) for (const line of String(chunk).split('\n')) if (line.trim()) onLine(line);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code}\n${output}`));
    });
  });
}

function manifestHash() {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}-${process.versions.modules}`);
  for (const file of manifests) hash.update(readFileSync(path.join(root, file)));
  return hash.digest('hex');
}

async function installDependencies() {
  const stamp = path.join(root, 'node_modules/.residua-installed');
  const hash = manifestHash();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  say('installing dependencies (a minute the first time)');
  const beat = setInterval(() => say('still installing'), 15_000);
  try {
    await finish('npx', ['-y', PNPM, 'install', '--frozen-lockfile']);
  } finally {
    clearInterval(beat);
  }
  writeFileSync(stamp, hash);
}

export async function layGround() {
  checkNode();
  const before = performance.now();
  await installDependencies();
  // The addon takes both cores for a while; the generators are short and single-threaded.
  await finish(process.execPath, ['trainer/compute/native/build.mjs'], { onLine: say });
  await finish(process.execPath, ['prisma/bin/prisma.mjs', 'generate']);
  const seconds = (performance.now() - before) / 1000;
  if (seconds > 3) say(`ground ready in ${seconds.toFixed(0)} s`);
}

/** Hands the terminal to one child and ends as it ends; a signal to us is a signal to it, our death is its death. */
export function become(args, env = process.env) {
  const child = spawn(process.execPath, args, {
    cwd: root,
    env,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  stopWithNpm(() => child.kill('SIGTERM'));
  child.on('close', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
}

/**
 * npm hands a SIGTERM to the shell it started us with, and that shell dies without handing it on; when npm itself is
 * killed, that shell lives on without it. Either way somebody above us has changed.
 */
function stopWithNpm(stop) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const above = readAbove();
  const watch = setInterval(() => {
    if (readAbove() === above) return;
    clearInterval(watch);
    stop();
  }, PARENT_POLL_MS);
  watch.unref();
}

/** Our parent and, where that is npm's shell and /proc tells, its parent too: never the terminal npm was started from. */
function readAbove() {
  const parent = process.ppid;
  try {
    const [program, flag] = readFileSync(`/proc/${parent}/cmdline`, 'utf8').split('\0');
    if (!/(^|\/)(ba|da)?sh$/.test(program) || flag !== '-c') return String(parent);
    const stat = readFileSync(`/proc/${parent}/stat`, 'utf8');
    // After the name in parentheses, which may hold spaces: state, then the parent.
    return `${parent} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]}`;
  } catch {
    return String(parent);
  }
}
