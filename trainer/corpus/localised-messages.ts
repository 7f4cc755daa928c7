/**
 * The compiler messages of TypeScript 6 in other languages: short, clean text in Russian and a dozen more.
 * One document is a run of messages that stand together in the compiler's own table.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compareText, type Document } from './corpus.ts';

const FILE = 'diagnosticMessages.generated.json';
const MESSAGES_PER_DOCUMENT = 12;

export async function loadMessages(libFolder: string, language: string): Promise<Document[]> {
  const table = JSON.parse(await readFile(join(libFolder, language, FILE), 'utf8')) as Record<string, string>;
  const messages = [
    ...new Set(
      Object.entries(table)
        .sort(([a], [b]) => compareText(a, b))
        .map(([, text]) => text),
    ),
  ];
  const documents: Document[] = [];
  for (let start = 0; start < messages.length; start += MESSAGES_PER_DOCUMENT) {
    const lines = messages.slice(start, start + MESSAGES_PER_DOCUMENT);
    documents.push({ id: `typescript-messages/${language}/${start}`, text: lines.join('\n') + '\n' });
  }
  return documents;
}

export async function listMessageLanguages(libFolder: string): Promise<string[]> {
  const children = await readdir(libFolder, { withFileTypes: true });
  return children
    .filter((child) => child.isDirectory())
    .map((child) => child.name)
    .sort(compareText);
}
