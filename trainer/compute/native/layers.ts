/**
 * The fused transformer layers: one kernel and one gradient each, registered with TensorFlow.js, so autodiff, tidy and
 * saved tensors work as for its own. Values are those of reference/layers.ts up to rounding.
 */
import type { GradConfig, KernelFunc, Tensor, Tensor4D, TensorInfo } from '@tensorflow/tfjs';
import type { Layers } from '../layers.ts';
import { tf } from '../tf.ts';
import type { Addon } from './addon.ts';
import { sizeOf } from './memory.ts';
import type { NativeBackend } from './memory.ts';

/** In the order of isa.h's GeluForm. */
const GELU_FORMS = ['tanh', 'erf'];

type Infos = Record<string, TensorInfo>;

/** Attributes of FusedRope; `sign` -1 turns back. */
interface Turns {
  readonly frequencies: number[];
  readonly firstPosition: number;
  readonly sign: number;
}

export function layerKernels(addon: Addon): Record<string, KernelFunc> {
  return { ...rowKernels(addon), ...routeKernels(addon), ...attentionKernels(addon), ...lossKernels(addon) };
}

function rowKernels(addon: Addon): Record<string, KernelFunc> {
  return {
    FusedRmsNorm: define((backend, { x, weight }, attrs) => {
      const [N, D] = rows(x);
      const [y, inverse] = [backend.create(x.shape), backend.create([N])];
      const eps = attrs.eps;
      addon.rmsNorm(backend.floats(x), backend.floats(weight), y.values, inverse.values, N, D, eps);
      return [y.info, inverse.info];
    }),
    FusedRmsNormGradient: define((backend, { x, weight, inverse, dy }) => {
      const [N, D] = rows(x);
      const [dx, dweight] = [backend.create(x.shape), backend.create([D])];
      const [a, b, c, d] = [x, weight, inverse, dy].map((info) => backend.floats(info));
      addon.rmsNormGradient(a, b, c, d, dx.values, dweight.values, N, D);
      return [dx.info, dweight.info];
    }),
    FusedLayerNorm: define((backend, { x, weight, bias }, { eps }) => {
      const [N, D] = rows(x);
      const [y, mean, inverse] = [backend.create(x.shape), backend.create([N]), backend.create([N])];
      const [a, b, c] = [x, weight, bias].map((info) => backend.floats(info));
      addon.layerNorm(a, b, c, y.values, mean.values, inverse.values, N, D, eps);
      return [y.info, mean.info, inverse.info];
    }),
    FusedLayerNormGradient: define((backend, { x, weight, mean, inverse, dy }) => {
      const [N, D] = rows(x);
      const [dx, dweight, dbias] = [backend.create(x.shape), backend.create([D]), backend.create([D])];
      const [a, b, c, d, e] = [x, weight, mean, inverse, dy].map((info) => backend.floats(info));
      addon.layerNormGradient(a, b, c, d, e, dx.values, dweight.values, dbias.values, N, D);
      return [dx.info, dweight.info, dbias.info];
    }),
    FusedRope: ({ inputs, attrs, backend }) => {
      const [{ x }, { frequencies, firstPosition, sign }] = [inputs as Infos, attrs as unknown as Turns];
      const [T, C] = x.shape.slice(-2);
      const [from, y] = [(backend as NativeBackend).floats(x), (backend as NativeBackend).create(x.shape)];
      const rows = sizeOf(x.shape.slice(0, -2));
      addon.rope(from, y.values, rows, T, C, Float64Array.from(frequencies), firstPosition, sign);
      return [y.info];
    },
    FusedGelu: define((backend, { x }, { form }) => {
      const y = backend.create(x.shape);
      addon.gelu(form, backend.floats(x), y.values, y.values.length);
      return [y.info];
    }),
    FusedGeluGradient: define((backend, { x, dy }, { form }) => {
      const dx = backend.create(x.shape);
      addon.geluGradient(form, backend.floats(x), backend.floats(dy), dx.values, dx.values.length);
      return [dx.info];
    }),
    FusedSwiglu: define((backend, { gate, up }) => {
      const y = backend.create(gate.shape);
      addon.swiglu(backend.floats(gate), backend.floats(up), y.values, y.values.length);
      return [y.info];
    }),
    FusedSwigluGradient: define((backend, { gate, up, dy }) => {
      const [dgate, dup] = [backend.create(gate.shape), backend.create(up.shape)];
      const [a, b, c] = [gate, up, dy].map((info) => backend.floats(info));
      addon.swigluGradient(a, b, c, dgate.values, dup.values, dgate.values.length);
      return [dgate.info, dup.info];
    }),
  };
}

