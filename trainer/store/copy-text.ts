/** COPY's text format: one row a line, fields parted by tabs, null as \N. */

export type CopyField = string | number | boolean | null | readonly number[];

/** One line of COPY text. `where` names the row in errors. */
export function copyLine(fields: readonly CopyField[], where: () => string): string {
  let line = '';
  for (let column = 0; column < fields.length; column++) {
    if (column > 0) line += '\t';
    line += copyField(fields[column], where);
  }
  return `${line}\n`;
}

function copyField(field: CopyField, where: () => string): string {
  if (typeof field === 'number') return finite(field, where);
  if (typeof field === 'string') return escapeText(storable(field));
  if (typeof field === 'boolean') return field ? 't' : 'f';
  if (field === null) return '\\N';
  for (const value of field) finite(value, where);
  return `{${field.join(',')}}`;
}

function finite(value: number, where: () => string): string {
  if (Number.isFinite(value)) return String(value);
  throw new Error(
    `Expected finite numbers in ${where()}, got ${value}: the read-out of the dictionary is broken.`,
  );
}

const escapeText = (text: string): string =>
  /[\\\t\n\r]/.test(text) ? text.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character]) : text;

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** Postgres' text holds every character but U+0000, which is written as its picture ␀. */
export const storable = (text: string): string =>
  text.includes('\0') ? text.replaceAll('\0', '\u2400') : text;
