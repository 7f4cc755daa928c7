/** `npm run bench -- <name>`: runs one benchmark of this folder in this process; without a name, lists them. */
import { readdirSync } from 'node:fs';

const names = readdirSync(import.meta.dirname)
  .map((file) => /^(.*)\.bench\.ts$/.exec(file)?.[1])
  .filter((name) => name !== undefined)
  .sort();

const [name, ...rest] = process.argv.slice(2);
if (name !== undefined && names.includes(name)) {
  process.argv.splice(2, Infinity, ...rest);
  await import(`./${name}.bench.ts`);
} else {
  console.log(`npm run bench -- <name>, one of: ${names.join(', ')}`);
  if (name !== undefined) {
    console.error(`bench: expected one of these, got "${name}"`);
    process.exitCode = 2;
  }
}
