/** An adapter by its kind, checked against the model it is for. */
import type { Adapter, AdapterInput } from './adapter.ts';
import { createFull } from './adapters/full.ts';
import { createAdaptive, createLora } from './adapters/low-rank.ts';
import { createRank } from './adapters/rank.ts';
import { createRandom, createVectors } from './adapters/vectors.ts';
import { checkLayers } from './applied-vectors.ts';
import { PLACES } from './record.ts';

/** The paper's baseline. */
export const LORA_RANK = 4;

export async function createAdapter(input: AdapterInput): Promise<Adapter> {
  const { kind, rank = kind === 'lora' ? LORA_RANK : 1, place = 'mlp.out', model } = input;
  checkLayers(input.layers, model.config.layerCount);
  if (!Number.isSafeInteger(rank) || rank < 1 || rank > model.config.hiddenWidth) {
    throw new Error(
      `${kind}: expected a rank from 1 to ${model.config.hiddenWidth}, the model's width, got ${rank}.`,
    );
  }
  if (!PLACES.includes(place)) {
    throw new Error(
      `${kind}: expected a place of ${PLACES.join(', ')}, got "${place}". Choose one of these.`,
    );
  }
  const checked = { ...input, rank, place };
  switch (kind) {
    case 'vectors':
      return createVectors(checked);
    case 'random':
      return createRandom(checked);
    case 'rank':
      return createRank(checked);
    case 'adaptive':
      return createAdaptive(checked);
    case 'lora':
      return createLora(checked);
    case 'full':
      return createFull(checked);
    default:
      throw new Error(`adapter: expected a known kind, got "${String(kind satisfies never)}".`);
  }
}
