/** The memory of a budget curve: a train-sae run's, with the weights and moments of all the other dictionaries beside. */
import type { DecoderConfig } from '../../lm/config.ts';
import type { MemoryItem, MemoryPhase, MemoryPlan } from '../../compute/memory.ts';
import { largestBudget } from '../../sae/kinds.ts';
import { dictionaryMemory, parameterMemory } from '../../sae/memory.ts';
import { demoConfig } from '../demo.ts';
import type { MemoryRequest, PlannedBackend } from '../memory-plan.ts';
import { planTrainSae } from '../train-sae/memory.ts';
import type { BudgetCurveConfig } from './config.ts';
import { contendersOf } from './fits.ts';

export function planBudgetCurve(
  config: BudgetCurveConfig,
  model: DecoderConfig,
  backend: PlannedBackend,
): MemoryRequest {
  const contenders = contendersOf(config);
  const k = config.budgets[config.budgets.length - 1];
  const acts = Math.max(...contenders.map((one) => largestBudget(one.kind, one.k, config.features)));
  const one = planTrainSae(
    {
      ...{ ...demoConfig, ...config, k, budgets: [acts], readTokens: config.evaluateTokens },
      levels: contenders.length * config.budgets.length,
    },
    model,
    backend,
  );
  const size = (features: number) => ({
    width: features,
    hiddenWidth: model.hiddenWidth,
    k: acts,
    ...backend,
  });
  const withOthers = (plan: MemoryPlan, features: number) =>
    addOthers(plan, contenders.length - 1, size(features));
  return {
    plan: withOthers(one.plan, config.features),
    dials: one.dials
      .filter(({ flag }) => flag !== '--read-tokens')
      .map((dial) => ({
        ...dial,
        planAt: (value) =>
          withOthers(dial.planAt(value), dial.flag === '--features' ? value : config.features),
      })),
  };
}

type Size = Parameters<typeof dictionaryMemory>[0];

function addOthers({ resident, phases }: MemoryPlan, others: number, size: Size): MemoryPlan {
  const fitted = times(parameterMemory(size), others);
  const read = times(dictionaryMemory(size), others);
  const kept = phases.flatMap(({ name, items }): MemoryPhase[] => {
    if (name === 'prepare') return [{ name, items }];
    if (name === 'first step' || name === 'fit') return [{ name, items: [...items, ...fitted] }];
    return name === 'read-out: cross-entropy' ? [{ name: 'evaluate', items: [...items, ...read] }] : [];
  });
  return { resident, phases: kept };
}

const times = (items: readonly MemoryItem[], count: number): MemoryItem[] =>
  items.map((item) => ({
    ...item,
    name: `${item.name}, of the others`,
    sizes: `${count} x ${item.sizes}`,
    sizeBytes: count * item.sizeBytes,
  }));
