/** The names others give to places in a model, and ours. Knows names only: whether a model has the place, the model says. */

const LAYER = '(?:blocks|model\\.layers|transformer\\.h|gpt_neox\\.layers|layers|h)[._](\\d+)';

/** Ours, by what follows the layer in theirs: TransformerLens's hooks, then Hugging Face's modules (their outputs). */
const PLACES: readonly (readonly [string, string])[] = [
  ['\\.hook_resid_pre', 'residual.pre'],
  ['\\.hook_resid_mid', 'residual.mid'],
  ['\\.hook_resid_post', 'residual.post'],
  ['\\.hook_mlp_out', 'mlp.out'],
  ['\\.hook_attn_out', 'attention.out'],
  ['\\.attn\\.hook_z', 'attention.heads'],
  ['(?:\\.output)?', 'residual.post'],
  ['\\.mlp(?:\\.output)?', 'mlp.out'],
  // Gemma's MLP is read behind its second norm, as hook_mlp_out there.
  ['\\.post_feedforward_layernorm(?:\\.output)?', 'mlp.out'],
  ['\\.(?:self_attn|attn|attention)(?:\\.output)?', 'attention.out'],
];
const MATCHERS = PLACES.map(([rest, place]) => [new RegExp(`^${LAYER}${rest}$`), place] as const);
const EMBEDDINGS = /^(?:hook_embed|(?:model\.)?embed_tokens|(?:transformer\.)?wte|embed)$/;
const OURS = /^(?:embed|layers\.\d+\.(?:residual\.(?:pre|mid|post)|attention\.(?:heads|out)|mlp\.out))$/;

const THEIRS: Readonly<Record<string, string>> = {
  'residual.pre': 'hook_resid_pre',
  'residual.mid': 'hook_resid_mid',
  'residual.post': 'hook_resid_post',
  'attention.heads': 'attn.hook_z',
  'attention.out': 'hook_attn_out',
  'mlp.out': 'hook_mlp_out',
};

/** Null where we have no such place: queries, inputs of an MLP, whole transcoders. */
export function mapHookpoint(hookName: string): string | null {
  if (hookName.length > 200) return null;
  if (OURS.test(hookName)) return hookName;
  if (EMBEDDINGS.test(hookName)) return 'embed';
  for (const [matcher, place] of MATCHERS) {
    const layer = matcher.exec(hookName)?.[1];
    if (layer !== undefined) return `layers.${Number(layer)}.${place}`;
  }
  return null;
}

/** A hookpoint of ours as TransformerLens names it; a name that is not ours stays. */
export function toTransformerLens(hookpoint: string): string {
  if (hookpoint === 'embed') return 'hook_embed';
  const [, layer, place] = /^layers\.(\d+)\.(.+)$/.exec(hookpoint) ?? [];
  return place !== undefined && Object.hasOwn(THEIRS, place) ? `blocks.${layer}.${THEIRS[place]}` : hookpoint;
}
