/** Postgres' text holds every character but U+0000, which is written as its picture ␀. */
export const storable = (text: string): string =>
  text.includes('\0') ? text.replaceAll('\0', '\u2400') : text;
