import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseRequirements } from './requirements.ts';

describe('parseRequirements', () => {
  it('reads pins, skips comments, and marks those installed alone', () => {
    expect(parseRequirements('# why\n\na-b==1.2.0\nc==3+cpu  # no-deps\n')).toEqual([
      { name: 'a-b', specifier: 'a-b==1.2.0', isAlone: false },
      { name: 'c', specifier: 'c==3+cpu', isAlone: true },
    ]);
  });

  it('refuses what is not pinned, naming the line', () => {
    expect(() => parseRequirements('a==1\ntorch>=2\n')).toThrow(
      'line 2: expected name==version, got "torch>=2"',
    );
  });

  it('reads the two files of this folder', () => {
    for (const [file, first] of [
      ['requirements.txt', 'torch'],
      ['constraints.txt', 'accelerate'],
    ]) {
      const text = readFileSync(path.join(import.meta.dirname, file), 'utf8');
      expect(parseRequirements(text)[0].name).toBe(first);
    }
  });
});
