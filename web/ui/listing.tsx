/** A piece of code to read and to take along. */
import { CopyButton } from './copy-button.tsx';
import styles from './listing.module.css';

export function Listing({ code, copy = 'Copy' }: { readonly code: string; readonly copy?: string }) {
  return (
    <div className={styles.listing}>
      <pre tabIndex={0}>
        <code>{code}</code>
      </pre>
      <CopyButton text={code}>{copy}</CopyButton>
    </div>
  );
}