/** Inputs are a list: the router, then the sources. */
function routeKernels(addon: Addon): Record<string, KernelFunc> {
  const parts = (inputs: Infos) => {
    const [router, ...sources] = Object.values(inputs);
    const [B, G, T, C] = sources[0].shape;
    return { router, sources, B, G, N: T * C };
  };
  return {
    FusedRoute: define((backend, inputs) => {
      const { router, sources, B, G, N } = parts(inputs);
      const out = backend.create(sources[0].shape);
      const lists = sources.map((info) => backend.floats(info));
      addon.route(lists, backend.floats(router), out.values, B, G, N);
      return [out.info];
    }),
    FusedRouteGradient: define((backend, { dout, ...inputs }) => {
      const { router, sources, B, G, N } = parts(inputs);
      const drouter = backend.create(router.shape);
      const dsources = sources.map((info) => backend.create(info.shape));
      addon.routeGradient(
        sources.map((info) => backend.floats(info)),
        backend.floats(router),
        backend.floats(dout),
        dsources.map(({ values }) => values),
        drouter.values,
        ...([B, G, N] as const),
      );
      return [drouter.info, ...dsources.map(({ info }) => info)];
    }),
  };
}

function attentionKernels(addon: Addon): Record<string, KernelFunc> {
  type Nine = [number, number, number, number, number, number, number, number, number];
  const settings = (q: TensorInfo, k: TensorInfo, attrs: Record<string, number>): Nine => {
    const [B, H, T, C] = q.shape;
    return [B, H, k.shape[1], T, k.shape[2], C, attrs.scale, attrs.softCap, attrs.window];
  };
  return {
    FusedAttention: define((backend, { q, k, v }, attrs) => {
      const [out, logSum] = [backend.create(q.shape), backend.create(q.shape.slice(0, 3))];
      const [a, b, c] = [q, k, v].map((info) => backend.floats(info));
      addon.attention(a, b, c, out.values, logSum.values, ...settings(q, k, attrs));
      return [out.info, logSum.info];
    }),
    FusedAttentionGradient: define((backend, { q, k, v, out, logSum, dout }, attrs) => {
      const [dq, dk, dv] = [q, k, v].map((info) => backend.create(info.shape));
      const [a, b, c, d, e, f] = [q, k, v, out, logSum, dout].map((info) => backend.floats(info));
      addon.attentionGradient(a, b, c, d, e, f, dq.values, dk.values, dv.values, ...settings(q, k, attrs));
      return [dq.info, dk.info, dv.info];
    }),
  };
}

function lossKernels(addon: Addon): Record<string, KernelFunc> {
  return {
    FusedCrossEntropy: define((backend, { logits, targets }) => {
      const [N, V] = logits.shape;
      const [losses, logSum] = [backend.create([N]), backend.create([N])];
      addon.crossEntropy(backend.floats(logits), backend.ints(targets), losses.values, logSum.values, N, V);
      return [losses.info, logSum.info];
    }),
    FusedCrossEntropyGradient: define((backend, { logits, targets, logSum, dlosses }) => {
      const [N, V] = logits.shape;
      const dlogits = backend.create([N, V]);
      const [a, c, d] = [logits, logSum, dlosses].map((info) => backend.floats(info));
      addon.crossEntropyGradient(a, backend.ints(targets), c, d, dlogits.values, N, V);
      return [dlogits.info];
    }),
  };
}

function define(
  run: (backend: NativeBackend, inputs: Infos, attrs: Record<string, number>) => TensorInfo[],
): KernelFunc {
  return ({ inputs, attrs, backend }) =>
    run(backend as NativeBackend, inputs as Infos, attrs as Record<string, number>);
}

function rows(x: TensorInfo): [number, number] {
  const D = x.shape[x.shape.length - 1];
  return [sizeOf(x.shape.slice(0, -1)), D];
}

function run(
  name: string,
  inputs: Record<string, Tensor>,
  attrs: Record<string, number | number[]> = {},
): Tensor[] {
  return tf.engine().runKernel(name, inputs, attrs) as Tensor[];
}

/** Every fused kernel gives a list of tensors, so `dy` comes as a list; only the first one is ever differentiated. */
function first(dy: Tensor | Tensor[]): Tensor {
  return Array.isArray(dy) ? dy[0] : dy;
}

