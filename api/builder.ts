/** The Pothos builder: plugins, scalars, the context's type. Every noun of schema/ builds on it; it needs no database. */
import SchemaBuilder from '@pothos/core';
import ComplexityPlugin from '@pothos/plugin-complexity';
import PrismaPlugin from '@pothos/plugin-prisma';
import RelayPlugin from '@pothos/plugin-relay';
import type PrismaTypes from '@residua/prisma/generated/pothos';
import { getDatamodel } from '@residua/prisma/generated/pothos';
import type { Context } from './context.ts';
import { CodedError } from './errors.ts';
import { encodeGlobalId } from './global-id.ts';
import { fieldCost, MAX_COST } from './limits.ts';
import type { Integer } from './sql.ts';

interface SchemaTypes {
  PrismaTypes: PrismaTypes;
  Context: Context;
  DefaultFieldNullability: false;
  DefaultNodeNullability: false;
  DefaultEdgesNullability: { list: false; items: false };
  Connection: { totalCount: () => Promise<number> };
  Scalars: {
    ID: { Input: string; Output: string | number };
    BigInt: { Input: Integer; Output: Integer };
    DateTime: { Input: Date; Output: Date };
    JSON: { Input: unknown; Output: unknown };
  };
}

const CURSOR = 'Where a row stands in its list: opaque, good for the same list in the same order.';

export const builder = new SchemaBuilder<SchemaTypes>({
  defaultFieldNullability: false,
  plugins: [ComplexityPlugin, RelayPlugin, PrismaPlugin],
  complexity: {
    limit: { complexity: MAX_COST },
    fieldComplexity: fieldCost as never,
    complexityError: (_kind, { complexity }) =>
      new CodedError(
        'TOO_COSTLY',
        `expected a query that can return at most ${MAX_COST} fields, got one of ${complexity}; ask for fewer rows or fields`,
      ),
  },
  prisma: { client: (context) => context.db, dmmf: getDatamodel(), onUnusedQuery: null },
  relay: {
    nodesOnConnection: { description: 'The rows of this page.' },
    cursorType: 'String',
    edgeCursorType: 'String',
    pageInfoCursorType: 'String',
    encodeGlobalID: encodeGlobalId,
    idFieldOptions: { description: 'Global id, opaque: node(id:) finds the thing again.' },
    nodeTypeOptions: { description: 'Anything that can be found again by its global id.' },
    nodeQueryOptions: false,
    nodesQueryOptions: false,
    defaultEdgesNullability: { list: false, items: false },
    defaultNodeNullability: false,
    firstArgOptions: { description: 'Rows from the start of the list, or after the cursor `after`.' },
    lastArgOptions: { description: 'Rows from the end of the list, or before the cursor `before`.' },
    afterArgOptions: { description: 'A cursor of this list: rows after it.' },
    beforeArgOptions: { description: 'A cursor of this list: rows before it.' },
    edgesFieldOptions: { description: 'The rows of this page with their cursors.' },
    cursorFieldOptions: { description: CURSOR },
    nodeFieldOptions: { description: 'The row.' },
    pageInfoFieldOptions: { description: 'Where this page lies in the list.' },
    pageInfoTypeOptions: { description: 'Where a page lies in its list.' },
    hasNextPageFieldOptions: { description: 'There are rows after this page.' },
    hasPreviousPageFieldOptions: { description: 'There are rows before this page.' },
    startCursorFieldOptions: { description: 'Cursor of the first row of the page.', nullable: true },
    endCursorFieldOptions: { description: 'Cursor of the last row of the page.', nullable: true },
    defaultConnectionTypeOptions: { description: 'A page of a list.' },
    defaultEdgeTypeOptions: { description: 'A row of a page, with its cursor.' },
  } as never,
});

builder.globalConnectionField('totalCount', (t) =>
  t.int({
    description: 'Rows of the whole list under the same filter.',
    resolve: (connection) => (connection as unknown as { totalCount: () => Promise<number> }).totalCount(),
  }),
);

builder.scalarType('BigInt', {
  description: 'An integer: a JSON number up to 2^53 - 1, a decimal string beyond.',
  serialize: (value) => (Number.isSafeInteger(Number(value)) ? Number(value) : String(value)),
  parseValue: (value) => BigInt(String(value)),
});

builder.scalarType('DateTime', {
  description: 'A moment, ISO 8601 in UTC with milliseconds.',
  serialize: (value) => value.toISOString(),
  parseValue: (value) => new Date(String(value)),
});

builder.scalarType('JSON', {
  description: 'Any JSON value, as it was stored.',
  serialize: (value) => value,
  parseValue: (value) => value,
});
