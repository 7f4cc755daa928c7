import path from 'node:path';
import { expect, it } from 'vitest';

import { openBackend } from '../../compute/backend.ts';
import { tokenizeTexts } from '../../corpus/token-stream.ts';
import { loadModel } from '../../lm/model.ts';
import { answerAll } from '../../steering/analyses/answers.ts';
import { openChat } from '../../steering/chat.ts';
import { createProblems } from '../../steering/reasoner/problems.ts';
import { checkout } from '../settings.ts';
import { writeConversations } from './conversations.ts';

const LOAD_MS = 120_000;
const folder = path.join(checkout, 'trainer/models/residua-reasoner');

it(
  'read as a corpus, conversations are the tokens that the model saw and wrote',
  async () => {
    await openBackend({ say: () => {} });
    const model = await loadModel(folder);
    try {
      const chat = await openChat(folder, model.tokenizer);
      const problems = createProblems({ count: 6, seed: 9, split: 'train' });
      const asking = { chat, samples: 2, maxTokens: 48, temperature: 1, seed: 4 };
      const { texts, left } = await writeConversations(model, problems, asking);
      const answers = await answerAll(model, null, problems, asking);
      expect(left).toBe(0);
      const { endOfText } = model.tokenizer;
      const stream = answers.flatMap(({ prompt, response }) => [...prompt, ...response, endOfText!]);
      expect([...tokenizeTexts(texts, model.tokenizer)]).toEqual(stream);
    } finally {
      model.dispose();
    }
  },
  LOAD_MS,
);

it(
  'leaves out an answer that its text would not be cut into',
  async () => {
    await openBackend({ say: () => {} });
    const model = await loadModel(folder);
    try {
      const problems = createProblems({ count: 1, seed: 9, split: 'train' });
      // A prompt in single letters, which the tokenizer would have joined.
      const letters = ['W', 'h', 'a', 't'].flatMap((letter) => model.tokenizer.encode(letter));
      const chat = { encode: () => ({ tokens: letters, segments: [] }), stopTokens: [] };
      const asking = { chat, samples: 3, maxTokens: 2, temperature: 1, seed: 4 };
      expect(await writeConversations(model, problems, asking)).toEqual({ texts: [], left: 3 });
    } finally {
      model.dispose();
    }
  },
  LOAD_MS,
);
