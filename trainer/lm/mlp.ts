/** The MLP of a layer, from its normed input to what it writes. GELU 1606.08415, gated forms 2002.05202. */
import type { Tensor3D } from '@tensorflow/tfjs';
import { gelu, swiglu } from '../compute/layers.ts';
import type { DecoderConfig } from './config.ts';
import type { Parameters } from './parameters.ts';
import { project } from './projection.ts';

/** What the output projection reads, [B, T, M]. `layer`: layers.N */
export function innerActs(
  x_BTD: Tensor3D,
  layer: string,
  parameters: Parameters,
  { mlp }: DecoderConfig,
): Tensor3D {
  const up_BTM = project(x_BTD, `${layer}.mlp.up`, parameters);
  const gate = () => project(x_BTD, `${layer}.mlp.gate`, parameters);
  const inner = {
    gelu: () => gelu(up_BTM, mlp.gelu),
    swiglu: () => swiglu(gate(), up_BTM),
    geglu: () => gelu(gate(), mlp.gelu).mul<Tensor3D>(up_BTM),
  };
  return inner[mlp.kind]();
}

/** `layer`: layers.N */
export function runMlp(
  x_BTD: Tensor3D,
  layer: string,
  parameters: Parameters,
  config: DecoderConfig,
): Tensor3D {
  return project(innerActs(x_BTD, layer, parameters, config), `${layer}.mlp.down`, parameters);
}
