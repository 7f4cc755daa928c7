/** Packages installed here are found by createRequire(path.join(gpuPackageFolder(), 'package.json')). */
export function gpuPackageFolder(): string;
/** libtensorflow and the binding built against it; absent until `npm run gpu` was run. */
export function tensorflowFolder(): string;
