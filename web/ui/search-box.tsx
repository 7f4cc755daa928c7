/** Words in, features out. A plain form: it works without JavaScript and its answer has an address. */
import Form from 'next/form';
import styles from './search-box.module.css';

export interface SearchBoxProps {
  readonly query?: string;
  /** The one the page is built around, with a button; the other is the small one in the bar. */
  readonly isMain?: boolean;
  readonly placeholder?: string;
}

/** Longer than any label worth searching for; the API refuses much longer ones. */
export const MAX_QUERY_LENGTH = 200;

export function SearchBox({ query = '', isMain, placeholder = 'Find features by words' }: SearchBoxProps) {
  return (
    <Form action="/search" role="search" className={styles.search} data-main={isMain || undefined}>
      <input
        type="search"
        name="q"
        defaultValue={query}
        key={query}
        placeholder={placeholder}
        aria-label="Find features by words"
        maxLength={MAX_QUERY_LENGTH}
        data-key="/"
        data-key-does="search"
        autoComplete="off"
      />
      {isMain && <button type="submit">Search</button>}
    </Form>
  );
}
