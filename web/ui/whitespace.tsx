'use client';
/** Whether the page draws spaces, tabs and line breaks: one switch for every heat map below it. */
import { createContext, useContext, useState, type ReactNode } from 'react';

const Whitespace = createContext({ shown: false, toggle: () => {} });

export function WhitespaceProvider({ children }: { readonly children: ReactNode }) {
  const [shown, setShown] = useState(false);
  return <Whitespace value={{ shown, toggle: () => setShown((before) => !before) }}>{children}</Whitespace>;
}

export function useWhitespace(): boolean {
  return useContext(Whitespace).shown;
}

export function WhitespaceToggle() {
  const { shown, toggle } = useContext(Whitespace);
  return (
    <button type="button" aria-pressed={shown} onClick={toggle}>
      {shown ? 'Hide whitespace' : 'Show whitespace'}
    </button>
  );
}
