import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadTokenizer, type Tokenizer } from '../lm/tokenizer/tokenizer.ts';
import { createChat, openChat, SYSTEM_PROMPT, type ChatPrompt } from './chat.ts';
import { createTokenizerConfig, fitReasonerTokenizer } from './reasoner/tokenizer.ts';
import { createTokenizer } from '../lm/tokenizer/tokenizer.ts';

const GOLDEN = join(import.meta.dirname, '../lm/tokenizer/golden');
const CHATML = createTokenizerConfig(160);

let reasoner: Tokenizer;
let qwen: Tokenizer;
let llama: Tokenizer;
let gemma: Tokenizer;
let folder: string;
beforeAll(async () => {
  reasoner = createTokenizer(fitReasonerTokenizer(512, 1), CHATML);
  [qwen, llama, gemma] = await Promise.all(
    ['qwen2', 'llama3', 'gemma2'].map((name) => loadTokenizer(join(GOLDEN, name))),
  );
  folder = await mkdtemp(join(tmpdir(), 'residua-chat-'));
});
afterAll(() => rm(folder, { recursive: true }));

const textOf = (tokenizer: Tokenizer, { tokens, segments }: ChatPrompt, segment: string) =>
  tokenizer.decode(tokens.filter((_, i) => segments[i] === segment));

describe('a ChatML template', () => {
  const chat = () => createChat(CHATML, reasoner, 'test');

  it('writes the turns of Qwen 2.5', () => {
    const { tokens } = chat().encode('What is 2+3?');
    expect(reasoner.decode(tokens)).toBe(
      `<|im_start|>system\n${SYSTEM_PROMPT}<|im_end|>\n<|im_start|>user\nWhat is 2+3?<|im_end|>\n<|im_start|>assistant\n`,
    );
  });

  it('gives every token its segment', () => {
    const prompt = chat().encode('What is 2+3?');
    expect(prompt.segments).toHaveLength(prompt.tokens.length);
    expect(textOf(reasoner, prompt, 'question')).toBe('What is 2+3?');
    expect(textOf(reasoner, prompt, 'system')).toBe(SYSTEM_PROMPT);
    expect(textOf(reasoner, prompt, 'role')).toBe(
      '<|im_start|>system\n<|im_end|>\n<|im_start|>user\n<|im_end|>\n<|im_start|>assistant\n',
    );
  });

  it('ends answers at the end of a turn and at the end of text', () => {
    expect(chat().stopTokens.map((id) => reasoner.text(id))).toEqual(['<|im_end|>', '<|endoftext|>']);
  });

  it('leaves the system turn out where its words are empty', () => {
    const prompt = chat().encode('2+3', '');
    expect(prompt.segments).not.toContain('system');
    expect(reasoner.decode(prompt.tokens)).toMatch(/^<\|im_start\|>user\n2\+3/);
  });

  it.each(['user', 'system', 'q', '', 'Ответ 🙂 é', 'a\nb', '<|im_start|>user\n', SYSTEM_PROMPT])(
    'finds the question %j, whatever else it is',
    (question) => {
      const prompt = chat().encode(question);
      expect(textOf(reasoner, prompt, 'question')).toBe(question);
      expect(textOf(reasoner, prompt, 'system')).toBe(SYSTEM_PROMPT);
    },
  );
});

describe('awkward templates', () => {
  const withTemplate = (chat_template: string, tokenizer = qwen) =>
    createChat({ chat_template, eos_token: '<|endoftext|>' }, tokenizer, 'x/tokenizer_config.json');

  it('that trim what they are given', () => {
    const chat = withTemplate(
      "{% for m in messages %}[{{ m['role'] }}] {{ m['content'] | trim }}\n{% endfor %}",
    );
    const prompt = chat.encode('  2+3  ', ' be brief ');
    expect(qwen.decode(prompt.tokens)).toBe('[system] be brief\n[user] 2+3\n');
    expect(textOf(qwen, prompt, 'question').trim()).toBe('2+3');
    expect(textOf(qwen, prompt, 'system').trim()).toBe('be brief');
  });

  it('that write the question twice: both places are the question', () => {
    const chat = withTemplate('Q:{{ messages[-1].content }}\nAgain:{{ messages[-1].content }}\n');
    const prompt = chat.encode('zzz', '');
    expect(textOf(qwen, prompt, 'question').match(/zzz/g)).toHaveLength(2);
  });

  it('that refuse a system turn get its words before the question', () => {
    const chat = withTemplate(
      "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}" +
        '<u>{{ messages[0].content }}</u>',
      gemma,
    );
    const prompt = chat.encode('2+3', 'be brief');
    expect(gemma.decode(prompt.tokens)).toBe('<u>be brief\n\n2+3</u>');
    expect(textOf(gemma, prompt, 'question')).toContain('2+3');
    expect(textOf(gemma, prompt, 'system')).toContain('be brief');
  });

  it('that begin with the begin-of-text token', () => {
    const config = {
      chat_template: '{{ bos_token }}{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}',
      bos_token: { content: '<|begin_of_text|>' },
    };
    const chat = createChat(config, llama, 'x');
    expect(llama.text(chat.encode('2+3').tokens[0])).toBe('<|begin_of_text|>');
  });

  it.each([
    ['{% for %}', /chat_template in Jinja/],
    ["{{ raise_exception('no') }}", /expected a chat_template that renders a question, got: no/],
    ['nothing of the messages', /expected the chat template to write the question as it was given/],
    ['{{ messages[-1].content | upper }}', /write the question as it was given/],
  ])('that cannot be used are refused: %s', (template, message) => {
    expect(() => withTemplate(template).encode('abc', '')).toThrow(message);
  });

  it('of which there are several: the one named default', () => {
    const named = [
      { name: 'tools', template: 'no' },
      { name: 'default', template: '<{{ messages[-1].content }}>' },
    ];
    const chat = createChat({ chat_template: named }, qwen, 'x');
    expect(qwen.decode(chat.encode('a', '').tokens)).toBe('<a>');
    expect(() => createChat({ chat_template: [named[0]] }, qwen, 'x')).toThrow(/one named "default"/);
  });
});

describe('openChat', () => {
  it('takes a template that lies beside the configuration', async () => {
    await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify({ eos_token: '<|endoftext|>' }));
    await writeFile(join(folder, 'chat_template.jinja'), '<{{ messages[-1].content }}>');
    const chat = await openChat(folder, qwen);
    expect(qwen.decode(chat.encode('a', '').tokens)).toBe('<a>');
  });

  it('goes without roles where there is no template: the texts, one under the other', async () => {
    const chat = await openChat(join(GOLDEN, 'gpt2'), qwen);
    const prompt = chat.encode('What?', 'Be brief.');
    expect(qwen.decode(prompt.tokens)).toBe('Be brief.\n\nWhat?\n');
    expect(new Set(prompt.segments)).toEqual(new Set(['system', 'role', 'question']));
    expect(qwen.decode(chat.encode('What?', '').tokens)).toBe('What?\n');
  });

  it('refuses a configuration that is no JSON', async () => {
    await writeFile(join(folder, 'tokenizer_config.json'), '{');
    await expect(openChat(folder, qwen)).rejects.toThrow(/tokenizer_config.json: expected JSON/);
  });
});
