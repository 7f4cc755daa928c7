/** Whether prisma/generated/ was made from the schema files and Prisma version at hand: a hash kept inside that folder. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const OUTPUTS = ['client/client.ts', 'pothos.ts'];

export function isGeneratedFresh(packageDir) {
  const stamp = stampPath(packageDir);
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== inputsSha256(packageDir)) return false;
  return OUTPUTS.every((output) => existsSync(join(packageDir, 'generated', output)));
}

export function rememberGenerated(packageDir) {
  writeFileSync(stampPath(packageDir), inputsSha256(packageDir));
}

const stampPath = (packageDir) => join(packageDir, 'generated', '.inputs-sha256');

/** Everything the output depends on: schema files, and the package.json that pins Prisma and Pothos. */
function inputsSha256(packageDir) {
  const schemaDir = join(packageDir, 'schema');
  const schemaFiles = readdirSync(schemaDir).filter((name) => name.endsWith('.prisma'));
  const hash = createHash('sha256');
  for (const path of ['package.json', ...schemaFiles.sort().map((name) => join('schema', name))]) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(packageDir, path)))
      .update('\0');
  }
  return hash.digest('hex');
}
