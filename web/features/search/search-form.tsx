/** The search with its filters; every state of it is an address. */
import { LiveForm } from '../../ui/live-form.tsx';
import { MAX_QUERY_LENGTH } from '../../ui/search-box.tsx';
import styles from './search-form.module.css';

export interface SearchFormProps {
  readonly query: string;
  readonly dictionary?: string;
  readonly dictionaries: readonly { readonly slug: string; readonly name: string }[];
}

export function SearchForm({ query, dictionary = '', dictionaries }: SearchFormProps) {
  return (
    <LiveForm className={styles.form} label="Find features by words">
      <input
        type="search"
        name="q"
        defaultValue={query}
        placeholder="Words of a label"
        aria-label="Words of a label"
        maxLength={MAX_QUERY_LENGTH}
        data-key="/"
        data-key-does="search"
        autoComplete="off"
      />
      {dictionaries.length > 1 && (
        <select name="dictionary" defaultValue={dictionary} aria-label="Dictionary">
          <option value="">every dictionary</option>
          {dictionaries.map(({ slug, name }) => (
            <option key={slug} value={slug}>
              {name}
            </option>
          ))}
        </select>
      )}
      <button type="submit">Search</button>
    </LiveForm>
  );
}
