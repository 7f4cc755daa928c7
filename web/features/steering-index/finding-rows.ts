/** The findings of the papers in the order of the page: what each claims, our verdict and figures, theirs, where it is from. Pure. */
import { vectorHref } from '../../ui/address.ts';
import { drawWhitespace } from '../../ui/token-text.tsx';
import { mainScore } from '../steering-page/gain-section.tsx';
import { figureText, type PaperFigure } from '../steering-page/paper-findings.tsx';
import { gainOf, percent } from '../steering-page/shares.ts';
import { resultsOf } from './conditions.ts';
import {
  judgeCoin,
  judgeFeatures,
  judgeLayers,
  judgePairs,
  judgePath,
  judgePrefix,
  judgeRecovery,
  judgeSegments,
  judgeTransfer,
  type FindingKey,
  type Judged,
  type Verdict,
} from './findings.ts';
import type { LoadedSteering } from './load-steering.ts';
import type { Evidence } from './steering-types.ts';

export interface Finding extends Judged {
  readonly key: FindingKey;
  readonly claim: string;
  /** What the papers have, each with its source. */
  readonly paper: readonly { readonly text: string; readonly source: string }[];
  /** In the place of a figure, where the papers have none. */
  readonly instead?: string;
  /** Where our figures are from. */
  readonly from: { readonly name: string; readonly href: string };
}

type Steering = Pick<LoadedSteering, 'accuracy' | 'gainCurve' | 'pairs' | 'transfer' | 'evidence'>;

const UNMEASURED: Judged = { verdict: 'unmeasured', ours: '' };
const quote = (text: string) => `“${drawWhitespace(text)}”`;
const section = (name: string, part: string) => ({ name, href: `#${part}` });

export function findingsOf({ accuracy, gainCurve, pairs, transfer, evidence }: Steering): Finding[] {
  const { last, penultimate, adaptive, all } = evidence;
  const set = accuracy ? (mainScore(accuracy.base)?.testSet ?? '') : '';
  const results = accuracy ? resultsOf(accuracy.base, accuracy.conditions, set) : new Map<string, never>();
  return [
    {
      ...{ key: 'recovery', claim: 'Vectors recover most of what full fine-tuning gains' },
      ...judgeRecovery(results),
      paper: [...recoveredText(accuracy?.paper ?? []), ...words(accuracy?.paper)],
      from: section('What training buys', 'accuracy'),
    },
    {
      ...{ key: 'coin', claim: 'A random reward teaches nothing (control)' },
      ...judgeCoin(results),
      ...{ paper: [], instead: 'a control of ours' },
      from: section('What training buys', 'accuracy'),
    },
    {
      ...{ key: 'layers', claim: 'Nearly every layer alone improves over the base' },
      ...(gainCurve ? judgeLayers(gainCurve) : UNMEASURED),
      paper: words(gainCurve?.paper),
      from: section('One layer at a time', 'gain-curve'),
    },
    {
      ...{ key: 'prefix', claim: 'The last layer’s vector is a bias on the first token' },
      ...(last?.prefixTest ? judgePrefix(last.prefixTest, quote) : UNMEASURED),
      paper: figures(last?.prefixTest?.paper),
      from: partOf(last, 'Is it a first word?', 'prefix', 'gain-curve'),
    },
    {
      ...{ key: 'path', claim: 'The vector before it works past attention, through MLP and unembedding' },
      ...(penultimate?.patching ? judgePath(penultimate.patching) : UNMEASURED),
      paper: figures(penultimate?.patching?.paper),
      from: partOf(penultimate, 'Through which path', 'patching', 'gain-curve'),
    },
    {
      ...{ key: 'transfer', claim: 'Vectors transfer inside the family' },
      ...(transfer ? judgeTransfer(transfer) : UNMEASURED),
      paper: words(transfer?.paper),
      from: section('In another model of the family', 'transfer'),
    },
    {
      ...{ key: 'pairs', claim: 'Vectors trained apart build on each other' },
      ...(pairs ? judgePairs(pairs) : UNMEASURED),
      paper: words(pairs?.paper),
      from: section('Two layers together', 'pairs'),
    },
    {
      ...{ key: 'segments', claim: 'Scaled by token, the vector is strong where the prompt means something' },
      ...(adaptive?.tokenScaling ? judgeSegments(adaptive.tokenScaling, gainOfSet(adaptive)) : UNMEASURED),
      paper: figures(adaptive?.tokenScaling?.paper),
      from: partOf(adaptive, 'On which tokens', 'scaling', 'accuracy'),
    },
    {
      ...{ key: 'features', claim: 'A dictionary isolates features of right answers' },
      ...(all?.features ? judgeFeatures(all.features) : UNMEASURED),
      paper: figures(all?.features?.paper),
      from: partOf(all, 'Read by a dictionary', 'features', 'accuracy'),
    },
  ];
}

