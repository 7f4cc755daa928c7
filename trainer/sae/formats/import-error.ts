/** The one error of this room's importers: what lies there is not a dictionary we can read, and what to do about it. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
  readonly file: string;

  constructor(file: string, expected: string, got: string, advice: string, options?: ErrorOptions) {
    super(`${file}: expected ${expected}, got ${clip(got)}. ${advice}`, options);
    this.file = file;
  }
}

/** A hostile file chooses what is quoted of it: no more than a line of it, and no control characters. */
export function clip(text: string): string {
  const printable = text.slice(0, 400).replace(/[\p{Cc}\p{Cf}]/gu, '�');
  return text.length > 400 ? `${printable}…` : printable;
}

export const COPY_AGAIN = 'Copy or download the file again.';
