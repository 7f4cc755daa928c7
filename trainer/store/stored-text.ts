/** Postgres' text holds every character but U+0000, which is written as its picture ␀. */
export const storable = (text: string): string =>
  text.includes('\0') ? text.replaceAll('\0', '\u2400') : text;

const LONE_SURROGATE = /\p{Surrogate}/gu;

/**
 * JSON that Postgres' jsonb holds: its texts cannot have U+0000 or half a character, and a number that JSON lacks would be
 * read back as null. `name` is what it is, for the error.
 */
export function toStorableJson(value: unknown, name: string): string {
  return JSON.stringify(value, (key, member: unknown) => {
    if (typeof member === 'number' && !Number.isFinite(member))
      throw new Error(
        `${name}: expected numbers, got ${member} at ${JSON.stringify(key)}. What made it went wrong: nothing was saved.`,
      );
    return typeof member === 'string' ? storable(member.replace(LONE_SURROGATE, '\uFFFD')) : member;
  });
}
