import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAvailableMemory, readCardMemory } from './available-memory.ts';

const GIB = 2 ** 30;
let root: string;
beforeEach(() => void (root = mkdtempSync(path.join(tmpdir(), 'residua-memory-'))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
}

function writeMachine(availableBytes: number, groups: string): void {
  write('proc/meminfo', `MemTotal:  99 kB\nMemAvailable:   ${availableBytes / 1024} kB\n`);
  write('proc/self/cgroup', groups);
}

describe('available memory', () => {
  it('is what the machine has available where no group has a limit', () => {
    writeMachine(8 * GIB, '0::/user.slice\n');
    write('sys/fs/cgroup/user.slice/memory.max', 'max\n');
    write('sys/fs/cgroup/user.slice/memory.current', `${GIB}\n`);
    expect(readAvailableMemory({ root })).toMatchObject({
      ramBytes: 8 * GIB,
      ramSource: 'available on this machine',
    });
  });

  it('is what the tightest group of version 2 leaves, its droppable file pages counted as free', () => {
    writeMachine(8 * GIB, '0::/outer/inner\n');
    write('sys/fs/cgroup/outer/memory.max', `${3 * GIB}\n`);
    write('sys/fs/cgroup/outer/memory.current', `${2 * GIB}\n`);
    write('sys/fs/cgroup/outer/memory.stat', `anon 5\ninactive_file ${GIB / 2}\nactive_file 7\n`);
    write('sys/fs/cgroup/outer/inner/memory.max', `${4 * GIB}\n`);
    write('sys/fs/cgroup/outer/inner/memory.current', `${GIB}\n`);
    expect(readAvailableMemory({ root })).toMatchObject({
      ramBytes: 1.5 * GIB,
      ramSource: "free under the container's limit",
    });
  });

  it('is what the group of version 1 leaves, also where a container sees only the root of it', () => {
    writeMachine(8 * GIB, '5:cpu:/docker/abc\n4:memory:/docker/abc\n0::/\n');
    write('sys/fs/cgroup/memory/memory.limit_in_bytes', `${2 * GIB}\n`);
    write('sys/fs/cgroup/memory/memory.usage_in_bytes', `${GIB}\n`);
    write('sys/fs/cgroup/memory/memory.stat', `inactive_file 1\ntotal_inactive_file ${GIB / 4}\n`);
    expect(readAvailableMemory({ root }).ramBytes).toBe(1.25 * GIB);
  });

  it('takes the largest number of pages for no limit', () => {
    writeMachine(8 * GIB, '4:memory:/\n');
    write('sys/fs/cgroup/memory/memory.limit_in_bytes', '9223372036854771712\n');
    write('sys/fs/cgroup/memory/memory.usage_in_bytes', `${GIB}\n`);
    expect(readAvailableMemory({ root }).ramBytes).toBe(8 * GIB);
  });

  it('takes a share of the machine where the system does not tell', () => {
    expect(readAvailableMemory({ root }).ramBytes).toBe(0.75 * totalmem());
  });
});

describe('the memory of a card', () => {
  it('is what the driver says of the first one', () => {
    expect(readCardMemory(() => '81000\n40000\n')).toBe(81_000 * 2 ** 20);
  });

  it('is unknown without the tool, or where it has nothing to say', () => {
    const absent = () => {
      throw new Error('ENOENT');
    };
    for (const ask of [absent, () => '', () => '[N/A]\n']) expect(readCardMemory(ask)).toBeUndefined();
  });
});
