import { describe, expect, it } from 'vitest';
import { openContender } from './contender.ts';

/** A process that speaks the protocol in a few lines. */
const SCRIPT = `
const answers = {
  open: () => ({ ok: { operations: ['step'], versions: {}, device: 'none', threads: 2 } }),
  run: ({ operation }) => operation === 'die' ? (console.error('out of memory'), process.exit(3))
    : operation === 'step' ? { ok: { ms: 5 } } : { error: 'no operation ' + operation },
  rest: () => ({ ok: {} }),
  memory: () => ({ ok: { peakBytes: 7 } }),
  close: () => process.exit(0),
};
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const request = JSON.parse(line);
  const answer = answers[request.do](request);
  process.stdout.write(JSON.stringify(answer) + '\\n');
});`;

const open = (name: string, script = SCRIPT) =>
  openContender(
    { name, command: process.execPath, args: ['-e', script], env: process.env, cwd: process.cwd() },
    { shape: { B: 1, D: 1, F: 1, K: 1 }, threads: 2 },
  );

describe('openContender', () => {
  it('opens a process, asks it line by line and ends it', async () => {
    const contender = await open('fake');
    expect(contender.about.operations).toEqual(['step']);
    expect(await contender.run('step')).toEqual({ ms: 5 });
    await contender.rest();
    expect(await contender.memory()).toEqual({ peakBytes: 7 });
    await contender.close();
    await expect(contender.run('step')).rejects.toThrow('fake has ended');
  });

  it('hands on what the process says against a request, and goes on', async () => {
    const contender = await open('fake');
    await expect(contender.run('fly')).rejects.toThrow('fake: no operation fly');
    expect(await contender.run('step')).toEqual({ ms: 5 });
    await contender.close();
  });

  it('tells how a process ended, with its last words', async () => {
    const contender = await open('fake');
    await expect(contender.run('die')).rejects.toThrow('fake ended (exit 3): out of memory');
  });

  it('fails to open what does not start', async () => {
    await expect(open('fake', 'throw new Error("no library")')).rejects.toThrow(/^fake ended \(exit 1\)/);
  });

  it('refuses a second request during the first', async () => {
    const contender = await open('fake');
    const first = contender.run('step');
    await expect(contender.run('step')).rejects.toThrow('one request at a time');
    await first;
    await contender.close();
  });
});
