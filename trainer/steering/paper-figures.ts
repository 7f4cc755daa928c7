/** What the papers report, to stand beside our numbers: 2509.06608 (Small Vectors, Big Effects) and 2505.18706 before it. */
import type { AnalysisKind, SteeringFigure, SteeringPart } from './record.ts';

const ABSTRACT = '2509.06608, abstract';
const QWEN = 'Qwen2.5-Math-7B';

const finding = (name: string, text: string, source: string): SteeringFigure => ({
  ...{ name, text, source },
  unit: 'finding',
  value: null,
});

export const ANALYSIS_FIGURES: Readonly<Record<AnalysisKind, readonly SteeringFigure[]>> = {
  'logit-lens': [
    finding(
      'penultimate layer',
      'Process words and structure symbols are weighted up, through the MLP and the unembedding.',
      ABSTRACT,
    ),
    finding('middle layers', 'Tokens that are not English are weighted down.', ABSTRACT),
  ],
  cosines: [],
  'token-shift': [
    finding(
      'last layer',
      'A token-substitution bias concentrated on the first generated token ("To", "Step").',
      `${ABSTRACT}; Figures 3 and 19`,
    ),
  ],
  prefix: [
    {
      name: 'share of the last layer’s gain that the prefix "To" recovers',
      unit: 'percent',
      value: 75,
      text: `About 10 to 11 points on ${QWEN}.`,
      source: '2509.06608, as its reviewers sum it up',
    },
  ],
  persistence: [
    finding(
      'behind later layers',
      'The difference keeps one direction (Diff-Diff is high), but no longer that of the vector (Diff-Vector is low).',
      '2509.06608, Figures 2, 4, 14, 15',
    ),
  ],
  patching: [
    finding(
      'penultimate layer',
      'Attention is left largely intact: the vector works through the MLP and the unembedding.',
      `${ABSTRACT}; Figures 5, 6, 20, 21`,
    ),
  ],
  'token-scaling': [
    finding(
      'by segment',
      'The magnitude lies on meaningful segments of the prompt.',
      '2509.06608, abstract and section 10',
    ),
  ],
  features: [
    finding(
      'features of right answers',
      'A sparse autoencoder isolates features tied to correct generations.',
      `${ABSTRACT}; Figures 7, 8`,
    ),
  ],
  generations: [],
};

const percent = (name: string, value: number): SteeringFigure => ({
  ...{ name, value },
  unit: 'percent',
  text: `${QWEN}, pass at 1.`,
  source: '2505.18706',
});

export const STUDY_FIGURES: Readonly<Record<SteeringPart, readonly SteeringFigure[]>> = {
  accuracy: [
    percent('MATH500, base', 52.2),
    percent('MATH500, full fine-tuning', 79.3),
    percent('MATH500, vectors at all layers', 79.9),
    percent('AMC23, base', 45.8),
    percent('AMC23, full fine-tuning', 64.2),
    percent('AMC23, vectors at all layers', 62.5),
    finding(
      'Llama-3.1-8B base',
      'Vectors recover only about 70 % of what full fine-tuning gains.',
      '2505.18706, as summed up at EMNLP',
    ),
  ],
  'gain-curve': [
    finding(
      'single layers',
      'Nearly every layer alone improves over the base; layers 23 and 24 of Qwen2.5-Math-7B do not.',
      '2509.06608, Figures 1, 9–11',
    ),
  ],
  pairs: [
    finding(
      'pairs of layers',
      'Vectors trained apart add up in Qwen, and often harm each other in Llama.',
      '2509.06608, Figure 13',
    ),
  ],
  transfer: [
    finding(
      'inside a family',
      'Vectors transfer within the Qwen family, best from the base model; within Llama they do not.',
      '2509.06608, Table 1 and section 9',
    ),
  ],
};
