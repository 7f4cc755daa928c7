/** Boost, Pareto and comparison pages in a real browser, over the synthetic data set. */
import { describe, expect, it } from 'vitest';
import { whyNoBrowser } from './site.ts';
import { openTestSite } from './test-site.ts';
import { PHONE } from './visit.ts';

const why = whyNoBrowser();
const BOOST = '/boost/fixture-boost-russian';
const COMPARE = '/compare/fixture-boost-russian/fixture-dictionary';
const PAGES = [
  BOOST,
  '/boost/fixture-dictionary',
  '/pareto',
  '/pareto?show=dead&x=l0',
  COMPARE,
  `${COMPARE}?by=acts&k=4`,
  '/compare',
];

describe.skipIf(why)('what boosts, budgets and matches show', () => {
  const at = openTestSite({ hasData: true });
  const { open } = at;

  for (const path of PAGES) {
    it(`fits ${path} on a phone without a sideways scroll and without an error`, () =>
      at.expectFitsPhone(path));
  }

  it('leads in three clicks from home to a feature the Russian boost added, with the evidence', async () => {
    const page = await open('/');
    await page.getByRole('link', { name: 'What the russian boost added' }).click();
    await page.waitForURL(`**${BOOST}`);
    const added = page.getByRole('table', { name: 'Features the boost added' });
    const row = added.getByRole('row').filter({ hasText: 'nothing near' }).first();
    await row.getByRole('link').first().click();
    await page.waitForURL(/\/dictionaries\/fixture-boost-russian\/\d+/);
    const words = await page.locator('main').innerText();
    expect(words).toContain('boost: russian');
    expect(words).toMatch(
      /Nothing near it in Fixture: fixture-dictionary; the nearest is .* at cosine 0\.[0-4]\d\d/,
    );
    expect(words).toMatch(/Of its densities over all texts \d+\.\d\s% fall on russian text/);
    expect(await page.locator('[data-step]').count()).toBeGreaterThan(5);
    await page.close();
  });

  it('says in the table what a boost gains over every alternative, with the spread over its seeds', async () => {
    const page = await open(BOOST);
    const table = page.getByRole('region', { name: 'Domain by method' });
    const boost = await table.locator('tr[data-method=boost]').first().innerText();
    expect(boost).toContain('n = 3');
    expect(boost).toMatch(/\+\d+\.\d\s%\s*± \d\.\d\s%/);
    const tuned = await table.locator('tr[data-method=fine-tuning]').first().innerText();
    expect(tuned).toContain('64 to 72');
    await page
      .getByText(/trials run here, \d+ recorded runs/)
      .first()
      .waitFor();
    await page.close();
  });

  it('tells what base and boost do to a token, by pointer and by arrow keys', async () => {
    const page = await open(BOOST);
    const text = page.locator('[role=group][data-layers]').first();
    await text.focus();
    await page.keyboard.press('ArrowRight');
    const tip = await text.getByRole('status').innerText();
    expect(tip).toMatch(/base: .*\d/);
    expect(tip).toMatch(/error \d.* → \d/);
    expect(await text.locator('[data-boost]').count()).toBeGreaterThan(0);
    await page.close();
  });

  it('shows another measure by a link, without JavaScript too, and judges by its numbers', async () => {
    const page = await open('/pareto', { javaScriptEnabled: false });
    const verdict = () =>
      page
        .locator('main p')
        .filter({ hasText: /^Here / })
        .innerText();
    const before = await verdict();
    await page.getByRole('link', { name: 'dead features' }).click();
    expect(page.url()).toContain('show=dead');
    expect(await verdict()).not.toBe(before);
    expect(await page.locator('svg [data-mark]').count()).toBeGreaterThan(10);
    await page.close();
  });

  it('keeps method and budget in the links of a comparison', async () => {
    const page = await open(`${COMPARE}?k=4`);
    await page.getByRole('link', { name: 'one to one' }).click();
    await page.waitForURL(/by=one-to-one/);
    expect(page.url()).toContain('k=4');
    await page.getByRole('table', { name: 'Found again' }).getByRole('link').first().click();
    await page.waitForURL(/fixture-boost-russian\/\d+\?k=4/);
    await page.close();
  });

  it('names the command where two dictionaries were never compared', async () => {
    const page = await open('/compare/fixture-dictionary/fixture-dictionary');
    await page.getByText('npx residua match fixture-dictionary fixture-dictionary').waitFor();
    await page.close();
  });

  it('answers what is not there with 404', async () => {
    const page = await at.browser.newPage();
    for (const path of ['/boost/nope', '/compare/nope/fixture-dictionary']) {
      const response = await page.goto(at.site.url + path);
      expect([path, response?.status()]).toEqual([path, 404]);
    }
    await page.close();
  });
});

describe.skipIf(why)('the same pages with nothing in them yet', () => {
  const { open } = openTestSite({ hasData: false });

  for (const [path, command] of [
    ['/pareto', 'npx residua trials load'],
    ['/compare', 'npx residua match'],
  ])
    it(`name the command that fills ${path}`, async () => {
      const page = await open(path, { viewport: PHONE });
      expect(await page.getByText(command).count()).toBe(1);
      await page.close();
    });
});
