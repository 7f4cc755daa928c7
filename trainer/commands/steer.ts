/** `residua steer`: vectors that steer a model, trained by reinforcement. */
import { Command } from 'commander';

import { steerTrainCommand } from './steer/train.ts';

export function steerCommand(): Command {
  return new Command('steer')
    .description('Steer a model: train vectors by reinforcement learning.')
    .addCommand(steerTrainCommand());
}
