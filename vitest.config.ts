/** Three kinds of tests by what they need: nothing, a real Postgres, a real browser. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const ignored = ['**/node_modules/**', '**/generated/**', '**/.next/**'];

/**
 * Sources get graphql's ES modules, packages its CommonJS: two copies that refuse each other's types. As under Node,
 * everyone gets the latter.
 */
const graphql = fileURLToPath(new URL('api/node_modules/graphql/index.js', import.meta.url));

export default defineConfig({
  resolve: { alias: [{ find: /^graphql$/, replacement: graphql }] },
  test: {
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          environment: 'node',
          include: ['{prisma,trainer,api,infra}/**/*.test.ts', '*.test.ts'],
          exclude: [...ignored, '**/*.db.test.ts', '**/*.browser.test.ts', '**/*.journey.test.ts'],
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        oxc: { jsx: { runtime: 'automatic' } },
        test: {
          name: 'web',
          environment: 'happy-dom',
          include: ['web/**/*.test.{ts,tsx}'],
          exclude: [...ignored, '**/*.browser.test.ts', '**/*.db.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'db',
          environment: 'node',
          include: ['**/*.db.test.ts'],
          exclude: ignored,
          globalSetup: ['prisma/testing-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          environment: 'node',
          include: ['**/*.browser.test.ts'],
          exclude: ignored,
          globalSetup: ['prisma/testing-setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'journey',
          environment: 'node',
          include: ['**/*.journey.test.ts'],
          exclude: ignored,
          globalSetup: ['prisma/testing-setup.ts'],
          testTimeout: 900_000,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
