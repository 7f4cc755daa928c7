/** One process that competes: started, asked and ended here. Knows the protocol, not what is timed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { About, Answer, Memory, OpenRequest, Request, Timing } from './protocol.ts';

export interface ContenderCommand {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Hears what the process says on standard error; otherwise only its last line counts, when it dies. */
  readonly say?: (line: string) => void;
}

export interface Contender {
  readonly name: string;
  readonly about: About;
  run(operation: string): Promise<Timing>;
  rest(): Promise<void>;
  memory(): Promise<Memory>;
  close(): Promise<void>;
}

/** Compiling a step, or the start of a 2 GB library from a cold disk, takes minutes; more is a hang. */
const ANSWER_LIMIT_MS = 15 * 60_000;
const STDERR_KEPT = 2_000;

const running = new Set<ChildProcess>();
// None may outlive us and go on computing beside the next benchmark.
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** Why a contender failed, without its name, which stands beside the reason. */
export function reasonOf(error: unknown, name: string): string {
  const { message } = error as Error;
  return message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message;
}

export async function openContender(command: ContenderCommand, request: OpenRequest): Promise<Contender> {
  const { ask, close } = startProcess(command);
  try {
    const about = await ask<About>({ do: 'open', ...request });
    return {
      name: command.name,
      about,
      run: (operation) => ask<Timing>({ do: 'run', operation }),
      rest: async () => void (await ask({ do: 'rest' })),
      memory: () => ask<Memory>({ do: 'memory' }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function startProcess({ name, command, args, env, cwd, say }: ContenderCommand) {
  const child = spawn(command, args, { env, cwd, stdio: ['pipe', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr = (stderr + String(chunk)).slice(-STDERR_KEPT);
    say?.(String(chunk).trimEnd());
  });
  child.stdin.on('error', () => undefined); // a process that died says so by its end
  let waiting: { resolve(line: string): void; reject(error: Error): void } | null = null;
  const ended = new Promise<void>((resolve) => {
    const end = (how: string) => {
      waiting?.reject(new Error(`${name} ended (${how}): ${lastLine(stderr)}`));
      waiting = null;
      resolve();
    };
    child.on('error', (error) => end(error.message));
    child.on('close', (code, signal) => end(signal ?? `exit ${code}`));
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    waiting?.resolve(line);
    waiting = null;
  });
  running.add(child);

  async function ask<T>(request: Request): Promise<T> {
    if (waiting)
      throw new Error(`${name}: expected one request at a time, got ${request.do} during another.`);
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`${name} has ended: ${lastLine(stderr)}`);
    }
    const line = await new Promise<string>((resolve, reject) => {
      const late = setTimeout(
        () => reject(new Error(`${name}: no answer to ${request.do} in ${ANSWER_LIMIT_MS / 60_000} minutes`)),
        ANSWER_LIMIT_MS,
      );
      const settle = () => clearTimeout(late);
      waiting = {
        resolve: (text) => (settle(), resolve(text)),
        reject: (error) => (settle(), reject(error)),
      };
      child.stdin.write(`${JSON.stringify(request)}\n`);
    });
    const answer = JSON.parse(line) as Answer;
    if ('error' in answer) throw new Error(`${name}: ${answer.error}`);
    return answer.ok as T;
  }

  async function close(): Promise<void> {
    running.delete(child);
    child.stdin.end(`${JSON.stringify({ do: 'close' })}\n`);
    const kill = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(kill);
  }

  return { ask, close };
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) || 'it said nothing';
}
