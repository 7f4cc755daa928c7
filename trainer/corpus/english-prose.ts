/**
 * English prose: the Markdown of installed packages, with what is not prose taken out (long code, tables, badges, licences,
 * lists of commits) and every paragraph kept once. Knows nothing of tokens.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Document } from './corpus.ts';
import { listFiles, type InstalledPackage } from './installed-packages.ts';

/** Longer listings are programs, which have a corpus of their own. */
const MAX_CODE_LINES = 10;
const MAX_DOCUMENT_CHARS = 120_000;
/** Change logs are mostly commit titles: their newest entries are enough. */
const MAX_CHANGELOG_CHARS = 4_000;
const MIN_DOCUMENT_CHARS = 200;
/** Shorter paragraphs (headings, "Usage") may repeat: they are how such documents read. */
const REPEATABLE_CHARS = 60;

const SKIPPED_FILES =
  /(licen[cs]e|third[-_ ]?party|notice|authors|contributors|backers|code[-_]of[-_]conduct|security)/i;
const CHANGELOG_FILES = /(change-?log|history|releases?|migration-log)[^/]*$/i;

export async function loadEnglishProse(packages: readonly InstalledPackage[]): Promise<Document[]> {
  const seen = new Set<string>();
  const documents: Document[] = [];
  for (const one of packages) {
    for (const path of await listFiles(one.folder, '.md')) {
      if (SKIPPED_FILES.test(path)) continue;
      const limit = CHANGELOG_FILES.test(path) ? MAX_CHANGELOG_CHARS : MAX_DOCUMENT_CHARS;
      const cleaned = cleanMarkdown(await readFile(join(one.folder, path), 'utf8'));
      if (!isMostlyLatin(cleaned)) continue;
      const text = keepNewParagraphs(cleaned.slice(0, limit), seen);
      if (text.length >= MIN_DOCUMENT_CHARS)
        documents.push({ id: `${one.name}@${one.version}/${path}`, text });
    }
  }
  return documents;
}

/** Markdown with only what a reader reads: headings, paragraphs, lists, short code. */
export function cleanMarkdown(source: string): string {
  const withoutMeta = source
    .replace(/\r\n?/g, '\n')
    .replace(/^\uFEFF?---\n[\s\S]*?\n---\n/, '')
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/<(details|picture|table|svg|style|script)\b[\s\S]*?<\/\1>/gi, '');
  const lines: string[] = [];
  let fence: { mark: string; lines: string[] } | undefined;
  for (const line of withoutMeta.split('\n')) {
    const mark = /^\s*(```+|~~~+)/.exec(line)?.[1];
    if (fence) {
      fence.lines.push(line);
      if (mark?.startsWith(fence.mark)) {
        if (fence.lines.length <= MAX_CODE_LINES + 2) lines.push(...fence.lines);
        fence = undefined;
      }
    } else if (mark) fence = { mark, lines: [line] };
    else {
      const cleaned = cleanLine(line);
      if (cleaned !== undefined) lines.push(cleaned);
    }
  }
  return (
    lines
      .join('\n')
      .replace(/\n{3,}/g, '\n\n')
      .trim() + '\n'
  );
}

/** undefined: the line goes, and no blank is left in its place. */
function cleanLine(line: string): string | undefined {
  if (/^\s*\|/.test(line) || /^\s*:?-{3,}:?\s*\|/.test(line)) return undefined;
  if (/^\s*\[[^\]]+\]:\s*\S+/.test(line)) return undefined;
  const cleaned = line
    .replace(/!\[[^\]]*\](\([^)]*\)|\[[^\]]*\])/g, '')
    .replace(/\[([^[\]]*)\](\([^()]*(\([^()]*\)[^()]*)*\)|\[[^\]]*\])/g, '$1')
    .replace(/\b[0-9a-f]{40}\b/g, '')
    .split(/(`[^`]+`)/)
    .map((part) => (part.startsWith('`') ? part : part.replace(/<\/?[a-z][^<>]*>/gi, '')))
    .join('')
    .trimEnd();
  // What a badge or a link without words leaves behind.
  if (cleaned !== line && /^[\s|•·*\-[\]()]*$/.test(cleaned)) return undefined;
  return cleaned;
}

function keepNewParagraphs(text: string, seen: Set<string>): string {
  const kept: string[] = [];
  for (const paragraph of text.split(/\n\n/)) {
    const key = paragraph.replace(/\s+/g, ' ').trim().toLowerCase();
    if (key === '') continue;
    if (key.length >= REPEATABLE_CHARS) {
      if (seen.has(key)) continue;
      seen.add(key);
    }
    kept.push(paragraph);
  }
  return dropEmptySections(kept).join('\n\n') + '\n';
}

/** A heading followed by a heading of the same or a higher level heads nothing any more. */
function dropEmptySections(paragraphs: readonly string[]): string[] {
  const level = (paragraph: string | undefined) => /^(#+) [^\n]*$/.exec(paragraph ?? '')?.[1].length;
  return paragraphs.filter((paragraph, i) => {
    const own = level(paragraph);
    const next = level(paragraphs[i + 1]);
    return own === undefined || (i + 1 < paragraphs.length && (next === undefined || next > own));
  });
}

/** English, as far as letters tell: translations of a README are left out. */
function isMostlyLatin(text: string): boolean {
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  const latin = text.match(/[A-Za-z]/g)?.length ?? 0;
  return latin > 0.95 * letters;
}
