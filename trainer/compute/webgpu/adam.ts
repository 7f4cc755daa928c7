/** Adam in place on the device's buffers. */
import type { AdamInput } from '../kernels.ts';
import type { Runner } from './runner.ts';
import { ADAM_SHADER, unitAdamShader } from './wgsl/adam.ts';

export function adam(runner: Runner, input: AdamInput): void {
  const { parameter, firstMoment, secondMoment, gradient, beta1, beta2, step, learningRate } = input;
  const [rows, width] = input.unitRows ? (parameter.shape as [number, number]) : [1, parameter.size];
  // In doubles here: 1 - 0.999 in a shader would lose four digits.
  const floats = [
    input.gradientScale ?? 1,
    beta1,
    1 - beta1,
    beta2,
    1 - beta2,
    1 / (1 - beta1 ** step),
    1 / (1 - beta2 ** step),
    input.epsilon,
    learningRate,
    1 - learningRate * (input.weightDecay ?? 0),
  ];
  runner.run({
    name: 'adam',
    code: input.unitRows ? unitAdamShader(width) : ADAM_SHADER,
    buffers: [
      runner.own(parameter),
      runner.read(gradient),
      runner.own(firstMoment),
      runner.own(secondMoment),
    ],
    uniforms: [rows, width, ...floats.map((float) => ({ float }))],
    workgroups: input.unitRows ? rows : Math.ceil(width / 256),
  });
}
