/**
 * Questions with one right answer each, and the reading of such from JSON Lines as data sets have them (question or problem;
 * GSM8K's answer behind "####"). Knows no model.
 */
import { readFile } from 'node:fs/promises';

export interface Problem {
  readonly question: string;
  /** What a box must hold, as text. */
  readonly answer: string;
  /** train, or the name of a held-out set: easy, medium, hard, or whatever a file says. */
  readonly testSet: string;
}

export const TRAIN_SET = 'train';

/** A line as long as a book is no problem but another kind of file. */
const MAX_LINE_CHARS = 1_000_000;

/** testSet of lines without one is `testSet`. */
export async function loadProblems(path: string, testSet = TRAIN_SET): Promise<Problem[]> {
  const file = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Error(`${path} cannot be read: expected JSON Lines of problems. Check the path. ${EXAMPLE}`, {
      cause,
    });
  });
  const lines = file.replace(/^\uFEFF/, '').split(/\r?\n/);
  const problems = lines.flatMap((line, i) =>
    line.trim() === '' ? [] : [parseProblem(line, `${path}, line ${i + 1}`, testSet)],
  );
  if (problems.length > 0) return problems;
  throw new Error(`${path}: expected JSON Lines of problems, got no line. ${EXAMPLE}`);
}

const EXAMPLE = 'Give one object a line: {"question": "What is 2+3?", "answer": "5"}.';

export function parseProblem(line: string, place: string, testSet = TRAIN_SET): Problem {
  if (line.length > MAX_LINE_CHARS) {
    throw new Error(
      `${place}: expected at most ${MAX_LINE_CHARS} characters, got ${line.length}. ${EXAMPLE}`,
    );
  }
  const fields = parseFields(line, place);
  const question = textOf(fields.question ?? fields.problem);
  const answer = answerOf(fields.answer);
  if (question === undefined) throw missing(place, 'question', fields);
  if (answer === undefined) throw missing(place, 'answer', fields);
  const given = fields.testSet ?? fields.test_set;
  if (given !== undefined && textOf(given) === undefined) throw missing(place, 'testSet', fields);
  return { question, answer, testSet: textOf(given) ?? testSet };
}

function parseFields(line: string, place: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new Error(
      `${place}: expected a JSON object, got ${quote(line)} (${(cause as Error).message}). ${EXAMPLE}`,
      { cause },
    );
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new Error(`${place}: expected a JSON object, got ${quote(line)}. ${EXAMPLE}`);
}

function missing(place: string, field: string, fields: Record<string, unknown>): Error {
  const got =
    field in fields
      ? JSON.stringify(fields[field])
      : `the fields ${Object.keys(fields).join(', ') || 'none'}`;
  return new Error(
    `${place}: expected "${field}" to be text that is not blank, got ${quote(got)}. ${EXAMPLE}`,
  );
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value : undefined;

/** Numbers are written without quotes in some sets; GSM8K has the way to the answer in front of it. */
function answerOf(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  const text = textOf(value);
  return text === undefined
    ? undefined
    : textOf(text.slice(text.lastIndexOf('####') + 4 * Number(text.includes('####'))).trim());
}

const quote = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text);
