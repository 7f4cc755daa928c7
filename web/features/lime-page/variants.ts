/** The models of a study: what they are called here, in which colour, which belong together. */
import type { StudyHeadFragment } from '../../graphql/generated/graphql.ts';

type AnyModel = StudyHeadFragment['models'][number];

/** A study of LIMe knows all of this of its models, one of another method only what they are called. */
export type StudiedModel = {
  readonly [Key in keyof AnyModel]: Key extends 'lime' | 'model' ? AnyModel[Key] : NonNullable<AnyModel[Key]>;
};

const isWhole = (model: AnyModel): model is StudiedModel =>
  Object.entries(model).every(([key, value]) => key === 'lime' || key === 'model' || value !== null);

export type ModelColour = 'base' | 'lime' | 'muted';

export function colourOf(variant: string): ModelColour {
  if (variant === 'llama') return 'base';
  return variant === 'lime' || variant === 'dynamic' ? 'lime' : 'muted';
}

const NAMES: Readonly<Record<string, string>> = {
  llama: 'base',
  lime: 'LIMe',
  dynamic: 'LIMe, dynamic',
  uniform: 'fixed average',
};

export function variantName(variant: string): string {
  const layers = /^(last|first)-(\d+)$/.exec(variant);
  if (layers) return `${layers[1]} ${layers[2]} layers`;
  return NAMES[variant] ?? variant.replaceAll('-', ' ');
}

export interface ModelPair {
  readonly layers: number;
  readonly base: StudiedModel;
  readonly lime: StudiedModel;
}

/** Base and LIMe of the same depth, shallowest first. */
export function pairsOf(studied: readonly AnyModel[]): ModelPair[] {
  const models = studied.filter(isWhole);
  const depths = [...new Set(models.map(({ layers }) => layers))].sort((a, b) => a - b);
  return depths.flatMap((layers) => {
    const find = (variant: string) =>
      models.find((model) => model.layers === layers && model.variant === variant);
    const [base, lime] = [find('llama'), find('lime')];
    return base && lime ? [{ layers, base, lime }] : [];
  });
}

/** The pair asked for, else the deepest. */
export function pickPair(pairs: readonly ModelPair[], depth: number | null): ModelPair | undefined {
  return pairs.find(({ layers }) => layers === depth) ?? pairs[pairs.length - 1];
}
