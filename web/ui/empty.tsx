/** An empty place: what would stand here, and the command that fills it. */
import type { ReactNode } from 'react';
import styles from './empty.module.css';

export function Empty({ children, command }: { readonly children: ReactNode; readonly command?: string }) {
  return (
    <div className={styles.empty}>
      <p>{children}</p>
      {command && (
        <pre tabIndex={0}>
          <code>{command}</code>
        </pre>
      )}
    </div>
  );
}
