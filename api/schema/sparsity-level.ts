/** A dictionary at one budget: the metrics of the whole. Their formulas are docs/methods/metrics.md. */
import { builder } from '../builder.ts';

builder.prismaObject('SparsityLevel', {
  description:
    'A dictionary run at one budget, measured over the whole evaluation set. x is a hidden, x̂ its reconstruction.',
  fields: (t) => ({
    budget: t.exposeInt('budget', { description: 'Acts kept per token, j <= K.' }),
    explainedVariance: t.exposeFloat('explainedVariance', {
      description:
        'EV = 1 - sum |x - x̂|^2 / sum |x - mean x|^2 over all tokens, in fp64. 1 is perfect, 0 the mean.',
    }),
    fvu: t.float({
      description: 'Fraction of variance unexplained, FVU = 1 - EV. 0 is perfect.',
      resolve: ({ explainedVariance }) => 1 - explainedVariance,
    }),
    ceOriginal: t.exposeFloat('ceOriginal', {
      description: 'Mean next-token cross-entropy of the model untouched, nats per token.',
    }),
    ceSpliced: t.exposeFloat('ceSpliced', {
      description: 'The same with the reconstruction x̂ in the place of x, nats per token.',
    }),
    ceZero: t.exposeFloat('ceZero', {
      description: 'The same with the hookpoint set to zero, nats per token.',
    }),
    ceRecovered: t.exposeFloat('ceRecovered', {
      nullable: true,
      description:
        'CE recovered = (ceZero - ceSpliced) / (ceZero - ceOriginal), unclamped. 1 is perfect; null where zeroing does not hurt.',
    }),
    deltaCe: t.exposeFloat('deltaCe', {
      description: 'ΔCE = ceSpliced - ceOriginal, nats per token. 0 is perfect.',
    }),
    klNats: t.exposeFloat('klNats', {
      description: 'Mean KL(next token of the model untouched || with x̂ spliced in), nats per token.',
    }),
    l0: t.exposeFloat('l0', { description: 'L0: mean number of acts that are not 0, per token.' }),
    deadFraction: t.exposeFloat('deadFraction', {
      description: 'Share of the features that are silent on the whole evaluation set, 0 to 1.',
    }),
    tokenCount: t.expose('tokenCount', {
      type: 'BigInt',
      description: 'Tokens of the evaluation set; special tokens are left out.',
    }),
    ceTokenCount: t.expose('ceTokenCount', {
      type: 'BigInt',
      description:
        'Tokens behind the cross-entropies and the KL, which are measured on a part of the evaluation set.',
    }),
  }),
});