/** The section of a set's own page; where no set is kept, that of the index which would name one. */
function partOf(of: Evidence | null, name: string, part: string, otherwise: string): Finding['from'] {
  return of ? { name, href: `${vectorHref(of.slug)}#${part}` } : section(name, otherwise);
}

function gainOfSet({ base, scores }: Evidence) {
  const steered = mainScore(scores);
  const before = base.find(({ testSet }) => testSet === steered?.testSet);
  return steered && before ? gainOf(steered.accuracy, before.accuracy) : null;
}

function figures(paper: readonly PaperFigure[] = []): Finding['paper'] {
  return paper.map((figure) => ({
    text:
      figure.value === null ? figureText(figure) : `${figureText(figure)}: ${figure.name}. ${figure.text}`,
    source: figure.source,
  }));
}

const words = (paper: readonly PaperFigure[] = []) => figures(paper.filter(({ value }) => value === null));

const FIGURE = /^(.+), (base|full fine-tuning|vectors at all layers)$/;

/** The paper's accuracies, benchmark by benchmark, as the share of the gain that we compute of ours. */
export function recoveredText(paper: readonly PaperFigure[]): Finding['paper'] {
  const benchmarks = new Map<string, Map<string, PaperFigure>>();
  for (const figure of paper) {
    const [, benchmark, what] = FIGURE.exec(figure.name) ?? [];
    if (benchmark === undefined || figure.value === null) continue;
    benchmarks.set(benchmark, (benchmarks.get(benchmark) ?? new Map()).set(what, figure));
  }
  const shares = [...benchmarks].flatMap(([benchmark, of]) => {
    const [base, full, vectors] = ['base', 'full fine-tuning', 'vectors at all layers'].map((name) =>
      of.get(name),
    );
    if (base?.value == null || full?.value == null || vectors?.value == null || full.value <= base.value)
      return [];
    const share = (vectors.value - base.value) / (full.value - base.value);
    return [{ text: `${percent(share)} on ${benchmark}`, model: vectors.text, source: vectors.source }];
  });
  if (shares.length === 0) return [];
  const [{ model, source }] = shares;
  return [{ text: `${shares.map(({ text }) => text).join(', ')}. ${model}`, source }];
}

const VERDICTS: readonly Verdict[] = ['holds', 'partly', 'fails', 'silent', 'unmeasured'];

const COUNTED: Readonly<Record<Verdict, (count: number) => string>> = {
  holds: (count) => `${count} ${count === 1 ? 'holds' : 'hold'} here`,
  partly: (count) => `${count} ${count === 1 ? 'does' : 'do'} in part`,
  fails: (count) => `${count} ${count === 1 ? 'does' : 'do'} not`,
  silent: (count) => `of ${count} nothing can be said`,
  unmeasured: (count) => `${count} ${count === 1 ? 'was' : 'were'} not measured`,
};

/** Of 9 findings 5 hold here, 2 do in part, 1 does not, of 1 nothing can be said. */
export function summaryOf(findings: readonly Judged[]): string {
  const parts = VERDICTS.flatMap((verdict) => {
    const count = findings.filter((finding) => finding.verdict === verdict).length;
    return count > 0 ? [COUNTED[verdict](count)] : [];
  });
  return `Of ${findings.length} findings ${parts.join(', ')}.`;
}
