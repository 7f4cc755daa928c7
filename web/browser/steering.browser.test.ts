/** The pages of steering vectors in a real browser, over the synthetic data set. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { whyNoBrowser } from './site.ts';
import { openTestSite } from './test-site.ts';
import { PHONE } from './visit.ts';

const why = whyNoBrowser();
const ALL = '/steering/fixture-model/all-seed-1';
const ADAPTIVE = '/steering/fixture-model/adaptive-2-seed-1';
const PAGES = [
  '/steering',
  '/steering?model=fixture-model&set=hard&layer=2',
  ALL,
  `${ALL}?by=cosine&lens=final&show=gained`,
  ADAPTIVE,
  '/steering/fixture-model/layer-2-seed-1',
  '/steering/fixture-model/random-seed-1',
  '/steering/fixture-absent/all-seed-1',
];

describe.skipIf(why)('what steering shows', () => {
  const at = openTestSite({ hasData: true });
  const { open } = at;

  const section = (page: Page, part: string) => page.locator(`section#${part}`);

  for (const path of PAGES) {
    it(`fits ${path} on a phone without a sideways scroll and without an error`, () =>
      at.expectFitsPhone(path));
  }

  it('says what vectors gain beside full fine-tuning, and what the controls gain', async () => {
    const page = await open('/steering');
    const accuracy = section(page, 'accuracy');
    const text = await accuracy.innerText();
    expect(text).toMatch(/512 numbers .* from 44\.0\s% to 84\.7\s% \[\d+\.\d, \d+\.\d\]: 40\.7 points more/);
    expect(text).toMatch(/9\d\.\d\s% of what full fine-tuning gains/);
    expect(text).toMatch(/Trained on a coin .* gain nothing: level within noise/);
    const full = accuracy.getByRole('row').filter({ hasText: 'full fine-tuning' });
    expect(await full.innerText()).toMatch(/1,234,567\s+100\s%/);
    await accuracy.getByRole('link', { name: 'hard', exact: true }).click();
    await page.waitForURL(/set=hard/);
    await page.getByRole('heading', { name: 'Right answers, hard problems' }).waitFor();
    expect(page.complaints).toEqual([]);
    await page.close();
  });

  it('judges every finding of the paper by stored numbers, states its rules, and leads to where they are from', async () => {
    const page = await open('/steering');
    const findings = section(page, 'findings');
    expect(await findings.locator('li[data-verdict]').count()).toBe(9);
    const of = (claim: string) => findings.locator('li').filter({ hasText: claim });
    expect(await of('recover most').innerText()).toMatch(/holds[\s\S]*94\.2\s% of its gain/i);
    expect(await of('build on each other').getAttribute('data-verdict')).toBe('fails');
    expect(await of('bias on the first token').innerText()).toMatch(/74\.8\s%[\s\S]*75\.0?\s%/);
    await findings.locator('summary', { hasText: 'how the verdicts are given' }).click();
    expect(await findings.locator('dl').innerText()).toContain('at least 70\u202f% of what full fine-tuning');
    await of('past attention').getByRole('link', { name: 'Through which path' }).click();
    await page.waitForURL('**/steering/fixture-model/layer-2-seed-1#patching');
    expect(page.complaints).toEqual([]);
    await page.close();
  });

  it('draws every seed of one condition by a link, and says how fast it trained', async () => {
    const page = await open('/steering', { javaScriptEnabled: false });
    const training = section(page, 'training');
    await training.getByRole('link', { name: 'vectors, all layers' }).click();
    expect(page.url()).toContain('trained=all-layers');
    expect(await training.innerText()).toMatch(/seed 1\s+seed 2\s+seed 3/);
    expect(await training.locator('summary', { hasText: 'speed' }).innerText()).toMatch(
      /generate [\d,]+ tokens\/s, 75\.2\s% of a step generating, 22\.0\s% learning/,
    );
    await page.close();
  });

  it('shows paths head by head only on demand', async () => {
    const page = await open(ALL);
    const patching = section(page, 'patching');
    const head = patching.getByText('head 3 alone').first();
    expect(await head.isVisible()).toBe(false);
    await patching.locator('summary', { hasText: 'head by head: 8 paths' }).click();
    expect(await head.isVisible()).toBe(true);
    await page.close();
  });

  it('leads from home over a seed of the study to its vectors, from the list, from a run and back to the model', async () => {
    const page = await open('/');
    await page.getByRole('link', { name: 'A few hundred numbers that steer a model' }).click();
    await page.waitForURL('**/steering');
    const row = section(page, 'accuracy').getByRole('row').filter({ hasText: 'vectors, all layers' });
    await row.getByRole('link', { name: '2', exact: true }).click();
    await page.waitForURL('**/steering/fixture-model/all-seed-2');
    await page.goto(`${at.site.url}/runs/fixture-finished`);
    await page.getByRole('link', { name: 'Fixture: layer 3' }).click();
    await page.waitForURL('**/fixture-model/layer-3-seed-1');
    await page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('link').first().click();
    await page.waitForURL('**/models/fixture-model');
    await page.getByRole('link', { name: 'Fixture: adaptive, layer 2' }).waitFor();
    await page.close();
  });

  it('cuts the list of vectors down to a layer', async () => {
    const page = await open('/steering');
    const vectors = section(page, 'vectors');
    const count = () => vectors.getByRole('row').count();
    const before = await count();
    await vectors.getByRole('link', { name: '1', exact: true }).first().click();
    await page.waitForURL(/layer=1/);
    await expect.poll(count).toBeLessThan(before);
    expect(await vectors.getByRole('link', { name: 'Fixture: layer 1' }).count()).toBe(1);
    expect(await vectors.getByRole('link', { name: 'Fixture: layer 2' }).count()).toBe(0);
    await page.close();
  });

  it('shows every analysis of a set, each with what it was made by', async () => {
    const page = await open(ALL);
    const text = await page.locator('main').innerText();
    for (const words of [
      /4 vectors, each added to what the MLP writes at every token, at layers 0 to 3/,
      /the model solves 44\.0\s% by itself and 84\.8\s% steered: 40\.8 points more/,
      /Mostly the first token moves/,
      /the base recovers 74\.8\s% of the gain/,
      /Past attention, through MLP and unembedding, the vector explains 83\.0\s%/,
      /At q ≤ 0\.05, 12 features fire more often in right answers and 5 in wrong ones/,
      /wrong, then right \(3\)/,
    ])
      expect(text).toMatch(words);
    expect(await page.locator('[data-box]').count()).toBe(34);
    expect(await page.getByText(/npx residua steer analyse/).count()).toBe(0);
    expect(await page.locator('summary', { hasText: 'provenance' }).count()).toBe(9);
    await page.close();
  });

  it('switches the logit lens by links, also without JavaScript', async () => {
    const page = await open(ALL, { javaScriptEnabled: false });
    const lens = section(page, 'lens');
    const first = () =>
      lens
        .getByRole('list', { name: /writes towards/ })
        .getByRole('listitem')
        .first()
        .innerText();
    const byDot = await first();
    await lens.getByRole('link', { name: 'cosine' }).click();
    expect(page.url()).toContain('by=cosine');
    const byCosine = await first();
    expect(byCosine).not.toBe(byDot);
    await lens.getByRole('link', { name: 'behind the last layer' }).click();
    expect(page.url()).toContain('lens=final');
    expect(await first()).not.toBe(byCosine);
    await page.close();
  });

  it('reads without JavaScript: pictures, tables behind them, formulas', async () => {
    const page = await open(ALL, { javaScriptEnabled: false });
    expect(await page.locator('main svg[role=img]').count()).toBeGreaterThan(9);
    await section(page, 'shift').locator('summary', { hasText: 'show data' }).first().click();
    expect(await page.getByRole('region', { name: 'show data' }).first().isVisible()).toBe(true);
    await section(page, 'patching').locator('summary', { hasText: 'formula' }).click();
    expect(await section(page, 'patching').innerText()).toContain(
      '1 − KL(steered ‖ path) / KL(steered ‖ base)',
    );
    await page.close();
  });

  it('marks where answers part, says which is right, and cuts the list down to those that were gained', async () => {
    const page = await open(ALL);
    const texts = section(page, 'texts');
    expect(await texts.locator('mark').first().innerText()).toBe('I');
    await texts.getByRole('link', { name: /wrong, then right/ }).click();
    await page.waitForURL(/show=gained/);
    await expect.poll(() => texts.locator('li[data-outcome]').count()).toBe(3);
    const pair = texts.locator('li[data-outcome=gained]').first();
    expect(await pair.innerText()).toMatch(/✗ wrong[\s\S]*✓ right/);
    await page.close();
  });

  it('leads from a feature of right answers to the page of that feature', async () => {
    const page = await open(ALL);
    const table = page.getByRole('region', { name: 'Features of right and of wrong answers' });
    await table.getByRole('link').first().click();
    await page.waitForURL(/\/dictionaries\/fixture-dictionary\/3\?k=64/);
    await page.close();
  });

  it('colours the prompt of an adaptive vector by segment, and tells the token under the pointer', async () => {
    const page = await open(ADAPTIVE);
    const scaling = section(page, 'scaling');
    expect(await scaling.innerText()).toContain('The vector is strongest on the answer');
    for (const segment of ['system', 'role', 'question', 'assistant'])
      expect(await scaling.locator(`[data-tip][data-segment=${segment}]`).count()).toBeGreaterThan(0);
    const token = scaling.locator('[data-tip]').first();
    await token.hover();
    const tip = await token.evaluate((node) => getComputedStyle(node, '::after').content);
    expect(tip).toMatch(/<\|im_start\|>\s+[+−]0\.\d+\s+role/);
    await scaling.getByRole('group', { name: /Prompt 1 .*arrow keys/ }).focus();
    await page.keyboard.press('End');
    expect(await scaling.getByRole('status').first().textContent()).toMatch(/[+−]0\.\d+\s+assistant/);
    await page.close();
  });

  it('names the command of an analysis nobody ran, and leaves out those that make no sense of the set', async () => {
    const page = await open('/steering/fixture-model/random-seed-1');
    const text = await page.locator('main').innerText();
    expect(text).toContain('npx residua steer analyse fixture-model/random-seed-1 --kind logit-lens');
    expect(text).not.toContain('On which tokens');
    expect(text).not.toContain('How it went, step by step');
    await page.close();
  });

  it('paints base and vectors in two colours, other ones in the dark', async () => {
    const coloursOf = async (colorScheme: 'light' | 'dark') => {
      const page = await open(ALL, { colorScheme, viewport: PHONE });
      const colours = await page
        .locator('#gain ol > li')
        .evaluateAll((rows) => rows.map((row) => getComputedStyle(row).color));
      await page.close();
      return [...new Set(colours)];
    };
    const [light, dark] = [await coloursOf('light'), await coloursOf('dark')];
    expect([light.length, dark.length]).toEqual([2, 2]);
    expect(dark.some((colour) => light.includes(colour))).toBe(false);
  });

  it('takes an address whose slash is spelled out, and answers what is not there with 404', async () => {
    const page = await at.browser.newPage();
    for (const [path, status] of [
      ['/steering/fixture-model%2Fall-seed-1', 200],
      ['/steering/fixture-model/nope', 404],
      ['/steering/nope', 404],
    ] as const) {
      const response = await page.goto(at.site.url + path);
      expect([path, response?.status()]).toEqual([path, status]);
    }
    await page.close();
  });

  it('gives a script what is on the page', async () => {
    const page = await open(ALL);
    await section(page, 'patching').locator('summary', { hasText: 'script' }).click();
    const [query, variables] = await section(page, 'patching').locator('details[open] pre').allInnerTexts();
    const response = await fetch(at.site.apiUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables: JSON.parse(variables) as unknown }),
    });
    const { data } = (await response.json()) as {
      data: { steeringVector: { patching: { modes: unknown[] } } };
    };
    expect(data.steeringVector.patching.modes).toHaveLength(18);
    await page.close();
  });
});

describe.skipIf(why)('steering before anything is trained', () => {
  const { open } = openTestSite({ hasData: false });

  it('says what would stand there and the commands that fill it', async () => {
    const page = await open('/steering', { viewport: PHONE });
    const text = await page.locator('main').innerText();
    for (const part of ['accuracy', 'gain-curve', 'pairs', 'transfer'])
      expect(text).toContain(`npx residua steer study --part ${part}`);
    expect(text).toContain('npx residua steer train --help');
    expect(text).not.toContain('What of the paper holds here');
    expect(page.complaints).toEqual([]);
    await page.close();
  });
});
