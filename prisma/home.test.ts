import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openHome } from './home.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'residua-home-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('makes a home with spaces and letters beyond ASCII', () => {
  const home = join(folder, 'a b', 'дом');
  openHome(home);
  expect(existsSync(home)).toBe(true);
});

test('says which setting is wrong where a file is in the way', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  for (const home of [file, join(file, 'below')])
    expect(() => openHome(home)).toThrow(
      `RESIDUA_HOME: expected a folder that can be made and written, got ${home}`,
    );
});

test.skipIf(process.platform !== 'linux')('refuses at once where the system makes no folders', () => {
  expect(() => openHome('/proc/residua/home')).toThrow(
    'RESIDUA_HOME: expected a folder that can be made and written, got /proc/residua/home',
  );
});
