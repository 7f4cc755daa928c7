/** The top of every page: where it hangs, its name, one sentence that says what a visitor is looking at. */
import type { ReactNode } from 'react';
import { Breadcrumb, type Crumb } from './breadcrumb.tsx';
import styles from './page-head.module.css';

export interface PageHeadProps {
  readonly crumbs?: readonly Crumb[];
  readonly title: ReactNode;
  /** What kind of thing it is, after its name. */
  readonly badge?: ReactNode;
  readonly children: ReactNode;
  /** Links to the pages beside this one. */
  readonly beside?: ReactNode;
}

export function PageHead({ crumbs, title, badge, children, beside }: PageHeadProps) {
  return (
    <header className={styles.head}>
      {crumbs && <Breadcrumb crumbs={crumbs} />}
      <div className={styles.title}>
        <div className={styles.name}>
          <h1 dir="auto">{title}</h1>
          {badge}
        </div>
        {beside}
      </div>
      <p className={styles.sentence}>{children}</p>
    </header>
  );
}
