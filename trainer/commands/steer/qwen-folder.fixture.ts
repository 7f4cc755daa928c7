/** A model folder as Qwen 2.5's: its architecture, names and chat template, small and with random weights. */
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { createRng } from '../../compute/rng.ts';
import { configJson, parseConfig } from '../../lm/architectures/architectures.ts';
import { createParameters } from '../../lm/parameters.ts';
import { encodeSafetensors } from '../../lm/safetensors.ts';
import { storedTensorsOf } from '../../lm/stored-weights.ts';
import { createTokenizerConfig } from '../../steering/reasoner/tokenizer.ts';

/** Two layers of width 16; 1,004 tokens, in an embedding of more rows. */
const SHAPE = {
  model_type: 'qwen2',
  vocab_size: 1024,
  hidden_size: 16,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  intermediate_size: 24,
  max_position_embeddings: 256,
  rms_norm_eps: 1e-6,
  rope_theta: 1_000_000,
  hidden_act: 'silu',
  tie_word_embeddings: true,
};

const TOKENIZER = path.resolve(import.meta.dirname, '../../lm/tokenizer/golden/qwen2/tokenizer.json');

export async function writeQwenFolder(folder: string): Promise<void> {
  const config = parseConfig(SHAPE, 'fixture');
  const tensors = storedTensorsOf(createParameters(config, createRng(1)), config);
  await mkdir(folder, { recursive: true });
  await copyFile(TOKENIZER, path.join(folder, 'tokenizer.json'));
  const write = (name: string, content: string | Uint8Array) => writeFile(path.join(folder, name), content);
  await write('model.safetensors', encodeSafetensors(tensors, 'F16'));
  await write('config.json', JSON.stringify(configJson(config)));
  await write('tokenizer_config.json', JSON.stringify(createTokenizerConfig(config.contextLength)));
}
