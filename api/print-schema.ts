/** Prints the schema over api/schema.graphql: `pnpm --filter @residua/api build`. A test holds the file to it. */
import { writeFileSync } from 'node:fs';
import { printSchema } from 'graphql';
import { schema } from './schema/index.ts';

export const SCHEMA_FILE = new URL('./schema.graphql', import.meta.url);

export function printedSchema(): string {
  return `# Printed from api/schema/*.ts by api/print-schema.ts: do not edit.\n\n${printSchema(schema)}\n`;
}

if (process.argv[1] && import.meta.url === new URL(process.argv[1], 'file:').href)
  writeFileSync(SCHEMA_FILE, printedSchema());
