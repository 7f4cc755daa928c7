/** Types and documents from the API's printed schema into graphql/generated (git-ignored). Needs no server. */
import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  schema: '../api/schema.graphql',
  documents: ['features/**/*.graphql', 'graphql/*.graphql'],
  errorsOnly: true,
  generates: {
    'graphql/generated/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        // Documents stay strings: no GraphQL parser in the browser's bundle.
        documentMode: 'string',
        useTypeImports: true,
        enumsAsTypes: true,
        skipTypename: true,
        avoidOptionals: { field: true },
        scalars: { BigInt: 'string | number', DateTime: 'string', JSON: 'unknown' },
      },
    },
  },
};

export default config;
