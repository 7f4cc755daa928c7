import type { Metadata } from 'next';
import { cookies } from 'next/headers';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { KeyHelp } from '../ui/key-help.tsx';
import { SearchBox } from '../ui/search-box.tsx';
import { ThemeToggle } from '../ui/theme-toggle.tsx';
import { parseTheme, THEME_COOKIE } from '../ui/theme.ts';
import '../ui/palette.css';
import '../ui/base.css';
import styles from './layout.module.css';

export const metadata: Metadata = {
  title: { default: 'residua', template: '%s · residua' },
  description: 'Sparse feature dictionaries of language models: trained, explained, published and browsed.',
};

export default async function Layout({ children }: { readonly children: ReactNode }) {
  const theme = parseTheme((await cookies()).get(THEME_COOKIE)?.value);
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
            <Link href="/models" className={styles.wide}>
              models
            </Link>
            <Link href="/lime" className={styles.wide}>
              LIMe
            </Link>
            <Link href="/steering" className={styles.wide}>
              steering
            </Link>
            <Link href="/runs">runs</Link>
            <Link href="/search" className={styles.searchLink}>
              search
            </Link>
            <Link href="/docs/api">API</Link>
          </nav>
          <div className={styles.search}>
            <SearchBox />
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
