/** training.json of a model, as far as it is understood: whatever is missing is left out, never guessed. */
export interface TrainingRecord {
  readonly command?: string;
  readonly facts: readonly { readonly name: string; readonly value: string | number }[];
  readonly curve: readonly CurvePoint[];
  readonly heldOutCurve: readonly CurvePoint[];
  readonly corpora: readonly { readonly slug: string; readonly share?: number; readonly lossNats?: number }[];
}

export interface CurvePoint {
  readonly x: number;
  readonly y: number;
}

const FACTS: Readonly<Record<string, string>> = {
  stepTotal: 'steps',
  tokens: 'tokens seen',
  seed: 'seed',
  optimiser: 'optimiser',
  peakRate: 'peak learning rate',
  backend: 'backend',
  device: 'device',
};

export function parseTraining(json: unknown): TrainingRecord | null {
  if (!isRecord(json)) return null;
  const heldOut = isRecord(json.heldOut) ? json.heldOut : {};
  const losses = records(heldOut.byCorpus);
  return {
    command: typeof json.command === 'string' ? json.command : undefined,
    facts: Object.entries(FACTS).flatMap(([key, name]) => {
      const value = json[key];
      return typeof value === 'string' || typeof value === 'number' ? [{ name, value }] : [];
    }),
    curve: records(json.curve).flatMap((point) => pointOf(point.step, point.lossNats)),
    heldOutCurve: records(json.heldOutCurve).flatMap(({ step, evaluation }) =>
      pointOf(step, isRecord(evaluation) ? evaluation.lossNats : undefined),
    ),
    corpora: records(json.corpora).flatMap(({ slug, share }) => {
      if (typeof slug !== 'string') return [];
      const loss = losses.find((candidate) => candidate.corpus === slug)?.lossNats;
      return [
        {
          slug,
          ...(typeof share === 'number' && { share }),
          ...(typeof loss === 'number' && { lossNats: loss }),
        },
      ];
    }),
  };
}

function pointOf(step: unknown, loss: unknown): CurvePoint[] {
  return typeof step === 'number' && typeof loss === 'number' ? [{ x: step, y: loss }] : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function records(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
