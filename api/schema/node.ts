/** node(id:): anything by its global id. What is not published is not there. */
import { brandWithType } from '@pothos/core';
import { builder } from '../builder.ts';
import type { Context } from '../context.ts';
import { parseFeatureKey, parseGlobalId, parseKey } from '../global-id.ts';
import type { GlobalId } from '../global-id.ts';

builder.queryFields((t) => ({
  node: t.field({
    type: builder.nodeInterfaceRef(),
    nullable: true,
    description: 'Anything by its global id; null where there is none.',
    args: { id: t.arg.id({ required: true, description: 'Global id as `id` fields return it.' }) },
    resolve: async (_root, { id }, context) => {
      const global = parseGlobalId(String(id));
      const row = global && (await findNode(global, context));
      if (!row) return null;
      brandWithType(row, global.type as never);
      return row;
    },
  }),
}));

async function findNode({ type, key }: GlobalId, { loaders }: Context): Promise<object | null> {
  if (type === 'Feature') {
    const feature = parseFeatureKey(key);
    return feature && loaders.feature.load([feature.dictionaryId, feature.index]);
  }
  const id = parseKey(key);
  if (id === null) return null;
  switch (type) {
    case 'Model':
      return loaders.model.load(id);
    case 'Corpus':
      return loaders.corpus.load(id);
    case 'Dictionary':
      return loaders.dictionary.load(id);
    case 'Run':
      return loaders.run.load(id);
    case 'Trial':
      return loaders.trial.load(id);
    case 'SteeringVector':
      return loaders.vector.load([id]);
    case 'Study':
      return loaders.study.load(id);
    case 'Label':
      return (await loaders.labelById.load([id]))[0] ?? null;
    default:
      return null;
  }
}
