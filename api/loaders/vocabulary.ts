/** The token texts of models, kept in memory: a page of examples shows thousands of tokens of one vocabulary. */
import type { Sql, Statement } from '../sql.ts';

export interface TokenText {
  readonly text: string;
  /** Hex. */
  readonly bytes: string;
}

export interface Vocabulary {
  readonly size: number;
  token(index: number): TokenText;
}

/** Models whose pages are read at the same time; a vocabulary of 256,000 tokens takes about 50 MB. */
const MAX_VOCABULARIES = 4;

const TOKENS: Statement = {
  name: 'tokens',
  text: `select index, text, encode(bytes, 'hex') as bytes from token where model_id = $1`,
};

/** What is shown for a token that the model's table lacks. */
const UNKNOWN_TOKEN: TokenText = { text: '\uFFFD', bytes: '' };

export class Vocabularies {
  readonly #sql: Sql;
  /** Least recently used first. */
  readonly #loaded = new Map<string, Promise<Vocabulary>>();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** The weights' sha256 is part of the key: a model that was trained anew has tokens of its own. */
  async load(modelId: number, modelSha256: string): Promise<Vocabulary> {
    const key = `${modelId}/${modelSha256}`;
    const vocabulary = this.#loaded.get(key) ?? this.#read(modelId);
    this.#loaded.delete(key);
    this.#loaded.set(key, vocabulary);
    const [oldest] = this.#loaded.keys();
    if (this.#loaded.size > MAX_VOCABULARIES) this.#loaded.delete(oldest);
    try {
      const tokens = await vocabulary;
      // Not written yet: looked for again next time.
      if (tokens.size === 0) this.#forget(key, vocabulary);
      return tokens;
    } catch (error) {
      this.#forget(key, vocabulary);
      throw error;
    }
  }

  #forget(key: string, vocabulary: Promise<Vocabulary>): void {
    if (this.#loaded.get(key) === vocabulary) this.#loaded.delete(key);
  }

  async #read(modelId: number): Promise<Vocabulary> {
    const rows = await this.#sql.rows<TokenText & { index: number }>(TOKENS, [modelId]);
    const tokens = new Map(rows.map(({ index, text, bytes }) => [index, { text, bytes }]));
    const token = (index: number) => tokens.get(index) ?? UNKNOWN_TOKEN;
    return { size: tokens.size, token };
  }
}
