/**
 * A question as the tokens of a conversation, by the model's own chat template, each token with the segment it belongs to:
 * system, question, or role for everything the template writes itself. Knows no weights.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Template } from '@huggingface/jinja';
import type { Tokenizer } from '../lm/tokenizer/tokenizer.ts';
import { findSpans, labelTokens, type ChatPrompt, type Render } from './segments.ts';

export type { ChatPrompt } from './segments.ts';

/** The paper's (2509.06608): asks for steps and for the box that the reward reads. */
export const SYSTEM_PROMPT = 'Please reason step by step, and put your final answer within \\boxed{}.';

export interface ChatTemplate {
  /** system: SYSTEM_PROMPT when absent; none at all when empty. */
  encode(question: string, system?: string): ChatPrompt;
  /** Ids that end an answer. */
  readonly stopTokens: readonly number[];
}

/** What is read of tokenizer_config.json. */
export interface ChatConfig {
  readonly chat_template?: string | readonly { readonly name: string; readonly template: string }[] | null;
  readonly bos_token?: string | { readonly content: string } | null;
  readonly eos_token?: string | { readonly content: string } | null;
}

/** The folder's template: in tokenizer_config.json or, as newer tools write it, in chat_template.jinja; plain without. */
export async function openChat(folder: string, tokenizer: Tokenizer): Promise<ChatTemplate> {
  const path = join(folder, 'tokenizer_config.json');
  const text = await readOptional(path);
  const config = text === undefined ? {} : parseConfig(text, path);
  const apart = await readOptional(join(folder, 'chat_template.jinja'));
  return createChat(apart === undefined ? config : { ...config, chat_template: apart }, tokenizer, path);
}

export function createChat(config: ChatConfig, tokenizer: Tokenizer, place: string): ChatTemplate {
  const source = sourceOf(config, place);
  const render = source === undefined ? renderPlain : createRenderer(source, config, place);
  const stops = [idOf(tokenizer, contentOf(config.eos_token)), tokenizer.endOfText];
  return {
    stopTokens: [...new Set(stops.filter((id) => id !== undefined))],
    encode(question, system = SYSTEM_PROMPT) {
      const { text, spans } = findSpans(render, question, system, place);
      const prompt = labelTokens(tokenizer, text, spans);
      const { bos } = tokenizer;
      return source === undefined && bos !== undefined ? startWith(bos, prompt) : prompt;
    },
  };
}

const startWith = (bos: number, { tokens, segments }: ChatPrompt): ChatPrompt => ({
  tokens: [bos, ...tokens],
  segments: ['role', ...segments],
});

/** A model that was never taught roles: the texts, one under the other. */
const renderPlain = (question: string, system: string): string =>
  system === '' ? `${question}\n` : `${system}\n\n${question}\n`;

function createRenderer(source: string, config: ChatConfig, place: string): Render {
  const template = compile(source, place);
  const render = (messages: readonly { role: string; content: string }[]): string =>
    template.render({
      messages,
      add_generation_prompt: true,
      bos_token: contentOf(config.bos_token) ?? '',
      eos_token: contentOf(config.eos_token) ?? '',
    });
  return (question, system) => {
    const user = { role: 'user', content: question };
    try {
      return render(system === '' ? [user] : [{ role: 'system', content: system }, user]);
    } catch (cause) {
      // Gemma's template throws at a system turn; its makers put that text before the question.
      if (system !== '') return render([{ ...user, content: `${system}\n\n${question}` }]);
      throw new Error(
        `${place}: expected a chat_template that renders a question, got: ${(cause as Error).message}. ` +
          'Take the tokenizer files from where the model comes from.',
        { cause },
      );
    }
  };
}

function compile(source: string, place: string): Template {
  try {
    return new Template(source);
  } catch (cause) {
    throw new Error(
      `${place}: expected a chat_template in Jinja, got one that cannot be read: ${(cause as Error).message}. ` +
        'Take the tokenizer files from where the model comes from, or remove chat_template to go without roles.',
      { cause },
    );
  }
}

/** Of several the one named default. */
function sourceOf({ chat_template: given }: ChatConfig, place: string): string | undefined {
  if (given === undefined || given === null || typeof given === 'string') return given ?? undefined;
  const named = Array.isArray(given)
    ? given.find(({ name }: { name: string }) => name === 'default')
    : undefined;
  if (typeof named?.template === 'string') return named.template;
  throw new Error(
    `${place}: expected chat_template to be text, or a list with one named "default", got ` +
      `${JSON.stringify(given).slice(0, 80)}. Restore the file.`,
  );
}

const contentOf = (token: ChatConfig['bos_token']): string | undefined =>
  typeof token === 'string' ? token : token?.content;

function idOf(tokenizer: Tokenizer, content: string | undefined): number | undefined {
  if (!content) return undefined;
  const ids = tokenizer.encode(content);
  return ids.length === 1 ? ids[0] : undefined;
}

function parseConfig(text: string, path: string): ChatConfig {
  try {
    return JSON.parse(text) as ChatConfig;
  } catch (cause) {
    throw new Error(`${path}: expected JSON, got something else. Restore the file.`, { cause });
  }
}

const readOptional = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
