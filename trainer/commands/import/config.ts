/** The flat config of `residua import`: what the command line, the queue and the run's row all hold. */
import { z } from 'zod';

import { PACKINGS } from '../../corpus/token-layout.ts';
import { ConfigError } from '../train-sae/config.ts';
import { corpusShares } from '../train-sae/text-config.ts';
import { demoConfig } from '../demo.ts';

export const SPLITS = ['whole', 'held-out'] as const;

export const importConfigSchema = z
  .object({
    /** Address of the dictionary on the site; names the run. */
    slug: z.string().regex(/^[a-z0-9][a-z0-9-]{0,79}$/, 'lowercase letters, digits and dashes, at most 80'),
    name: z.string().min(1).max(120),
    /** Folder or file of the dictionary; relative paths start at the checkout. */
    source: z.string().min(1),
    modelFolder: z.string().min(1),
    /** null: as the source says. */
    hookpoint: z.string().min(1).nullable(),
    /** What the source calls the model, where that is not the folder's name; null: the same. */
    modelName: z.string().min(1).nullable(),
    /** Whether every window begins with the model's first token; auto: as the source says. */
    bos: z.enum(['auto', 'always', 'never']),
    /** Acts stored per token at most, where the source does not say; null: from the source or from a measurement. */
    k: z.int().min(1).nullable(),
    /** Factor of the inputs in training that the files do not hold. */
    inputScale: z.number().positive().nullable(),
    /** dictionary_learning's class, where no config.json says it. */
    dictClass: z.string().min(1).nullable(),
    /** Takes it even where the self-check speaks against it. */
    unchecked: z.boolean(),
    /** Corpus to its share of the tokens read. */
    corpora: corpusShares,
    contextLength: z.int().min(8),
    /** joined (documents one after the other, cut anywhere) when absent. */
    packing: z.enum(PACKINGS).optional(),
    /** First tokens of every window that are read but not counted; SKIP_FIRST when absent. */
    skipFirst: z.int().min(0).optional(),
    /** held-out: it was fitted on the rest of these very corpora. whole, all text being new to it, when absent. */
    split: z.enum(SPLITS).optional(),
    readTokens: z.int().min(1),
    metricTokens: z.int().min(1),
    seed: z.int().min(0),
  })
  .strict();

export type ImportConfig = z.infer<typeof importConfigSchema>;

export const IMPORT_DEFAULTS = {
  modelFolder: demoConfig.modelFolder,
  corpora: demoConfig.corpora,
  contextLength: demoConfig.contextLength,
  readTokens: 1_000_000,
  metricTokens: 32_768,
  seed: 0,
} as const;

export function parseImportConfig(input: unknown): ImportConfig {
  const parsed = importConfigSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'config'}: ${message}`);
  throw new ConfigError(`import cannot run with this config:\n  ${issues.join('\n  ')}`);
}

/** An address from a path: its last words that say more than "layer" and "final". */
export function slugOf(source: string): string {
  const words = source
    .split(/[\\/]/)
    .filter((word) => word !== '')
    .slice(-2)
    .join('-')
    .replace(/\.(pt|pth|npz|safetensors)$/, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return words.slice(-80).replace(/^-+/, '') || 'imported';
}
