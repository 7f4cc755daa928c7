/** A piece of code to read and to take along. */
import { CopyButton } from './copy-button.tsx';
import styles from './listing.module.css';

export interface ListingProps {
  readonly code: string;
  readonly copy?: string;
  /** The same thing in another form, to copy. */
  readonly also?: { readonly copy: string; readonly code: string };
  /** A single long line is broken rather than scrolled. */
  readonly isLine?: boolean;
}

export function Listing({ code, copy = 'Copy', also, isLine }: ListingProps) {
  return (
    <div className={styles.listing}>
      <pre tabIndex={0} data-long={isLine || undefined}>
        <code>{code}</code>
      </pre>
      <div className={styles.actions}>
        <CopyButton text={code}>{copy}</CopyButton>
        {also && <CopyButton text={also.code}>{also.copy}</CopyButton>}
      </div>
    </div>
  );
}
