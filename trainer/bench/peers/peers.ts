/** The peers we measure against: which file of this folder runs them, and what of a step they compute densely. */

export interface PeerSpec {
  readonly name: string;
  /** Module of this folder. */
  readonly module: string;
  readonly variant: string;
  /** Multiplies B x F by F x D in the backward pass; a sparse one visits the kept acts alone. */
  readonly isDense: boolean;
}

const peer = (name: string, module: string, variant: string, isDense: boolean): PeerSpec => ({
  name,
  module,
  variant,
  isDense,
});

/** Whole training steps of a TopK dictionary. */
export const STEP_PEERS: readonly PeerSpec[] = [
  peer('torch-dense-topk', 'torch_topk', 'dense', true),
  peer('torch-gather-topk', 'torch_topk', 'gather', true),
  peer('torch-compiled-topk', 'torch_topk', 'compiled', true),
  peer('sae-lens', 'sae_lens_topk', 'dense', true),
  peer('sae-lens-sparse', 'sae_lens_topk', 'sparse', false),
  peer('dictionary-learning', 'dictionary_learning_topk', '', true),
  peer('sparsify', 'sparsify_topk', '', false),
];

export const HIERARCHICAL_PEERS: readonly PeerSpec[] = [
  peer('torch-compiled-topk', 'torch_topk', 'compiled', true),
  peer('torch-compiled-hierarchical', 'torch_topk', 'compiled-hierarchical', true),
];

export const ENCODE_PEERS: readonly PeerSpec[] = [
  peer('torch', 'torch_topk', 'dense', true),
  peer('torch-compiled', 'torch_topk', 'compiled', true),
];

export const PRODUCT_PEERS: readonly PeerSpec[] = [
  peer('torch', 'products', 'torch', true),
  peer('numpy', 'products', 'numpy', true),
];

/** Language models reading tokens. */
export const FORWARD_PEERS: readonly PeerSpec[] = [
  peer('transformers', 'transformers_forward', 'sdpa', true),
  peer('transformers-eager', 'transformers_forward', 'eager', true),
];

/** Language models writing tokens. */
export const GENERATE_PEERS: readonly PeerSpec[] = [
  peer('transformers', 'torch_generate', 'transformers', true),
  peer('torch-static', 'torch_generate', 'static', true),
];

export const FLEXSAE_PEERS: readonly PeerSpec[] = [
  ...HIERARCHICAL_PEERS,
  peer('sparsify', 'sparsify_topk', '', false),
];

/** Those asked for, all where none is. */
export function choosePeers(peers: readonly PeerSpec[], only: readonly string[]): readonly PeerSpec[] {
  const unknown = only.filter((name) => !peers.some((peer) => peer.name === name));
  if (unknown.length > 0) {
    const known = peers.map(({ name }) => name).join(', ');
    throw new Error(`--only: expected some of ${known}, got "${unknown.join(', ')}".`);
  }
  return only.length === 0 ? peers : peers.filter(({ name }) => only.includes(name));
}
