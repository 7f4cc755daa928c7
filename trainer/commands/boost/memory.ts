/** The memory of a boost run: that of fitting and reading one dictionary as wide as all its methods together, base included. */
import type { DecoderConfig } from '../../lm/config.ts';
import type { PublishedDictionary } from '../dictionary-file.ts';
import { demoConfig } from '../demo.ts';
import type { MemoryRequest, PlannedBackend } from '../memory-plan.ts';
import { planTrainSae } from '../train-sae/memory.ts';
import { corporaOf, type BoostConfig } from './config.ts';

export function planBoost(
  config: BoostConfig,
  { weights, hookpoint }: Pick<PublishedDictionary, 'weights' | 'hookpoint'>,
  model: DecoderConfig,
  backend: PlannedBackend,
): MemoryRequest {
  const { width, k } = weights;
  const tuned = config.methods.some((name) => name === 'fine-tuning' || name === 'stitching') ? width : 0;
  const extended =
    config.methods.filter((name) => name.startsWith('extended')).length * (width + config.features);
  const residuals = config.methods.filter((name) => name.startsWith('boost') || name === 'random-decoder');
  const alone = residuals.length * config.features;
  return planTrainSae(
    {
      ...demoConfig,
      ...config,
      kind: 'hierarchical-topk',
      hookpoint,
      features: width + tuned + extended + alone,
      k: k + 4 * config.k,
      budgets: [k],
      levels: config.methods.length,
      corpora: Object.fromEntries(corporaOf(config).map((slug) => [slug, 1])),
    },
    model,
    backend,
  );
}
