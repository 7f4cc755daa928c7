/** Where this page hangs: model › dictionary › feature. */
import Link from 'next/link';
import { Fragment } from 'react';
import styles from './breadcrumb.module.css';

export interface Crumb {
  readonly name: string;
  /** Left out for the page itself. */
  readonly href?: string;
}

export function Breadcrumb({ crumbs }: { readonly crumbs: readonly Crumb[] }) {
  return (
    <nav aria-label="Breadcrumb" className={styles.crumbs}>
      {crumbs.map((crumb, at) => (
        <Fragment key={`${at}-${crumb.name}`}>
          {at > 0 && <span aria-hidden> › </span>}
          {crumb.href ? (
            <Link href={crumb.href}>{crumb.name}</Link>
          ) : (
            <span aria-current="page">{crumb.name}</span>
          )}
        </Fragment>
      ))}
    </nav>
  );
}
