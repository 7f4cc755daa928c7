/**
 * Lets a bounded number of HTTP requests execute at once; the others wait their turn, first come, first served. One
 * thread executes them all, so more at once would only starve health checks and sockets, and hold all rows in memory.
 * Knows nothing of GraphQL.
 */
import type { RequestHandler } from 'express';

export function createTurnstile(most: number): RequestHandler {
  const waiting = new Set<() => void>();
  let running = 0;

  function admit(): void {
    for (const enter of waiting) {
      if (running >= most) return;
      waiting.delete(enter);
      running += 1;
      enter();
    }
  }

  return (_request, response, next) => {
    let isInside = false;
    const enter = () => {
      isInside = true;
      next();
    };
    const leave = () => {
      waiting.delete(enter);
      if (!isInside) return;
      isInside = false;
      running -= 1;
      setImmediate(admit); // whatever else waits for the event loop goes first
    };
    // Left when the answer is made, not when it is read: a slow reader holds nobody up.
    const end = response.end.bind(response) as (...args: unknown[]) => typeof response;
    response.end = ((...args: unknown[]) => {
      leave();
      return end(...args);
    }) as typeof response.end;
    response.once('close', leave);
    waiting.add(enter);
    admit();
  };
}
