/** What the page of a boost asks for besides its dictionary. Server only. */
import { ask } from '../../graphql/ask.ts';
import {
  BoostFeaturesDocument,
  BoostPassagesDocument,
  TrialsDocument,
  type BoostFeaturesQueryVariables,
} from '../../graphql/generated/graphql.ts';
import { GENERAL, type Trial } from './trial-numbers.ts';

/** Rows of the list of added features: two screens. */
const FEATURES = 24;
/** Texts under both, some of the domain and some general. */
const PASSAGES = 8;
/** Trials of one experiment: seven methods of three domains over five seeds, and still a query the API takes. */
const TRIALS = 200;

export async function loadBoost(slug: string, base: string, domain: string | null) {
  const trialsOf = async (experiment: string, of?: string): Promise<readonly Trial[]> =>
    (await ask(TrialsDocument, trialVariables(experiment, base, of))).trials;
  const features: BoostFeaturesQueryVariables = featureVariables(slug, base);
  const [added, texts, boost, composition, kSensitivity, tokenCurve] = await Promise.all([
    ask(BoostFeaturesDocument, features),
    ask(BoostPassagesDocument, { slug, first: PASSAGES }),
    trialsOf('boost'),
    trialsOf('composition'),
    trialsOf('k-sensitivity', domain ?? GENERAL),
    trialsOf('token-curve', domain ?? GENERAL),
  ]);
  return {
    features: added.dictionary?.features ?? null,
    passages: texts.dictionary?.passages ?? [],
    trials: { boost, composition, kSensitivity, tokenCurve },
  };
}

export type LoadedBoost = Awaited<ReturnType<typeof loadBoost>>;

export function featureVariables(slug: string, base: string): BoostFeaturesQueryVariables {
  return { slug, base, first: FEATURES, filter: { dead: false } };
}

export function trialVariables(experiment: string, base: string, domain?: string) {
  return { experiment, base, domain, first: TRIALS };
}
