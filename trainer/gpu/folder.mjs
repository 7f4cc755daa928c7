/**
 * Where `npm run gpu` puts what only machines with a GPU need: beside pnpm's node_modules, never inside, so that an
 * install neither needs it nor removes it. Plain Node: both the trainer and infra/ ask here.
 */
import path from 'node:path';

/** Packages installed here are found by createRequire(path.join(gpuPackageFolder(), 'package.json')). */
export function gpuPackageFolder() {
  return import.meta.dirname;
}

/** libtensorflow and the binding built against it; absent until `npm run gpu` was run. */
export function tensorflowFolder() {
  return path.join(gpuPackageFolder(), 'build/tensorflow');
}
