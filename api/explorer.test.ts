import { parse, specifiedRules, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { EXAMPLES, explorerPage } from './explorer.ts';
import { limitsRule } from './limits.ts';
import { schema } from './schema/index.ts';

describe('the page at /graphql', () => {
  it.each(EXAMPLES)('has an example that fits the schema: $name', ({ query }) => {
    expect(validate(schema, parse(query), [...specifiedRules, limitsRule])).toEqual([]);
  });

  it('loads nothing from elsewhere, shows the schema, and has a script that parses', () => {
    const html = explorerPage(schema);
    expect(html).not.toMatch(/(?:src|href)=|@import|url\(/);
    expect(html).toContain('type SparsityLevel {');
    const [, script] = /<script type="module">([^]*)<\/script>/.exec(html)!;
    expect(() => new Function(script)).not.toThrow();
  });
});
