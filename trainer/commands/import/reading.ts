/** How the model reads text for an imported dictionary: with or without its first token, as the dictionary was trained. */
import type { EvaluationText } from '../../interp/windows.ts';
import type { LanguageModel } from '../../lm/model.ts';
import { SKIP_FIRST } from '../train-sae/text-config.ts';
import type { RunTexts } from '../train-sae/texts.ts';
import type { ImportConfig } from './config.ts';
import { prependToken } from './prepend-token.ts';
import type { Reading } from './work.ts';

/** Whether windows begin with the model's first token; where the source does not say, they do not. */
export function wantsBos({ bos }: Pick<ImportConfig, 'bos'>, prependBos: boolean | null): boolean {
  return bos === 'auto' ? (prependBos ?? false) : bos === 'always';
}

export function openReading(
  model: LanguageModel,
  { contextLength, skipFirst }: Pick<ImportConfig, 'contextLength' | 'skipFirst'>,
  hasBos: boolean,
): Reading {
  const longest = model.config.contextLength;
  if (!hasBos) {
    const windowLength = Math.min(contextLength, longest);
    return { model, windowLength, skipFirst: skipFirst ?? SKIP_FIRST, hasBos };
  }
  // GPT-2 has one token for both.
  const token = model.tokenizer.bos ?? model.tokenizer.endOfText;
  if (token === undefined) {
    throw new Error(
      `${model.slug}: expected a token to begin every window with, as this dictionary was trained, got a tokenizer without ` +
        'end of text. Read without it by --bos never.',
    );
  }
  // The first token of the text has a history: it counts.
  const windowLength = Math.min(contextLength, longest - 1);
  return { model: prependToken(model, token), windowLength, skipFirst: skipFirst ?? 0, hasBos };
}

/** Train and held-out text in one, numbered as everywhere. */
export function joinTexts({ streams, evaluation }: RunTexts): EvaluationText[] {
  return evaluation.map((heldOut, i) => {
    const train = streams[i].tokens;
    const tokens = new (train.constructor as Uint32ArrayConstructor)(train.length + heldOut.tokens.length);
    tokens.set(train);
    tokens.set(heldOut.tokens, train.length);
    return { ...heldOut, tokens, offset: 0 };
  });
}
