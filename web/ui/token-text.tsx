/** One vocabulary token as a name: monospace, its edges and whitespace visible, right-to-left safe. */
import styles from './token-text.module.css';

export function TokenText({ text }: { readonly text: string }) {
  return (
    <bdi>
      <code className={styles.token}>{text === '' ? '∅' : drawWhitespace(text)}</code>
    </bdi>
  );
}

/** Spaces and breaks as glyphs: a token that is only a space must still be seen. */
export function drawWhitespace(text: string): string {
  return text.replaceAll(' ', '␣').replaceAll('\r', '␍').replaceAll('\n', '↵').replaceAll('\t', '⇥');
}
