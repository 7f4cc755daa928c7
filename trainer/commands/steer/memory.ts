/** The memory of training vectors, composed from what the rooms know of themselves. */
import { createItem, uncollectedMemory } from '../../compute/memory.ts';
import { learnerMemory, learningStepMemory } from '../../lm-fit/memory.ts';
import type { DecoderConfig } from '../../lm/config.ts';
import { cacheMemory, forwardMemory, keptForReuse, logitMemory, modelMemory } from '../../lm/memory.ts';
import { TEST_SETS } from '../../steering/reasoner/problems.ts';
import { MOST_PROMPTS, MOST_ROWS } from '../../steering/rollouts.ts';
import { mostPassTokens } from '../../steering/fit-step.ts';
import type { MemoryRequest, PlannedBackend } from '../memory-plan.ts';
import type { SteerConfig } from './config.ts';
import { REASONER } from './problem-sets.ts';

type Asked = Pick<
  SteerConfig,
  'adapter' | 'prompts' | 'generations' | 'maxTokens' | 'problems' | 'testCount' | 'testSamples'
>;

/**
 * No two passes are of one shape, so as much is kept as is used at once: measured three quarters of a step, of whose gradients
 * half are gone before the rest is there.
 */
const KEPT_SHARE = 0.5;

/** Prompts may be as long as the context leaves room for; a pass holds at least one response. */
export function planSteer(
  config: DecoderConfig,
  asked: Asked,
  { isFused }: Pick<PlannedBackend, 'isFused'>,
): MemoryRequest {
  const rollouts = asked.prompts * asked.generations;
  const most = Math.min(MOST_ROWS, Math.max(rollouts, countMeasured(asked)));
  const planAt = ({ adapter, maxTokens }: Asked) => {
    const passTokens = Math.max(maxTokens, Math.min(mostPassTokens(config), rollouts * maxTokens));
    const rows = Math.ceil(passTokens / maxTokens);
    const capacity = config.contextLength;
    const pass = { rows, contextLength: Math.min(capacity, 2 * maxTokens), isFused };
    const sequences = { rows: most, contextLength: 1, isFused };
    // Read before the first token is written, at most as long as the context leaves room for.
    const prompts = { rows: Math.min(MOST_PROMPTS, most), contextLength: capacity - maxTokens, isFused };
    const learning = learningStepMemory(config, pass);
    return {
      resident: [
        ...modelMemory(config),
        ...(adapter === 'full' ? learnerMemory(config) : []),
        createItem('vectors and their moments', {
          axes: { L: config.layerCount, D: config.hiddenWidth },
          copies: 4,
        }),
        uncollectedMemory(),
      ],
      phases: [
        {
          name: 'generate',
          items: [
            ...cacheMemory(config, { rows: most, capacity, isFused }),
            ...forwardMemory(config, prompts),
            ...logitMemory(config, sequences),
          ],
        },
        { name: 'learn', items: [...learning, ...(isFused ? keptForReuse(learning, KEPT_SHARE) : [])] },
      ],
    };
  };
  const dials = [
    {
      ...{ flag: '--max-tokens', value: asked.maxTokens, least: 8 },
      planAt: (maxTokens: number) => planAt({ ...asked, maxTokens }),
    },
  ];
  return { plan: planAt(asked), dials };
}

/** Responses to held-out problems; how many sets of these a file has shows only when it is read. */
function countMeasured({ problems, testCount, testSamples }: Asked): number {
  return problems === REASONER.slug ? TEST_SETS.length * testCount * testSamples : Infinity;
}
