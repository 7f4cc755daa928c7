/**
 * Where the features of an analysis come from: a published dictionary that was named, else the one committed with the model where
 * it is of that layer, else one fitted here on what the model writes.
 */
import { createDictionary, type Dictionary } from '../../sae/dictionary.ts';
import { answerAll } from '../../steering/analyses/answers.ts';
import type { PublishedDictionary } from '../dictionary-file.ts';
import { isWritten, type SteerBench } from './bench.ts';
import { findCommitted, generationsFolder, type CommittedDictionary } from './committed-dictionary.ts';
import { fitOnGenerations, readableFeatures } from './generation-dictionary.ts';
import type { FeatureSource } from './run-analyses.ts';

export interface FeaturePlan {
  /** Training problems answered, once each. */
  readonly texts: number;
  /** Features per coordinate of the hidden states. */
  readonly expansion: number;
  readonly budget: number;
  /** Hidden states trained on. */
  readonly tokens: number;
  readonly seed: number;
}

export const FEATURE_PLAN: FeaturePlan = { texts: 1024, expansion: 8, budget: 16, tokens: 400_000, seed: 1 };

export interface FeatureSources {
  /** Of the layer where one layer is steered, of the middle one where several are. */
  open(layers: readonly number[]): Promise<FeatureSource>;
  dispose(): void;
}

/** Every hookpoint is opened once, when it is first asked for. */
export function createFeatureSources(
  bench: SteerBench,
  plan: FeaturePlan,
  published?: PublishedDictionary,
): FeatureSources {
  const { backend, model, chat, problems, measuring } = bench;
  const opened: Dictionary[] = [];
  const keepOpen = (dictionary: Dictionary): Dictionary => {
    opened.push(dictionary);
    return dictionary;
  };
  let texts: ReturnType<typeof answerAll> | undefined;
  const readTexts = () =>
    (texts ??= answerAll(model, null, problems.train.slice(0, plan.texts), {
      chat,
      ...measuring,
      samples: 1,
    }));
  async function openFinished(
    { slug, hookpoint, weights }: CommittedDictionary,
    note: string,
  ): Promise<FeatureSource> {
    const dictionary = keepOpen(createDictionary(backend.kernels, weights));
    const features = readableFeatures(dictionary, { slug, hookpoint, budget: weights.k });
    return { texts: await readTexts(), dictionary: features, note };
  }
  const opening = new Map<string, Promise<FeatureSource>>();
  async function openLayer(hookpoint: string, layer: number): Promise<FeatureSource> {
    const committed = await findCommitted(model, hookpoint);
    if (committed) {
      const folder = generationsFolder(model.slug);
      return openFinished(committed, `Dictionary ${committed.slug}, committed in ${folder}.`);
    }
    return fitLayer(hookpoint, layer);
  }
  async function fitLayer(hookpoint: string, layer: number): Promise<FeatureSource> {
    const answers = await readTexts();
    const base = { parameters: model.parameters, edits: [] };
    const dictionary = keepOpen(
      await fitOnGenerations({
        ...{
          kernels: backend.kernels,
          model,
          hookpoint,
          budget: plan.budget,
          tokens: plan.tokens,
          seed: plan.seed,
        },
        width: plan.expansion * model.config.hiddenWidth,
        sources: [{ overlay: base, texts: answers.filter(isWritten) }],
      }),
    );
    const slug = `${model.slug}-generations-layer-${layer}`;
    bench.say(`${slug}: ${dictionary.width} features`);
    return {
      texts: answers,
      dictionary: readableFeatures(dictionary, { slug, hookpoint, budget: plan.budget }),
      note: `Dictionary ${slug}, fitted for this analysis on ${answers.length} answers, ${plan.tokens} states; published nowhere.`,
    };
  }
  return {
    async open(layers) {
      if (published) return openFinished(published, `Dictionary ${published.slug}, as published.`);
      const layer = layers.length === 1 ? layers[0] : Math.floor((model.config.layerCount - 1) / 2);
      const hookpoint = `layers.${layer}.residual.post`;
      if (!opening.has(hookpoint)) opening.set(hookpoint, openLayer(hookpoint, layer));
      return opening.get(hookpoint)!;
    },
    dispose: () => opened.forEach((dictionary) => dictionary.dispose()),
  };
}
