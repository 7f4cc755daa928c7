/**
 * Thrown by a backend that is taken by itself only on a graphics processor, where there is none or where its package was
 * never brought: nobody asked for it, so nobody is told.
 */
export class NoGpuError extends Error {
  override readonly name = 'NoGpuError';
}
