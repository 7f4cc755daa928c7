/** Waits until a child answers over HTTP, or says why it will not. */
import { setTimeout as sleep } from 'node:timers/promises';

import type { Processes } from './processes.ts';

const POLL_MS = 100;

interface WaitOptions {
  readonly name: string;
  readonly timeoutMs: number;
  readonly processes: Processes;
  /** The child itself listens, so that no other program's answer counts; a reloading one has a child do it. */
  readonly isOwn: boolean;
  readonly signal: AbortSignal;
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    await response.arrayBuffer();
    return response.status < 500;
  } catch {
    return false;
  }
}

export async function waitForHttp(
  url: string,
  { name, timeoutMs, processes, isOwn, signal }: WaitOptions,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  const port = Number(new URL(url).port);
  const isReady = async () => (!isOwn || processes.isListening(name, port)) && (await answers(url));
  while (!(await isReady())) {
    signal.throwIfAborted();
    if (Date.now() > deadline) {
      throw new Error(
        `${name} did not answer at ${url} within ${timeoutMs / 1000} s. The end of ${processes.logFile(name)}:\n${processes.readLogTail(name)}`,
      );
    }
    await sleep(POLL_MS);
  }
}