export const layerGradients: GradConfig[] = [
  {
    kernelName: 'FusedRmsNorm',
    inputsToSave: ['x', 'weight'],
    outputsToSave: [false, true],
    gradFunc: (dy, [x, weight, inverse]) => {
      const [dx, dweight] = run('FusedRmsNormGradient', { x, weight, inverse, dy: first(dy) });
      return { x: () => dx, weight: () => dweight };
    },
  },
  {
    kernelName: 'FusedLayerNorm',
    inputsToSave: ['x', 'weight'],
    outputsToSave: [false, true, true],
    gradFunc: (dy, [x, weight, mean, inverse]) => {
      const inputs = { x, weight, mean, inverse, dy: first(dy) };
      const [dx, dweight, dbias] = run('FusedLayerNormGradient', inputs);
      return { x: () => dx, weight: () => dweight, bias: () => dbias };
    },
  },
  {
    kernelName: 'FusedGelu',
    inputsToSave: ['x'],
    gradFunc: (dy, [x], attrs) => ({
      x: () => run('FusedGeluGradient', { x, dy: first(dy) }, attrs as Record<string, number>)[0],
    }),
  },
  {
    kernelName: 'FusedRope',
    gradFunc: (dy, _saved, attrs) => {
      const turns = attrs as unknown as Turns;
      return { x: () => run('FusedRope', { x: first(dy) }, { ...turns, sign: -turns.sign })[0] };
    },
  },
  {
    kernelName: 'FusedRoute',
    saveAllInputs: true,
    gradFunc: (dy, saved) => {
      const inputs = { ...Object.fromEntries(saved.entries()), dout: first(dy) };
      const gradients = run('FusedRouteGradient', inputs);
      return Object.fromEntries(gradients.map((gradient, i) => [i, () => gradient]));
    },
  },
  {
    kernelName: 'FusedSwiglu',
    inputsToSave: ['gate', 'up'],
    gradFunc: (dy, [gate, up]) => {
      const [dgate, dup] = run('FusedSwigluGradient', { gate, up, dy: first(dy) });
      return { gate: () => dgate, up: () => dup };
    },
  },
  {
    kernelName: 'FusedAttention',
    inputsToSave: ['q', 'k', 'v'],
    outputsToSave: [true, true],
    gradFunc: (dy, [q, k, v, out, logSum], attrs) => {
      const inputs = { q, k, v, out, logSum, dout: first(dy) };
      const [dq, dk, dv] = run('FusedAttentionGradient', inputs, attrs as Record<string, number>);
      return { q: () => dq, k: () => dk, v: () => dv };
    },
  },
  {
    kernelName: 'FusedCrossEntropy',
    inputsToSave: ['logits', 'targets'],
    outputsToSave: [false, true],
    gradFunc: (dy, [logits, targets, logSum]) => ({
      logits: () => run('FusedCrossEntropyGradient', { logits, targets, logSum, dlosses: first(dy) })[0],
      targets: () => tf.zerosLike(targets),
    }),
  },
];

/** embed is a single kernel of tfjs already (gather), its gradient included; linear has a file of its own. */
export const fusedLayers: Partial<Layers> = {
  rmsNorm: (x, weight, eps) => run('FusedRmsNorm', { x, weight }, { eps })[0] as typeof x,
  layerNorm: (x, weight, bias, eps) => run('FusedLayerNorm', { x, weight, bias }, { eps })[0] as typeof x,
  gelu: (x, form) => run('FusedGelu', { x }, { form: GELU_FORMS.indexOf(form) })[0] as typeof x,
  rope: (x, frequencies, firstPosition) =>
    run('FusedRope', { x }, { frequencies: [...frequencies], firstPosition, sign: 1 })[0] as typeof x,
  // tfjs saves all of a kernel's inputs only where they are an array.
  route: (sources, router) => run('FusedRoute', [router, ...sources] as never)[0] as Tensor4D,
  swiglu: (gate, up) => run('FusedSwiglu', { gate, up })[0] as typeof gate,
  causalAttention: (q, k, v, { scale, softCap = 0, window = 0 }) =>
    run('FusedAttention', { q, k, v }, { scale, softCap, window })[0] as typeof q,
  crossEntropy: (logits, targets) => run('FusedCrossEntropy', { logits, targets })[0] as typeof targets,
};
