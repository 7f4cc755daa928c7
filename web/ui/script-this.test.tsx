import { execFileSync } from 'node:child_process';
import { cleanup, render } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import { curlLine, ScriptThis } from './script-this.tsx';

afterEach(cleanup);

/** What a shell makes of the line, with curl replaced by a program that prints its arguments. */
function argumentsOf(line: string): string[] {
  const script = `curl() { for a in "$@"; do printf '%s\\0' "$a"; done; }\n${line}`;
  return execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
}

describe('curlLine', () => {
  it('comes out of a shell as the request it stands for, whatever the variables hold', () => {
    const variables = { label: `it's "quoted" $HOME \`id\` \\n 東京`, first: 3 };
    const args = argumentsOf(
      curlLine('http://127.0.0.1:4000/graphql', 'query A {\n  a(b: "c")\n}', variables),
    );
    expect(args.slice(0, 4)).toEqual([
      '-s',
      'http://127.0.0.1:4000/graphql',
      '-H',
      'content-type: application/json',
    ]);
    expect(JSON.parse(args[5])).toEqual({ query: 'query A { a(b: "c") }', variables });
  });

  it('leaves out what was not asked for', () => {
    const args = argumentsOf(curlLine('http://x', '{a}', { after: undefined, before: null, first: 1 }));
    expect(JSON.parse(args[5]).variables).toEqual({ first: 1 });
  });
});

describe('ScriptThis', () => {
  it('shows query, variables and the curl line', () => {
    const { container } = render(
      <ScriptThis query="query A { a }" variables={{ k: 16 }} endpoint="http://x/graphql" />,
    );
    for (const text of ['query A { a }', '"k": 16', "curl -s 'http://x/graphql'"])
      expect(container.textContent).toContain(text);
  });
});
