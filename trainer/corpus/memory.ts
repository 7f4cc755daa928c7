/** What the installed text holds in memory. The only item that is not computed: nobody knows a text before reading it. */
import { createItem, type MemoryItem } from '../compute/memory.ts';

/** Measured on the largest, 12 MB of declarations: 3.6 M tokens as numbers, and what splitting leaves behind. */
const READING_BYTES = 75 * 2 ** 20;
/** Documents and tokens, the mean of the three of the demo. */
const KEPT_BYTES = 15 * 2 ** 20;

/** Alive for the whole run. */
export function textMemory(corpora: number): MemoryItem[] {
  return [
    createItem('text and its tokens', { axes: { corpora }, bytesPerValue: KEPT_BYTES, place: 'objects' }),
  ];
}

/** For the moment in which it is cut into tokens. */
export function readingMemory(corpora: number): MemoryItem[] {
  return [
    createItem('text being cut', { axes: { corpora }, bytesPerValue: READING_BYTES, place: 'objects' }),
  ];
}
