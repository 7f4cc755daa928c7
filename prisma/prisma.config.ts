/** Prisma CLI settings. Run the CLI through bin/prisma.mjs, which fills DATABASE_URL and works offline. */
import { defineConfig } from 'prisma/config';

// `generate`, `validate` and `format` never connect; every other command gets the real address from bin/prisma.mjs.
const PLACEHOLDER_URL = 'postgresql://residua@127.0.0.1:5432/residua';

export default defineConfig({
  schema: 'schema',
  migrations: { path: 'migrations' },
  datasource: { url: process.env.DATABASE_URL ?? PLACEHOLDER_URL },
});
