/** Whether a dictionary was made for a model, as far as its file says: before anything is computed or written. */
import type { DecoderConfig } from '../../lm/config.ts';
import { hookpointWidth, listHookpoints } from '../../lm/hookpoints.ts';
import type { ImportedDictionary } from '../../sae/formats/imported-dictionary.ts';

export interface FitsModel {
  readonly source: string;
  /** The folder's name. */
  readonly modelSlug: string;
  readonly model: DecoderConfig;
  /** Asked for; null: as the source says. */
  readonly hookpoint: string | null;
  /** What the source calls the model, if not by the folder's name. */
  readonly modelName: string | null;
}

type Described = Pick<ImportedDictionary, 'modelName' | 'hookName' | 'hookpoint'> & {
  readonly weights: Pick<ImportedDictionary['weights'], 'hiddenWidth'>;
};

/** The hookpoint to read at; throws where dictionary and model do not go together. */
export function expectFits(imported: Described, to: FitsModel): string {
  const { hiddenWidth } = imported.weights;
  const width = hookpointWidth(to.hookpoint ?? imported.hookpoint ?? '', to.model);
  if (hiddenWidth !== width) {
    throw new Error(
      `${to.source}: expected hidden states of width ${width}, as ${to.modelSlug} has, got a dictionary of ` +
        `width ${hiddenWidth}${named(imported.modelName)}. Name the model it was trained on with --model.`,
    );
  }
  expectModelName(imported.modelName, to);
  return expectHookpoint(imported, to);
}

const named = (modelName: string | null): string => (modelName === null ? '' : ` for ${modelName}`);

/** Many names of one model: the owner, the case and TransformerLens's word for the smallest are left out. */
export function plainModelName(name: string): string {
  const last = name.split('/').at(-1) ?? name;
  return last
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^gpt2-small$/, 'gpt2');
}

function expectModelName(theirs: string | null, { source, modelSlug, modelName }: FitsModel): void {
  if (theirs === null) return;
  const accepted = [modelSlug, ...(modelName === null ? [] : [modelName])];
  if (accepted.some((name) => plainModelName(name) === plainModelName(theirs))) return;
  throw new Error(
    `${source}: expected a dictionary of ${accepted.join(' or ')}, got one of ${theirs}. Name its model with --model; if ` +
      `${modelSlug} is that model under another name, say so with --model-name ${theirs}.`,
  );
}

function expectHookpoint({ hookName, hookpoint }: Described, { source, model, ...asked }: FitsModel): string {
  const known = listHookpoints(model);
  const chosen = asked.hookpoint ?? hookpoint;
  if (chosen !== null && known.includes(chosen)) return chosen;
  const got = asked.hookpoint ?? hookName ?? 'a source that names none';
  throw new Error(
    `${source}: expected a hookpoint of ${asked.modelSlug} (${known.join(', ')}), got ${got}. Choose one with --hookpoint.`,
  );
}
