/** Finds a model by the name of its folder: among those that came with the code, or in the home. */
import { existsSync } from 'node:fs';
import path from 'node:path';

import { checkout } from './settings.ts';

/** A folder as it was given, or trainer/models/<name>, or models/<name> of the home; relative to the checkout where inside. */
export function findModelFolder(model: string, home: string): string {
  const tried = [
    path.resolve(model),
    path.resolve(checkout, model),
    path.join(checkout, 'trainer/models', model),
    path.join(home, 'models', model),
  ];
  const found = tried.find((folder) => existsSync(path.join(folder, 'config.json')));
  if (found === undefined) {
    throw new Error(
      `--model: expected a folder with config.json, model.safetensors and tokenizer.json, or the name of one in ` +
        `${path.join(home, 'models')}, got "${model}". Looked at ${[...new Set(tried)].join(', ')}.`,
    );
  }
  const inside = path.relative(checkout, found);
  return inside.startsWith('..') || path.isAbsolute(inside) ? found : inside;
}
