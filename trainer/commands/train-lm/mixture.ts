/** `english-prose=0.5,russian-messages=0.1` <-> shares of corpora. */
import { InvalidArgumentError } from 'commander';
import { CORPORA } from '../../corpus/corpora.ts';

export type Mixture = Readonly<Record<string, number>>;

/** Prose and code carry the features people look for; the two small corpora repeat often, so they get little. */
export const DEMO_MIXTURE: Mixture = {
  'english-prose': 0.5,
  'typescript-declarations': 0.38,
  'russian-messages': 0.06,
  'localised-messages': 0.06,
};

export function parseMixture(text: string): Mixture {
  const known = CORPORA.map(({ slug }) => slug);
  const entries = text.split(',').map((part) => {
    const [slug, share, ...rest] = part.split('=');
    if (!known.includes(slug) || !(Number(share) > 0) || rest.length > 0) {
      throw new InvalidArgumentError(
        `Expected corpus=share,... with corpora of ${known.join(', ')}, got "${part}". Correct that part.`,
      );
    }
    return [slug, Number(share)] as const;
  });
  return Object.fromEntries(entries);
}

export function formatMixture(mixture: Mixture): string {
  return Object.entries(mixture)
    .map(([slug, share]) => `${slug}=${share}`)
    .join(',');
}
