import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadProblems } from './problem.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'residua-problems-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function load(text: string, testSet?: string) {
  const path = join(folder, 'problems.jsonl');
  await writeFile(path, text);
  return loadProblems(path, testSet);
}

describe('loadProblems', () => {
  it('reads a line each, and says train where the line says nothing', async () => {
    const text = '{"question":"2+3?","answer":"5"}\n{"question":"1?","answer":"1","testSet":"easy","id":7}\n';
    expect(await load(text)).toEqual([
      { question: '2+3?', answer: '5', testSet: 'train' },
      { question: '1?', answer: '1', testSet: 'easy' },
    ]);
  });

  it('takes the names of fields, numbers and reasons in front of answers as known sets have them', async () => {
    const text = '{"problem":"2+3?","answer":5}\n{"question":"Eggs?","answer":"16-3=13\\n#### 1,300"}';
    expect(await load(text, 'math')).toEqual([
      { question: '2+3?', answer: '5', testSet: 'math' },
      { question: 'Eggs?', answer: '1,300', testSet: 'math' },
    ]);
  });

  it('bears a byte-order mark, carriage returns and blank lines', async () => {
    expect(await load('\uFEFF{"question":"a","answer":"b"}\r\n\r\n  \r\n')).toHaveLength(1);
  });

  it.each([
    ['', /got no line/],
    ['\n \n', /got no line/],
    ['{"question":"a","answer":"b"}\n{"question":"a"', /line 2: expected a JSON object/],
    ['[1,2]', /line 1: expected a JSON object, got \[1,2\]/],
    ['null', /line 1: expected a JSON object, got null/],
    ['\n{"answer":"b"}', /line 2: expected "question" .* got the fields answer/],
    ['{"question":" ","answer":"b"}', /"question" to be text that is not blank, got " "/],
    ['{"question":"a","answer":null}', /"answer" .* got null/],
    ['{"question":"a","answer":"no way ####  "}', /"answer"/],
    ['{"question":"a","answer":"b","testSet":3}', /"testSet" .* got 3/],
    ['{}', /got the fields none/],
    [`"${'x'.repeat(300)}"`, /got "x{79}…/],
  ])('refuses %s', async (text, message) => {
    await expect(load(text)).rejects.toThrow(message);
  });

  it('says which file is not there', async () => {
    await expect(loadProblems(join(folder, 'none.jsonl'))).rejects.toThrow(
      /none.jsonl cannot be read.*Check/,
    );
  });
});
