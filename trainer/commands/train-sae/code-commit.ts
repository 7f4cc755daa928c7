/** The commit of the code that runs, for the provenance; the release where there is no repository (an image, an archive). */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { checkout } from '../settings.ts';

export function readCodeCommit(): string {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { cwd: checkout, stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    const { version } = JSON.parse(readFileSync(path.join(checkout, 'package.json'), 'utf8')) as {
      version: string;
    };
    return `release ${version}`;
  }
}
