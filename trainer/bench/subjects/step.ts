/** A whole training step of a dictionary, as `residua train-sae` takes it. Adam's settings are those of every peer. */
import { fitSettings } from '../../sae/defaults.ts';
import { createTraining } from '../../sae/training.ts';
import type { Operations, SubjectInput } from './subjects.ts';

/** PyTorch's defaults, which the peers' trainers keep. */
const PEERS_ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
const PLANNED_STEPS = 1000; // decides the schedule alone

export const openTopKStep = (input: SubjectInput) => openStep('topk', input);
export const openHierarchicalStep = (input: SubjectInput) => openStep('hierarchical-topk', input);

function openStep(kind: 'topk' | 'hierarchical-topk', { backend, shape, batches }: SubjectInput): Operations {
  const { B, D, F, K } = shape;
  const recipe = { kind, hiddenWidth: D, width: F, k: K, batchTokens: B, tokens: PLANNED_STEPS * B };
  const settings = { ...fitSettings(recipe), ...PEERS_ADAM, deadAfterTokens: 10_000_000 };
  const training = createTraining(backend.kernels, settings, batches[0].dataSync() as Float32Array);
  let turn = 0;
  return {
    step: async () => {
      await training.advance(batches[turn++ % batches.length], false);
      await backend.kernels.settle();
    },
  };
}
