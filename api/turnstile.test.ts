import { EventEmitter } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import type { Request, Response } from 'express';
import { describe, expect, it } from 'vitest';
import { createTurnstile } from './turnstile.ts';

/** Sends requests through, and notes who came in. */
function openTurnstile(most: number) {
  const turnstile = createTurnstile(most);
  const entered: number[] = [];
  const responses = new Map<number, Response>();
  const send = (name: number) => {
    const response = Object.assign(new EventEmitter(), { end: () => undefined }) as unknown as Response;
    responses.set(name, response);
    void turnstile({} as Request, response, () => entered.push(name));
  };
  return { entered, send, of: (name: number) => responses.get(name)! };
}

describe('turnstile', () => {
  it('lets so many in at once, the others in order as answers are made', async () => {
    const { entered, send, of } = openTurnstile(2);
    [1, 2, 3, 4].forEach(send);
    expect(entered).toEqual([1, 2]);
    of(2).end();
    await setImmediate();
    expect(entered).toEqual([1, 2, 3]);
    of(1).end();
    of(3).end();
    await setImmediate();
    expect(entered).toEqual([1, 2, 3, 4]);
  });

  it('counts an answer that is closed after its end once', async () => {
    const { entered, send, of } = openTurnstile(1);
    [1, 2, 3].forEach(send);
    of(1).end();
    of(1).emit('close');
    await setImmediate();
    expect(entered).toEqual([1, 2]);
  });

  it('forgets whoever leaves, inside or waiting', async () => {
    const { entered, send, of } = openTurnstile(1);
    [1, 2, 3].forEach(send);
    of(2).emit('close');
    of(1).emit('close');
    await setImmediate();
    expect(entered).toEqual([1, 3]);
  });
});
