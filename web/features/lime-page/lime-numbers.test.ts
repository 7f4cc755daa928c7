// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { changesOf } from './ablation-changes.ts';
import { flipWords, pointsOf, tallyLayers, tallyWords, type LayerLine } from './layer-lines.ts';
import { parseView, viewHref } from './lime-view.ts';
import { paperAccuracies } from './paper-accuracies.ts';
import { byLayer, firstShare, ownShare, pickRouter } from './router-pick.ts';
import { stepRatios } from './step-ratios.ts';
import { colourOf, variantName } from './variants.ts';

const line = (...bySeed: number[][]): LayerLine => ({
  model: 'm',
  of: 'VALUES',
  layers: bySeed.map((values, layer) => ({ layer, value: { bySeed: values } })),
});

describe('layers', () => {
  it('are counted above, below and level, seed by seed', () => {
    const base = line([1, 1.1], [1, 1.1], [1, 1.1]);
    const lime = line([2, 2.11], [0, 0.11], [1.1, 1]);
    const tally = tallyLayers(base, lime);
    expect(tally).toEqual({ above: [0], below: [1], level: [2], alone: [] });
    expect(tallyWords(tally)).toBe('higher at 1, lower at 1, level within noise at 1 of 3 layers');
    expect(tallyWords(tallyLayers(line([1]), line([2])))).toContain('one seed');
    expect(tallyWords(tallyLayers(undefined, lime))).toBe('not measured');
    expect(pointsOf(base)[1]).toMatchObject({ x: 1, y: 1.05 });
  });

  it('are said to flip only where they do', () => {
    const tally = (above: number, below: number, level = 0) => ({
      ...{ above: Array<number>(above).fill(0), below: Array<number>(below).fill(0) },
      ...{ level: Array<number>(level).fill(0), alone: [] },
    });
    expect(flipWords(tally(3, 1), tally(0, 2))).toContain('The sign flips');
    expect(flipWords(tally(3, 1), tally(2, 0))).toContain(
      'No flip here: values and hidden states are both higher',
    );
    expect(flipWords(tally(0, 0), tally(1, 1))).toContain('Neither');
    expect(flipWords(tally(0, 2), tally(1, 1))).toContain(
      'values are lower in most layers and hidden states neither',
    );
    // One layer of eight is not most of them.
    expect(flipWords(tally(7, 0, 1), tally(1, 0, 7))).toContain(
      'values are higher in most layers and hidden states neither',
    );
  });
});

describe('changesOf', () => {
  it('are against full LIMe of the same seed, per cent, and none without it', () => {
    const row = (variant: string, bySeed: number[], paper: number | null) => ({
      ...{ model: variant, variant, perplexity: { bySeed }, paperChangePercent: paper },
    });
    const rows = [row('llama', [11, 22], 3.36), row('lime', [10, 20], 0)];
    const [base, full] = changesOf(rows);
    expect(base.change?.mean).toBeCloseTo(10, 9);
    expect([base.paper, full.change, full.paper]).toEqual([3.36, null, null]);
    expect(changesOf(rows.slice(0, 1))[0].change).toBeNull();
  });
});

describe('routers', () => {
  const readout = (seed: number, first: number) => ({
    seed,
    heatMap: [[1], [0.4, 0.6], [first, 0.2, 0.8 - first]],
    selfRetrieval: [1, 0.6, 0.8 - first],
    expectedDepth: [0, 0.6, 1],
    effectiveLayers: [1, 1.9, 2.5],
  });
  const models = [
    { model: 'lime-2', pruning: [], readouts: [{ ...readout(1, 0.1), heatMap: [[1], [0.5, 0.5]] }] },
    { model: 'lime-3', pruning: [], readouts: [readout(1, 0.3), readout(2, 0.5)] },
  ];
  const view = { router: '', seed: null, layer: null };

  it('fall on the deepest model, its first seed and its last layer, and on what is asked for where that is', () => {
    expect(pickRouter(models, view)).toMatchObject({
      model: { model: 'lime-3' },
      readout: { seed: 1 },
      layer: 2,
    });
    const asked = pickRouter(models, { router: 'lime-2', seed: 9, layer: 7 });
    expect(asked).toMatchObject({ model: { model: 'lime-2' }, readout: { seed: 1 }, layer: 1 });
    expect(pickRouter(models, { ...view, seed: 2, layer: 0 })).toMatchObject({
      readout: { seed: 2 },
      layer: 0,
    });
    expect(pickRouter([], view)).toBeNull();
  });

  it('are summed up over seeds', () => {
    expect(ownShare(models[1])?.mean).toBeCloseTo(((0.6 + 0.5) / 2 + (0.6 + 0.3) / 2) / 2, 9);
    const { share, even } = firstShare(models[1]);
    expect([share?.mean, even].map((value) => value?.toFixed(6))).toEqual(['0.400000', '0.333333']);
    // Two layers have no third one.
    expect(firstShare(models[0]).share).toBeNull();
    expect(byLayer(models[1], 'selfRetrieval').map(({ spread }) => spread.n)).toEqual([2, 2, 2]);
  });
});

describe('the address', () => {
  it('says what is not usual, and comes back', () => {
    const address =
      '/lime?x=tokens&depth=8&chain=1&router=lime-8&seed=2&layer=5&signed=1&loss=lime%2Floss%2Fab';
    const parameters = Object.fromEntries(new URL(`http://x${address}`).searchParams);
    expect(viewHref(parseView(parameters))).toBe(address);
    expect(viewHref(parseView({}))).toBe('/lime');
    expect(parseView({ depth: '-1', seed: '1.5', layer: 'x', x: 'y' })).toMatchObject({
      ...{ depth: null, seed: null, layer: null, x: 'flops' },
    });
  });
});

describe('what is said of models', () => {
  it('has the colour and the words of its variant', () => {
    expect(['llama', 'lime', 'dynamic', 'last-2', 'odd-one'].map(variantName)).toEqual([
      ...['base', 'LIMe', 'LIMe, dynamic', 'last 2 layers', 'odd one'],
    ]);
    expect(['llama', 'lime', 'uniform'].map(colourOf)).toEqual(['base', 'lime', 'muted']);
  });

  it('reads the paper for accuracies, and pairs the rounds of step times', () => {
    const figure = { name: 'accuracy, 6 operands', unit: 'percent', base: 41.3, lime: 71.6 };
    expect(paperAccuracies([figure, { ...figure, unit: 'nats' }, { ...figure, name: 'ProsQA' }])).toEqual([
      { operands: 6, base: 0.413, lime: 0.716 },
    ]);
    expect(stepRatios([10, 20, 30], [11, 22])).toEqual([1.1, 1.1]);
  });
});
