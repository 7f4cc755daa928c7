/** One vocabulary token as a name: monospace, its edges and whitespace visible, right-to-left safe. */
import styles from './token-text.module.css';

export interface TokenTextProps {
  readonly text: string;
  /** Hex, shown where they are no text by themselves: half a character. */
  readonly bytes?: string;
}

export function TokenText({ text, bytes }: TokenTextProps) {
  const isFragment = bytes !== undefined && text.includes('\ufffd');
  return (
    <bdi>
      {isFragment ? (
        <code className={`${styles.token} ${styles.bytes}`} title="part of a character: its bytes">
          {bytes.match(/../g)?.join(' ')}
        </code>
      ) : (
        <code className={styles.token}>{text === '' ? '∅' : drawWhitespace(text)}</code>
      )}
    </bdi>
  );
}

/** Where the pictures of control characters begin (U+2400 ␀); delete has one of its own. */
const PICTURES = 0x2400;

/** What has no ink as glyphs: a token that is only a space must still be seen. */
export function drawWhitespace(text: string): string {
  return text
    .replaceAll(' ', '␣')
    .replaceAll('\r', '␍')
    .replaceAll('\n', '↵')
    .replaceAll('\t', '⇥')
    .replaceAll('\u007f', '␡')
    .replace(/\p{Cc}/gu, (control) =>
      control < ' ' ? String.fromCharCode(PICTURES + control.charCodeAt(0)) : codePoint(control),
    )
    .replace(/[\p{Cf}\u00a0\u202f\u2007]/gu, codePoint);
}

/** U+00A0 as ⟨a0⟩. */
function codePoint(character: string): string {
  return `⟨${character.codePointAt(0)!.toString(16)}⟩`;
}
