/** A made-up publication with its model and corpus saved: what publish() is timed on. */
import type { CorpusId } from '@residua/prisma/ids';
import { saveCorpus } from '../../store/corpora.ts';
import type { Database } from '../../store/database.ts';
import { saveModel } from '../../store/models.ts';
import type { Publication } from '../../store/publish.ts';
import { BUDGETS, CORPUS, createMadeUpReadout, VOCAB_SIZE, type MadeUpSize } from './made-up-readout.ts';

const SHA256 = '0'.repeat(64);
const HIDDEN_WIDTH = 768;
const model = {
  ...{ slug: 'made-up', name: 'Made up', family: 'llama', description: '', layerCount: 1, headCount: 1 },
  ...{
    hiddenWidth: HIDDEN_WIDTH,
    kvHeadCount: 1,
    vocabSize: VOCAB_SIZE,
    contextLength: 1024,
    parameterCount: 1,
  },
  ...{ revision: '0', sha256: SHA256, config: {}, training: null, heldOutNats: null },
};
const corpus = {
  slug: CORPUS,
  name: CORPUS,
  domain: 'general',
  description: '',
  documentCount: 1,
  byteCount: 1,
};

export type MadeUpPublication = Omit<Publication, 'model' | 'corpora'>;

export function createMadeUpPublication(size: MadeUpSize): MadeUpPublication {
  const dictionary = {
    ...{
      slug: 'made-up',
      name: 'Made up',
      kind: 'topk' as const,
      hookpoint: 'layers.0.residual.post',
      layer: 0,
    },
    ...{ width: size.width, hiddenWidth: HIDDEN_WIDTH, maxBudget: BUDGETS[BUDGETS.length - 1] },
    ...{ parent: null, domain: null },
  };
  const provenance = {
    ...{ modelSlug: 'made-up', modelRevision: '0', modelSha256: SHA256, checkpointSha256: SHA256 },
    ...{
      trainCorpora: [],
      readCorpora: [],
      tokenizer: '',
      contextLength: 1024,
      bosPolicy: '',
      normalisation: '',
    },
    ...{
      codeCommit: '',
      backend: '',
      seed: 0,
      trainTokenCount: 0,
      readTokenCount: 0,
      command: '',
      config: {},
    },
  };
  return { dictionary, run: null, provenance, readout: createMadeUpReadout(size) };
}

/** What has to be there before it is published. */
export async function saveSubject(db: Database): Promise<Pick<Publication, 'model' | 'corpora'>> {
  const tokens = Array.from({ length: VOCAB_SIZE }, (_, token) => Buffer.from(String(token)));
  const id: CorpusId = await saveCorpus(db, { ...corpus, sha256: SHA256 });
  return { model: await saveModel(db, model, tokens), corpora: new Map([[CORPUS, id]]) };
}
