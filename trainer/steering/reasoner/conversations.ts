/**
 * The reasoner's training text as rows of tokens: a system turn, then questions with their answers. The loss is taken over
 * the answers, their ends included. Knows no files and no model.
 */
import type { Rng } from '../../compute/rng.ts';
import type { Tokenizer } from '../../lm/tokenizer/tokenizer.ts';
import type { ChatTemplate } from '../chat.ts';
import { pickStyle, writeAnswer } from './answers.ts';
import { drawProblem, type ProblemSplit } from './problems.ts';
import type { Style } from './styles.ts';

export interface Conversation {
  readonly tokens: readonly number[];
  /** Parallel to the tokens: 1 where one is the model's to predict. */
  readonly weights: readonly number[];
}

export interface Speech {
  readonly tokenizer: Tokenizer;
  readonly chat: ChatTemplate;
  /** Ends a turn. */
  readonly turnEnd: number;
}

export interface ConversationOptions {
  readonly styles: readonly Style[];
  readonly splits: readonly ProblemSplit[];
  /** Questions are added as long as they fit; 0: only one. */
  readonly fillTokens: number;
}

export function drawConversation(speech: Speech, options: ConversationOptions, rng: Rng): Conversation {
  let row = drawTurn(speech, options, rng);
  for (;;) {
    if (row.tokens.length >= options.fillTokens) return row;
    const next = drawTurn(speech, options, rng, '');
    const between = speech.tokenizer.encode('\n');
    if (row.tokens.length + between.length + next.tokens.length > options.fillTokens) return row;
    row = {
      tokens: [...row.tokens, ...between, ...next.tokens],
      weights: [...row.weights, ...between.map(() => 0), ...next.weights],
    };
  }
}

function drawTurn(
  { tokenizer, chat, turnEnd }: Speech,
  { styles, splits }: ConversationOptions,
  rng: Rng,
  system?: string,
): Conversation {
  const { question, expression } = drawProblem(rng, splits[rng.int(splits.length)]);
  const prompt = chat.encode(question, system).tokens;
  const answer = [...tokenizer.encode(writeAnswer(expression, pickStyle(styles, rng), rng)), turnEnd];
  return {
    tokens: [...prompt, ...answer],
    weights: [...prompt.map(() => 0), ...answer.map(() => 1)],
  };
}

export interface ConversationBatch {
  readonly tokens_BT1: Int32Array;
  readonly contextLength: number;
  readonly weights_N: Float32Array;
  /** Predicted tokens. */
  readonly targetCount: number;
}

/** The native backend keeps the buffers of every length it has seen: few lengths, little memory. */
const LENGTH_STEP = 16;

/** As long as its longest row, or a little longer; filled up with token 0, which counts nothing. */
export function createConversationBatch(rows: readonly Conversation[]): ConversationBatch {
  const longest = Math.max(...rows.map(({ tokens }) => tokens.length)) - 1;
  const contextLength = LENGTH_STEP * Math.ceil(longest / LENGTH_STEP);
  const tokens_BT1 = new Int32Array(rows.length * (contextLength + 1));
  const weights_N = new Float32Array(rows.length * contextLength);
  rows.forEach(({ tokens, weights }, row) => {
    tokens_BT1.set(tokens, row * (contextLength + 1));
    // Target t is token t + 1.
    weights_N.set(weights.slice(1), row * contextLength);
  });
  return {
    tokens_BT1,
    contextLength,
    weights_N,
    targetCount: weights_N.reduce((sum, weight) => sum + weight, 0),
  };
}
