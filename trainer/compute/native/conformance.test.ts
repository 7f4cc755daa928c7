/**
 * TensorFlow.js' own operation tests, shipped inside its package, run against the native backend: about 170 files written
 * for jasmine. Their imports are replaced by what is loaded already, so that they share the one engine.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openBackend } from '../backend.ts';
import { tf } from '../tf.ts';
import { addonPath } from './build.mjs';

const require = createRequire(import.meta.url);
const core = createRequire(require.resolve('@tensorflow/tfjs')).resolve('@tensorflow/tfjs-core');
const folder = join(dirname(core), 'ops');

const NO_KERNEL = 'tests arithmetic on shapes, runs no kernel';
const RANDOM = 'tests numbers that the core draws in JavaScript, runs no kernel';
const HELPER = 'holds no test, but what the pooling tests share';
const CANVAS = 'needs a canvas';

/** Files left out, and why. */
const LEFT_OUT: Record<string, string> = {
  'axis_util_test.js': NO_KERNEL,
  'broadcast_util_test.js': NO_KERNEL,
  'concat_util_test.js': NO_KERNEL,
  'conv_util_test.js': NO_KERNEL,
  'dropout_util_test.js': NO_KERNEL,
  'operation_test.js': NO_KERNEL,
  'slice_util_test.js': NO_KERNEL,
  'rand_test.js': RANDOM,
  'random_normal_test.js': RANDOM,
  'random_standard_normal_test.js': RANDOM,
  'truncated_normal_test.js': RANDOM,
  'identity_pool_test.js': HELPER,
  'draw_test.js': CANVAS,
  'from_pixels_test.js': CANVAS,
  'to_pixels_test.js': CANVAS,
};

interface TestEnvironment {
  name: string;
  backendName: string;
  isDataSync: boolean;
}

const ENVIRONMENT: TestEnvironment = { name: 'native', backendName: 'native', isDataSync: true };

const jasmineUtil = {
  ALL_ENVS: {},
  SYNC_BACKEND_ENVS: {},
  NODE_ENVS: {},
  BROWSER_ENVS: { never: true },
  describeWithFlags(
    name: string,
    constraints: { never?: boolean },
    tests: (environment: TestEnvironment) => void,
  ) {
    if (constraints.never) return;
    describe(name, () => {
      beforeAll(async () => {
        tf.engine().reset();
        // Makes the engine check every kernel for tensors it forgot.
        tf.env().set('IS_TEST', true);
        await tf.setBackend('native');
      });
      beforeEach(() => tf.engine().startScope());
      afterEach(() => {
        tf.engine().endScope();
        tf.disposeVariables();
      });
      tests(ENVIRONMENT);
    });
  },
};

/** What these files import, by the path they use. */
const MODULES: Record<string, unknown> = {
  '../index': tf,
  '../util': tf.util,
  './reduce_util': tf.backend_util,
  './selu_util': tf.backend_util,
  '../jasmine_util': jasmineUtil,
  '../test_util': tf.test_util,
};

const asFunction = (source: string): string =>
  source
    .replace(/^import \* as (\w+) from '(.+)';$/gm, 'const $1 = load("$2");')
    .replace(
      /^import \{(.+)\} from '(.+)';$/gm,
      (_, names: string, from: string) => `const {${names}} = load("${from}");`,
    )
    .replace(/^export /gm, '')
    .replace(/^\/\/# sourceMappingURL.*$/m, '');

/** A sibling that is a test shares a function; any other is an operation, which the package exports too. */
function load(path: string): unknown {
  if (path.endsWith('_test')) return { identityPoolTest: evaluate(`${path}.js`, 'identityPoolTest') };
  return MODULES[path] ?? tf;
}

/** jasmine's, of which these files use one matcher. */
const expectAsync = (promise: Promise<unknown>) => ({
  toBeRejectedWithError: (message: string) => expect(promise).rejects.toThrow(message),
});

/** Runs a file, which defines its tests; gives back what it calls `wanted`. */
function evaluate(file: string, wanted = 'undefined'): unknown {
  const source = asFunction(readFileSync(join(folder, file), 'utf8'));
  const globals = { load, describe, it, expect, expectAsync, beforeEach, afterEach, beforeAll, afterAll };
  const spying = { spyOn: vi.spyOn, jasmine: {} };
  const scope: Record<string, unknown> = { ...globals, ...spying };
  return new Function(...Object.keys(scope), `${source}\nreturn ${wanted};`)(...Object.values(scope));
}

describe.skipIf(!existsSync(addonPath()))("TensorFlow.js' own tests on native", () => {
  beforeAll(async () => {
    await openBackend({ name: 'native' });
  });
  afterAll(() => tf.engine().reset());
  const files = readdirSync(folder).filter((name) => name.endsWith('_test.js') && !(name in LEFT_OUT));
  for (const file of files) describe(file, () => void evaluate(file));
});
