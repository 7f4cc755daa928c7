'use client';
/** Light, dark, or as the system says. The choice is a cookie, so the server already paints it. */
import { useState } from 'react';
import { THEME_COOKIE, THEMES, type Theme } from './theme.ts';

const YEAR_S = 31_536_000;

const SIGNS: Record<Theme, string> = { system: '◐', light: '○', dark: '●' };

export function ThemeToggle({ theme: first }: { readonly theme: Theme }) {
  const [theme, setTheme] = useState(first);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  const change = () => {
    document.cookie = `${THEME_COOKIE}=${next}; path=/; max-age=${YEAR_S}; samesite=lax`;
    if (next === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    setTheme(next);
  };
  return (
    <button
      type="button"
      onClick={change}
      aria-label={`Colours: ${theme}. Change to ${next}`}
      title={`Colours: ${theme}`}
    >
      <span aria-hidden>{SIGNS[theme]}</span>
    </button>
  );
}
