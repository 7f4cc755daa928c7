/** `npm run build | check | bench`: lays the ground, then runs the steps of that script one after another. */
import { spawnSync } from 'node:child_process';

import { layGround, PNPM, root } from './ground.mjs';

const node = process.execPath;
const bin = (name) => `node_modules/.bin/${name}`;

const scripts = {
  build: [['npx', ['-y', PNPM, '-r', 'build']]],
  check: [
    [bin('prettier'), ['--check', '.', '--log-level', 'warn']],
    [bin('eslint'), ['.', '--max-warnings', '0']],
    ['npx', ['-y', PNPM, '-r', 'check']],
  ],
  bench: [
    [
      node,
      ['--import', 'tsx', 'trainer/bench/bench.ts', ...process.argv.slice(3).filter((word) => word !== '--')],
    ],
  ],
};

const steps = scripts[process.argv[2]];
if (!steps) {
  console.error(`run: expected one of ${Object.keys(scripts).join(', ')}, got ${process.argv[2]}`);
  process.exit(2);
}
// A benchmark that ends with a JSON object has standard output to itself.
if (process.argv[2] === 'bench' && process.argv.includes('--json')) console.log = console.error;
await layGround();
let failed = false;
for (const [command, args] of steps) {
  console.log(`> ${command.replace(node, 'node')} ${args.join(' ')}`);
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  failed ||= status !== 0;
}
process.exit(failed ? 1 : 0);
