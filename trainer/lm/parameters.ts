/**
 * The weights of a decoder by our own names, the same for every family: matrices [out, in], gains of norms as they
 * multiply. Their shapes, and how a new model starts. Knows no file and not how they are trained.
 */
import type { Tensor } from '@tensorflow/tfjs';
import type { Rng } from '../compute/rng.ts';
import type { DecoderConfig } from './config.ts';
import { layersUpTo } from './hookpoints.ts';
import { createRouters, isRouter, routerShapes } from './lime.ts';
import type { NamedArray } from './safetensors.ts';

export type Parameters = Readonly<Record<string, Tensor>>;

export const EMBEDDING = 'embedding.weight';
export const POSITIONS = 'positions.weight';
export const FINAL_NORM = 'finalNorm';
export const UNEMBEDDING = 'unembedding.weight';

export function parameterShapes(config: DecoderConfig): Record<string, number[]> {
  const { hiddenWidth: D, vocabSize: V } = config;
  const shapes: Record<string, number[]> = { [EMBEDDING]: [V, D] };
  if (config.positions.kind === 'learned') shapes[POSITIONS] = [config.contextLength, D];
  for (let i = 0; i < config.layerCount; i++) Object.assign(shapes, layerShapes(config, `layers.${i}`));
  Object.assign(shapes, normShapes(config, FINAL_NORM));
  if (!config.tiedEmbeddings) shapes[UNEMBEDDING] = [V, D];
  return { ...shapes, ...routerShapes(config) };
}

/** In the order the layer uses them. */
function layerShapes(config: DecoderConfig, layer: string): Record<string, number[]> {
  const { hiddenWidth: D, mlpWidth: M, headWidth: C, headCount: H, kvHeadCount: G } = config;
  const { attention, mlp, hasPostNorms } = config;
  return {
    ...normShapes(config, `${layer}.attention.norm`),
    ...linearShapes(`${layer}.attention.query`, H * C, D, attention.bias !== 'none'),
    ...linearShapes(`${layer}.attention.key`, G * C, D, attention.bias !== 'none'),
    ...linearShapes(`${layer}.attention.value`, G * C, D, attention.bias !== 'none'),
    ...linearShapes(`${layer}.attention.output`, D, H * C, attention.bias === 'all'),
    ...(hasPostNorms && normShapes(config, `${layer}.attention.postNorm`)),
    ...normShapes(config, `${layer}.mlp.norm`),
    ...(mlp.kind !== 'gelu' && linearShapes(`${layer}.mlp.gate`, M, D, mlp.bias)),
    ...linearShapes(`${layer}.mlp.up`, M, D, mlp.bias),
    ...linearShapes(`${layer}.mlp.down`, D, M, mlp.bias),
    ...(hasPostNorms && normShapes(config, `${layer}.mlp.postNorm`)),
  };
}

function linearShapes(name: string, O: number, I: number, hasBias: boolean): Record<string, number[]> {
  return { [`${name}.weight`]: [O, I], ...(hasBias && { [`${name}.bias`]: [O] }) };
}

function normShapes({ norm, hiddenWidth: D }: DecoderConfig, name: string): Record<string, number[]> {
  return { [`${name}.weight`]: [D], ...(norm.kind === 'layer' && { [`${name}.bias`]: [D] }) };
}

/** All of them, or those that a walk up to a hookpoint needs. */
export function neededParameters(config: DecoderConfig, upTo?: string): Record<string, number[]> {
  const shapes = Object.entries(parameterShapes(config));
  return Object.fromEntries(shapes.filter(([name]) => upTo === undefined || isNeeded(name, upTo)));
}

export function isNeeded(name: string, upTo: string): boolean {
  const layer = /^layers\.(\d+)\./.exec(name)?.[1];
  if (layer !== undefined) return Number(layer) < layersUpTo(upTo);
  return name === EMBEDDING || name === POSITIONS;
}

/** What the heads' mixtures go through before they are added to the residual stream. */
export function outputWeightAt(hookpoint: string): string | undefined {
  const layer = /^layers\.\d+(?=\.attention\.heads$)/.exec(hookpoint)?.[0];
  return layer && `${layer}.attention.output.weight`;
}

export function countParameters(config: DecoderConfig): number {
  return Object.values(parameterShapes(config)).reduce((sum, shape) => sum + sizeOf(shape), 0);
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/**
 * Norms at 1, biases at 0; matrices normal with sd 0.02, those that write into the residual stream divided by sqrt(2 L)
 * (GPT-2, s.2.3).
 */
export function createParameters(
  config: DecoderConfig,
  rng: Pick<Rng, 'normal' | 'next'>,
): Record<string, NamedArray> {
  const residualSd = 0.02 / Math.sqrt(2 * config.layerCount);
  const shapes = Object.entries(parameterShapes(config)).filter(([name]) => !isRouter(name));
  const drawn = Object.fromEntries(
    shapes.map(([name, shape]) => {
      const values = new Float32Array(sizeOf(shape));
      if (shape.length === 1) values.fill(name.endsWith('.bias') ? 0 : 1);
      else {
        const sd = /\.(?:attention\.output|mlp\.down)\.weight$/.test(name) ? residualSd : 0.02;
        for (let i = 0; i < values.length; i++) values[i] = sd * rng.normal();
      }
      return [name, { shape, values }];
    }),
  );
  // Last, so that with one seed the plain transformer and the one with routers start from the same weights.
  return { ...drawn, ...createRouters(config, rng) };
}
