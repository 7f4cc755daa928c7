'use client';
/** Copies a text and says so. */
import { useState } from 'react';

/** Long enough to read one word. */
const SAID_MS = 1500;

export function CopyButton({ text, children }: { readonly text: string; readonly children: string }) {
  const [said, setSaid] = useState<string | null>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid('copied');
    } catch {
      setSaid('the browser refused: select the text instead'); // no clipboard outside https and localhost
    }
    setTimeout(() => setSaid(null), SAID_MS);
  };
  return (
    <button type="button" onClick={() => void copy()} aria-live="polite">
      {said ?? children}
    </button>
  );
}
