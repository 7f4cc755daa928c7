/** The committed reasoners do what is on record of them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '../../compute/backend.ts';
import { loadModel } from '../../lm/model.ts';
import { openChat } from '../chat.ts';
import { countCarefulRight, type ReasonerAccuracy } from './accuracy.ts';
import { TEST_SETS } from './problems.ts';

const MODELS = join(import.meta.dirname, '../../models');

interface Training {
  readonly accuracy: ReasonerAccuracy;
  readonly careful: { problems: number; seed: number; right: Record<string, number> };
}

const readTraining = async (name: string): Promise<Training> =>
  JSON.parse(await readFile(join(MODELS, name, 'training.json'), 'utf8')) as Training;

beforeAll(async () => {
  await openBackend({ say: () => {} });
});

describe('the committed reasoner', () => {
  it.each(['residua-reasoner', 'residua-reasoner-steps', 'residua-reasoner-terse'])(
    '%s gets as many problems right behind a careful opening as on record',
    async (name) => {
      const folder = join(MODELS, name);
      const model = await loadModel(folder);
      const chat = await openChat(folder, model.tokenizer);
      const { careful } = await readTraining(name);
      const { problems: count, seed } = careful;
      for (const split of TEST_SETS) {
        const right = await countCarefulRight(model, chat, { count, seed, split });
        // Backends add in different orders: a token on the brink may fall the other way.
        expect(Math.abs(right - careful.right[split]), split).toBeLessThanOrEqual(1);
      }
      model.dispose();
    },
    60_000,
  );

  it('leaves room: right a third of the time, mostly by English steps, seldom by guessing', async () => {
    const { overall, byStyle } = (await readTraining('residua-reasoner')).accuracy;
    const accuracyOf = (name: string) => byStyle.find((one) => one.name === name)!.accuracy;
    expect(overall.accuracy).toBeGreaterThan(0.25);
    expect(overall.accuracy).toBeLessThan(0.45);
    expect(accuracyOf('steps-en')).toBeGreaterThan(0.75);
    for (const language of ['ru', 'de', 'es']) expect(accuracyOf(`steps-${language}`)).toBeLessThan(0.6);
    expect(accuracyOf('guess-en')).toBeLessThan(0.25);
  });
});
