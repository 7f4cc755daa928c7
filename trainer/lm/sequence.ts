/** One text in the making: its prompt, what was picked so far, and when it ends. Knows no model. */
import { createRng, type Rng } from '../compute/rng.ts';
import type { Tokenizer } from './tokenizer/tokenizer.ts';

export interface Ending {
  /** New tokens, at most. */
  readonly maxTokens: number;
  /** Texts that end a sequence; they are left out of it. */
  readonly stops?: readonly string[];
  /** Ids that end a sequence; the tokenizer's end of text when absent. */
  readonly endTokens?: readonly (number | undefined)[];
}

export interface Generated {
  /** New ones, with those of a stop text or the end. */
  readonly tokens: readonly number[];
  /** Of the new tokens, without a stop text or the end. */
  readonly text: string;
  /** What ended it: an end token, a stop text, or its length (maxTokens, or the model's context). */
  readonly ended: 'end' | 'stop' | 'length';
  /** Of each new token, where asked for. */
  readonly scores?: readonly TokenScore[];
}

/** Of the distribution a token was drawn from, without topP; at temperature 0 of the model's own. */
export interface TokenScore {
  /** Natural logarithm. */
  readonly logProbability: number;
  /** Nats. */
  readonly entropy: number;
}

export interface Sequence {
  readonly row: number;
  readonly prompt: readonly number[];
  readonly tokens: readonly number[];
  /** Prompt included. */
  readonly mostTokens: number;
  readonly rng: Rng;
  readonly isEnded: boolean;
  /** Takes the next token and sees whether it is the last. */
  add(token: number, score?: TokenScore): void;
  result(): Generated;
}

export interface SequenceInput extends Ending {
  readonly row: number;
  readonly prompt: readonly number[];
  readonly seed: number;
  readonly tokenizer: Tokenizer;
  readonly contextLength: number;
}

export function createSequence(input: SequenceInput): Sequence {
  const { row, prompt, seed, tokenizer, maxTokens, contextLength, stops = [] } = input;
  const { endTokens = [tokenizer.endOfText] } = input;
  const mostTokens = Math.min(prompt.length + maxTokens, contextLength);
  const tokens: number[] = [];
  const scores: TokenScore[] = [];
  let ended: Generated['ended'] | undefined;
  let stopAt: number | undefined;

  /** Decodes all of the text, so only where there is something to look for: a stop may begin inside any token. */
  function findStop(): number | undefined {
    if (stops.length === 0) return undefined;
    const text = tokenizer.decode(tokens);
    const found = stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
    return found.length > 0 ? Math.min(...found) : undefined;
  }

  return {
    row,
    prompt,
    tokens,
    mostTokens,
    rng: createRng(seed),
    get isEnded() {
      return ended !== undefined;
    },
    add(token, score) {
      tokens.push(token);
      if (score) scores.push(score);
      if (endTokens.includes(token)) {
        ended = 'end';
        return;
      }
      stopAt = findStop();
      if (stopAt !== undefined) ended = 'stop';
      else if (prompt.length + tokens.length >= mostTokens) ended = 'length';
    },
    result() {
      const text = tokenizer.decode(ended === 'end' ? tokens.slice(0, -1) : tokens);
      const scored = scores.length > 0 && { scores };
      return { tokens, text: text.slice(0, stopAt), ended: ended ?? 'length', ...scored };
    },
  };
}
