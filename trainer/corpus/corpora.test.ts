import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCorpus } from './corpora.ts';
import { splitOf } from './corpus.ts';
import { cleanMarkdown } from './english-prose.ts';
import { cleanDeclarations } from './typescript-declarations.ts';

const PARAGRAPH =
  'A paragraph that says enough in plain English words to be worth keeping in a corpus of prose.';
const LONGER = `${PARAGRAPH} ${PARAGRAPH.replace('A paragraph', 'Another one')} ${PARAGRAPH.replace('A paragraph', 'A third')}`;

/** node_modules as pnpm lays it out. */
const FILES: Record<string, string> = {
  'a@1.0.0/node_modules/a/package.json': '{"name":"a","version":"1.0.0"}',
  'a@1.0.0/node_modules/a/README.md': `# Old a\n\n${LONGER}\n`,
  'a@1.0.0/node_modules/a/index.d.ts':
    'export declare function old(this: void, argument: string): Promise<readonly string[]>;\n'.repeat(2),
  'a@2.0.0/node_modules/a/package.json': '{"name":"a","version":"2.0.0"}',
  'a@2.0.0/node_modules/a/README.md': `# New a\n\n${LONGER} Renewed.\n`,
  'b@1.0.0/node_modules/b/package.json': '{"name":"b","version":"1.0.0"}',
  'b@1.0.0/node_modules/b/README.md': `# b\n\n${LONGER}\n\nOnly b says this, and it says so at a length that makes it a document of its own: ${LONGER.toUpperCase()}\n`,
  'b@1.0.0/node_modules/b/LICENSE.md': `${LONGER} ${LONGER}`,
  'b@1.0.0/node_modules/b/index.d.ts':
    'export declare function old(this: void, argument: string): Promise<readonly string[]>;\n'.repeat(2),
  '@s+c-linux-x64@1.0.0/node_modules/@s/c-linux-x64/package.json':
    '{"name":"@s/c-linux-x64","version":"1.0.0"}',
  '@s+c-linux-x64@1.0.0/node_modules/@s/c-linux-x64/README.md': `# c\n\n${LONGER} On Linux.\n`,
  '@s+d@1.0.0/node_modules/@s/d/package.json': '{"name":"@s/d","version":"1.0.0","os":["linux"]}',
  '@s+d@1.0.0/node_modules/@s/d/README.md': `# d\n\n${LONGER} By os.\n`,
};

let modules: string;

beforeAll(async () => {
  modules = await mkdtemp(join(tmpdir(), 'residua-modules-'));
  for (const [path, text] of Object.entries(FILES)) {
    await mkdir(dirname(join(modules, '.pnpm', path)), { recursive: true });
    await writeFile(join(modules, '.pnpm', path), text);
  }
});
afterAll(async () => rm(modules, { recursive: true }));

describe('loadCorpus', () => {
  it('keeps one version of a package, each paragraph once, and nothing that only some platforms install', async () => {
    const { documents } = await loadCorpus('english-prose', { modulesFolder: modules });
    expect(documents.map(({ id }) => id)).toEqual(['a@1.0.0/README.md', 'b@1.0.0/README.md']);
    expect(documents[0].text).toContain(LONGER);
    expect(documents[1].text).not.toContain(LONGER);
    expect(documents[1].text).toContain('Only b says this');
  });

  it('keeps one of two equal declaration files', async () => {
    const { documents } = await loadCorpus('typescript-declarations', { modulesFolder: modules });
    expect(documents.map(({ id }) => id)).toEqual(['a@1.0.0/index.d.ts']);
  });

  it('gives the same hash from a cache as from the files, and another when a document changes', async () => {
    const cacheFolder = join(modules, 'cache');
    const first = await loadCorpus('english-prose', { modulesFolder: modules, cacheFolder });
    const cached = await loadCorpus('english-prose', { modulesFolder: modules, cacheFolder });
    expect(cached).toEqual(first);
    expect(first).toMatchObject({ documentCount: 2, domain: 'general' });
    expect(first.byteCount).toBe(first.documents.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0));
    const readme = join(modules, '.pnpm/a@1.0.0/node_modules/a/README.md');
    await writeFile(readme, FILES['a@1.0.0/node_modules/a/README.md'].replace('plain', 'clear'));
    const changed = await loadCorpus('english-prose', { modulesFolder: modules });
    expect(changed.sha256).not.toBe(first.sha256);
    await writeFile(readme, FILES['a@1.0.0/node_modules/a/README.md']);
  });

  it('builds anew over a damaged cache', async () => {
    const cacheFolder = join(modules, 'damaged');
    const first = await loadCorpus('english-prose', { modulesFolder: modules, cacheFolder });
    const [file] = await readdir(cacheFolder);
    const whole = await readFile(join(cacheFolder, file), 'utf8');
    const changed = whole.replace('plain English', 'plain Englisch'); // still JSON, another corpus
    expect(changed).not.toBe(whole);
    for (const damaged of ['', '[{"id":', whole.slice(0, -9), changed]) {
      await writeFile(join(cacheFolder, file), damaged);
      const { sha256 } = await loadCorpus('english-prose', { modulesFolder: modules, cacheFolder });
      expect(sha256).toBe(first.sha256);
    }
  });

  it('names the corpora there are when asked for another, and the folder when nothing is installed', async () => {
    await expect(loadCorpus('poetry')).rejects.toThrow(/expected one of english-prose, .+, got "poetry"/);
    const nowhere = join(modules, 'nowhere');
    await expect(loadCorpus('english-prose', { modulesFolder: nowhere })).rejects.toThrow(/npm install/);
  });

  it('reads Russian out of the installed compiler, with documents on both sides of the split', async () => {
    const corpus = await loadCorpus('russian-messages');
    const letters = corpus.documents
      .map(({ text }) => text)
      .join('')
      .match(/\p{L}/gu)!;
    const cyrillic = letters.filter((letter) => /\p{Script=Cyrillic}/u.test(letter));
    expect(cyrillic.length / letters.length).toBeGreaterThan(0.6);
    const splits = new Set(corpus.documents.map(({ id }) => splitOf(id)));
    expect(splits).toEqual(new Set(['train', 'held-out']));
    expect((await loadCorpus('russian-messages')).sha256).toBe(corpus.sha256);
  });
});

describe('cleanMarkdown', () => {
  it('keeps what a reader reads', () => {
    const source = [
      '---',
      'title: x',
      '---',
      '# Title ![badge](https://x/y.svg)',
      '[![build](a.svg)](https://ci)',
      'See [the `docs`](https://x.y/z(1)) and <b>this</b>, but keep `Map<string>`.',
      '| a | b |',
      '|---|---|',
      '<!-- hidden -->',
      '```js',
      'short();',
      '```',
      '```js',
      ...Array.from({ length: 40 }, (_, i) => `long(${i});`),
      '```',
      '[ref]: https://x.y',
      '- item',
    ].join('\n');
    expect(cleanMarkdown(source)).toBe(
      '# Title\nSee the `docs` and this, but keep `Map<string>`.\n\n```js\nshort();\n```\n- item\n',
    );
  });
});

describe('cleanDeclarations', () => {
  it('drops licences and source maps, keeps doc comments', () => {
    const source =
      '/**\n * Copyright 2020 X\n */\n/** What f does. */\nexport declare function f(): void;   \n\n\n\n//# sourceMappingURL=f.d.ts.map\n';
    expect(cleanDeclarations(source)).toBe('/** What f does. */\nexport declare function f(): void;\n');
  });
});
