// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { findingsOf, recoveredText, summaryOf } from './finding-rows.ts';
import type { Verdict } from './findings.ts';

const plain = (text: string) => text.replaceAll('\u202f', ' ');
const percent = (name: string, value: number | null) => ({
  ...{ name, value, unit: 'percent', text: 'A model.', source: 'a paper' },
});

describe('recoveredText', () => {
  it('makes of accuracies the share of the gain, benchmark by benchmark', () => {
    const [{ text, source }] = recoveredText([
      percent('MATH500, base', 52.2),
      percent('MATH500, full fine-tuning', 79.3),
      percent('MATH500, vectors at all layers', 79.9),
      percent('AMC23, base', 45.8),
      percent('AMC23, full fine-tuning', 64.2),
      percent('AMC23, vectors at all layers', 62.5),
      percent('GSM8K, base', 10),
      percent('some finding', null),
    ]);
    expect([plain(text), source]).toEqual(['102.2 % on MATH500, 90.8 % on AMC23. A model.', 'a paper']);
  });

  it('is nothing where full fine-tuning gains nothing, and nothing of nothing', () => {
    const flat = ['base', 'full fine-tuning', 'vectors at all layers'].map((what) =>
      percent(`A, ${what}`, 50),
    );
    expect([recoveredText(flat), recoveredText([])]).toEqual([[], []]);
  });
});

describe('summaryOf', () => {
  it('counts verdicts in one sentence, and leaves out those that nobody got', () => {
    const judged = (...verdicts: Verdict[]) => summaryOf(verdicts.map((verdict) => ({ verdict, ours: '' })));
    expect(judged('holds', 'partly', 'holds', 'fails', 'silent', 'unmeasured')).toBe(
      'Of 6 findings 2 hold here, 1 does in part, 1 does not, of 1 nothing can be said, 1 was not measured.',
    );
    expect(judged('holds')).toBe('Of 1 findings 1 holds here.');
  });
});

describe('findingsOf', () => {
  it('is nine findings that nobody measured, where nothing is stored, each leading to what names the command', () => {
    const findings = findingsOf({
      ...{ accuracy: null, gainCurve: null, pairs: null, transfer: null },
      evidence: { last: null, penultimate: null, adaptive: null, all: null },
    });
    expect(findings.map(({ verdict }) => verdict)).toEqual(Array(9).fill('unmeasured'));
    expect([...new Set(findings.map(({ from }) => from.href))].sort()).toEqual([
      ...['#accuracy', '#gain-curve', '#pairs', '#transfer'],
    ]);
  });
});
