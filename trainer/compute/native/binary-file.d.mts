import type { Machine } from './build.mjs';

/** What is wrong with the file for such a machine, to follow its name in a sentence; null when nothing is. */
export function faultOf(path: string, machine: Machine): string | null;
