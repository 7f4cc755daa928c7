import type { Metadata } from 'next';
import { cookies } from 'next/headers';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { KeyHelp } from '../ui/key-help.tsx';
import { SearchBox } from '../ui/search-box.tsx';
import { THEME_COOKIE, THEMES, ThemeToggle, type Theme } from '../ui/theme-toggle.tsx';
import '../ui/palette.css';
import '../ui/base.css';
import styles from './layout.module.css';

export const metadata: Metadata = {
  title: { default: 'residua', template: '%s · residua' },
  description: 'Sparse feature dictionaries of language models: trained, explained, published and browsed.',
};

export default async function Layout({ children }: { readonly children: ReactNode }) {
  const chosen = (await cookies()).get(THEME_COOKIE)?.value;
  const theme: Theme = THEMES.find((candidate) => candidate === chosen) ?? 'system';
  return (
    <html lang="en" data-theme={theme === 'system' ? undefined : theme}>
      <body>
        <a href="#main" className={styles.skip}>
          Skip to the page
        </a>
        <header className={styles.bar}>
          <Link href="/" className={styles.name}>
            residua
          </Link>
          <nav aria-label="Site" className={styles.links}>
            <Link href="/dictionaries">dictionaries</Link>
            <Link href="/runs">runs</Link>
            <Link href="/search" className={styles.searchLink}>
              search
            </Link>
            <Link href="/docs/api">API</Link>
          </nav>
          <div className={styles.search}>
            <SearchBox isMain placeholder="Find features by words" />
          </div>
          <div className={styles.tools}>
            <ThemeToggle theme={theme} />
            <KeyHelp />
          </div>
        </header>
        <main id="main" className={styles.main}>
          {children}
        </main>
      </body>
    </html>
  );
}
