/** `residua steer`: vectors that steer a model, trained by reinforcement, and what they do to it. */
import { Command } from 'commander';

import { steerAnalyseCommand } from './steer/analyse.ts';
import { steerStudyCommand } from './steer/study.ts';
import { steerTrainCommand } from './steer/train.ts';
import { steerWriteCommand } from './steer/write.ts';

export function steerCommand(): Command {
  return new Command('steer')
    .description('Steer a model: train vectors by reinforcement learning, analyse them, study many.')
    .addCommand(steerTrainCommand())
    .addCommand(steerAnalyseCommand())
    .addCommand(steerStudyCommand())
    .addCommand(steerWriteCommand());
}
