/** Rows of a query as a table of plain text. */

// A token array or a config would push everything else off the screen.
const MAX_WIDTH = 60;

export function formatTable(columns: readonly string[], rows: readonly Record<string, unknown>[]): string {
  const cells = rows.map((row) => columns.map((column) => formatCell(row[column])));
  const widths = columns.map((column, at) =>
    Math.max(column.length, ...cells.map((line) => line[at].length)),
  );
  const isNumber = columns.map((column) => rows.every((row) => isNumeric(row[column])));
  const format = (line: readonly string[]) =>
    line
      .map((cell, at) => (isNumber[at] ? cell.padStart(widths[at]) : cell.padEnd(widths[at])))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  return [
    format(columns),
    rule,
    ...cells.map(format),
    `${rows.length} ${rows.length === 1 ? 'row' : 'rows'}`,
  ].join('\n');
}

function formatCell(value: unknown): string {
  const text = value === null ? '∅' : value instanceof Date ? value.toISOString() : plain(value);
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > MAX_WIDTH ? `${line.slice(0, MAX_WIDTH - 1)}…` : line;
}

const plain = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

/** Big integers arrive as text. */
const isNumeric = (value: unknown): boolean =>
  value === null || typeof value === 'number' || (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value));
