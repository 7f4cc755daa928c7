/** The one error of this room's importers: what lies there is not a dictionary we can read, and what to do about it. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
  readonly file: string;

  constructor(file: string, expected: string, got: string, advice: string, options?: ErrorOptions) {
    super(`${file}: expected ${clip(expected)}, got ${clip(got)}. ${clip(advice)}`, options);
    this.file = file;
  }
}

/** A hostile file chooses what is quoted of it: no more than a line of it, and no control characters. */
export function clip(text: string): string {
  const printable = text.slice(0, 400).replace(/[\p{Cc}\p{Cf}]/gu, '�');
  return text.length > 400 ? `${printable}…` : printable;
}

/** A value out of a JSON file, in a few words. Trap: JSON.stringify on a deeply nested one overflows the stack. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value !== 'object' || value === null) return String(JSON.stringify(value));
  if (!Array.isArray(value)) return `an object of ${Object.keys(value).length}`;
  const isFlat = value.length <= 16 && value.every((item) => typeof item !== 'object');
  return isFlat ? `[${value.map(String).join(', ')}]` : `a list of ${value.length}`;
}

export const COPY_AGAIN = 'Copy or download the file again.';
