/** How much memory this process holds and held at most, and how to start that peak anew (Linux; elsewhere it only grows). */
import { readFileSync, writeFileSync } from 'node:fs';

export function residentBytes(): number {
  return readStatus('VmRSS') ?? process.memoryUsage().rss;
}

export function peakResidentBytes(): number {
  return readStatus('VmHWM') ?? process.resourceUsage().maxRSS * 1024;
}

/** After a collection of garbage, where node was started with --expose-gc. */
export function forgetPeak(): void {
  globalThis.gc?.();
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Not Linux, or not allowed: the peak of the whole process is what there is.
  }
}

function readStatus(field: string): number | undefined {
  try {
    const line = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync('/proc/self/status', 'utf8'));
    return line ? Number(line[1]) * 1024 : undefined;
  } catch {
    return undefined;
  }
}
