/**
 * TypeScript declarations (.d.ts) of installed packages with their doc comments: the code domain. No file and no package
 * may fill the corpus; what is over the total is chosen by a hash of its path, not by the alphabet.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compareText, type Document } from './corpus.ts';
import { listFiles, type InstalledPackage } from './installed-packages.ts';

const MAX_TOTAL_CHARS = 12_000_000;
const MAX_PACKAGE_CHARS = 1_500_000;
/** lib.dom.d.ts alone is 2 MB. */
const MAX_DOCUMENT_CHARS = 300_000;
const MIN_DOCUMENT_CHARS = 120;
/** Bundled or generated output, which nobody wrote and nobody reads. */
const MAX_MEAN_LINE_CHARS = 160;

export async function loadTypeScriptDeclarations(packages: readonly InstalledPackage[]): Promise<Document[]> {
  const seen = new Set<string>();
  const candidates: { order: string; document: Document }[] = [];
  for (const one of packages) {
    const ofPackage: { order: string; document: Document }[] = [];
    for (const path of await listFiles(one.folder, '.d.ts')) {
      const text = cleanDeclarations(await readFile(join(one.folder, path), 'utf8'));
      if (text.length < MIN_DOCUMENT_CHARS || text.length > MAX_MEAN_LINE_CHARS * text.split('\n').length)
        continue;
      if (seen.has(text)) continue;
      seen.add(text);
      const id = `${one.name}@${one.version}/${path}`;
      ofPackage.push({ order: createHash('sha256').update(id).digest('hex'), document: { id, text } });
    }
    candidates.push(...takeChars(ofPackage, MAX_PACKAGE_CHARS));
  }
  return takeChars(candidates, MAX_TOTAL_CHARS)
    .map(({ document }) => document)
    .sort((a, b) => compareText(a.id, b.id));
}

function takeChars<T extends { order: string; document: Document }>(
  candidates: readonly T[],
  limit: number,
): T[] {
  const taken: T[] = [];
  let chars = 0;
  for (const candidate of [...candidates].sort((a, b) => compareText(a.order, b.order))) {
    if (chars + candidate.document.text.length > limit) continue;
    chars += candidate.document.text.length;
    taken.push(candidate);
  }
  return taken;
}

/** Without licence headers and source-map lines, cut at a blank line when too long. */
export function cleanDeclarations(source: string): string {
  const text = source
    .replace(/\r\n?/g, '\n')
    .replace(/^\uFEFF/, '')
    .replace(/\/\*(?:(?!\*\/)[\s\S])*(?:copyright|licensed under|@license)(?:(?!\*\/)[\s\S])*\*\/\n*/gi, '')
    .replace(/^\/\/[#@] sourceMappingURL=.*$/gm, '')
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
  if (text.length <= MAX_DOCUMENT_CHARS) return text + '\n';
  const cut = text.slice(0, MAX_DOCUMENT_CHARS);
  return cut.slice(0, Math.max(cut.lastIndexOf('\n\n'), cut.lastIndexOf('\n'))) + '\n';
}
