/** The import table of ARCHITECTURE.md, enforced: every import in every room is one the map allows. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');
const skipped = new Set(['node_modules', 'generated', '.next', 'build', '.residua', 'models', '.git']);

function parseTable(): Map<string, string[]> {
  const block =
    /```rooms\n([\s\S]*?)```/.exec(readFileSync(path.join(root, 'ARCHITECTURE.md'), 'utf8'))?.[1] ?? '';
  const lines = block.trim().split('\n');
  return new Map(
    lines
      .map((line) => line.split(':', 1)[0].trim())
      .map((room, i) => [
        room,
        lines[i]
          .slice(lines[i].indexOf(':') + 1)
          .split(/\s+/)
          .filter(Boolean),
      ]),
  );
}

function* walk(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    const file = path.join(folder, name);
    if (skipped.has(name)) continue;
    if (statSync(file).isDirectory()) yield* walk(file);
    else if (/\.(ts|tsx|mjs)$/.test(name) && !/\.(test|contract)\.tsx?$/.test(name)) yield file;
  }
}

const table = parseTable();
const rooms = [...table.keys()].sort((a, b) => b.length - a.length);
const roomOf = (file: string) => rooms.find((room) => path.relative(root, file).startsWith(`${room}/`));

function targetRoom(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('@residua/'))
    return (
      roomOf(path.join(root, specifier.slice('@residua/'.length), 'x')) ??
      roomOf(path.join(root, `${specifier.slice('@residua/'.length)}/x`))
    );
  if (specifier.startsWith('@/')) return roomOf(path.join(root, 'web', specifier.slice(2)));
  return specifier.startsWith('.') ? roomOf(path.resolve(path.dirname(from), specifier)) : undefined;
}

function allows(room: string, target: string, typeOnly: boolean): boolean {
  if (room === target) return true;
  return table.get(room)!.some((rule) => {
    const [, types, name] = /^(types:)?(.*)$/.exec(rule)!;
    if (types && !typeOnly) return false;
    return name.endsWith('/*') ? target.startsWith(name.slice(0, -1)) : name === target;
  });
}

function findForbidden(file: string): string[] {
  const room = roomOf(file);
  if (!room) return [];
  const source = readFileSync(file, 'utf8');
  const imports = source.matchAll(
    /(?:^|\n)\s*(import|export)\s+(type\s)?[^'"\n;]*?(?:\{[^}]*\}[^'"\n;]*?)?from\s+['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g,
  );
  return [...imports].flatMap(([, , type, from, dynamic]) => {
    const target = targetRoom(file, from ?? dynamic);
    if (!target || allows(room, target, type !== undefined)) return [];
    return [`${path.relative(root, file)}: ${room} may not import ${target}${type ? ' (type)' : ''}`];
  });
}

describe('rooms', () => {
  it('has a line in the map for every folder of the trainer', () => {
    const folders = readdirSync(path.join(root, 'trainer')).filter(
      (name) =>
        !skipped.has(name) && name !== 'bin' && statSync(path.join(root, 'trainer', name)).isDirectory(),
    );
    expect(folders.filter((name) => !table.has(`trainer/${name}`))).toEqual([]);
  });

  it('imports only along the arrows of the map', () => {
    const files = [...table.keys()]
      .map((room) => room.split('/')[0])
      .filter((name, i, all) => all.indexOf(name) === i)
      .flatMap((top) => [...walk(path.join(root, top))]);
    expect(files.length).toBeGreaterThan(10);
    expect(files.flatMap(findForbidden)).toEqual([]);
  });
});
