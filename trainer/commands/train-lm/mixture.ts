/** `english-prose=0.5,file:notes.jsonl=0.1` <-> shares of corpora. Paths are made absolute: a worker stands elsewhere. */
import path from 'node:path';
import { InvalidArgumentError } from 'commander';
import { CORPORA } from '../../corpus/corpora.ts';
import { FOREIGN_FORMS, type ForeignName, parseForeignName } from '../../corpus/foreign/corpus-name.ts';

const KNOWN = CORPORA.map(({ slug }) => slug);

export type Mixture = Readonly<Record<string, number>>;

/** Prose and code carry the features people look for; the two small corpora repeat often, so they get little. */
export const DEMO_MIXTURE: Mixture = {
  'english-prose': 0.5,
  'typescript-declarations': 0.38,
  'russian-messages': 0.06,
  'localised-messages': 0.06,
};

export function parseMixture(text: string): Mixture {
  const entries = text.split(',').map((part) => {
    // The last "=": a path may hold others.
    const [, name = '', share = ''] = /^(.+)=([^=]*)$/.exec(part) ?? [];
    if (!(Number(share) > 0)) {
      throw new InvalidArgumentError(
        `Expected corpus=share,... with shares above 0 and corpora of ${KNOWN.join(', ')}, ${FOREIGN_FORMS}, got "${part}". Correct that part.`,
      );
    }
    return [parseCorpus(name), Number(share)] as const;
  });
  return Object.fromEntries(entries);
}

/** The name of a corpus, a path in it made absolute. */
export function parseCorpus(name: string): string {
  const foreign = parseName(name);
  if (foreign?.kind === 'file') return `file:${path.resolve(foreign.path)}`;
  if (KNOWN.includes(name) || foreign !== undefined) return name;
  throw new InvalidArgumentError(
    `Expected corpora of ${KNOWN.join(', ')}, ${FOREIGN_FORMS}, got "${name}". Correct that part.`,
  );
}

function parseName(name: string): ForeignName | undefined {
  try {
    return parseForeignName(name);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

export function formatMixture(mixture: Mixture): string {
  return Object.entries(mixture)
    .map(([slug, share]) => `${slug}=${share}`)
    .join(',');
}
