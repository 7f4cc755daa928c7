/** The site in a real browser, over the synthetic data set. */
import { describe, expect, it } from 'vitest';
import { whyNoBrowser } from './site.ts';
import { openTestSite } from './test-site.ts';

const why = whyNoBrowser();
if (why) console.log(why);

const DICTIONARY = '/dictionaries/fixture-dictionary';
const PAGES = [
  '/',
  '/dictionaries',
  DICTIONARY,
  `${DICTIONARY}/3?k=16`,
  '/models',
  '/models/fixture-model',
  '/runs',
  '/runs/fixture-finished',
  '/search?q=the',
  '/docs/api',
];

describe.skipIf(why)('the site in a browser', () => {
  const at = openTestSite({ hasData: true });
  const { open } = at;

  for (const path of PAGES) {
    it(`fits ${path} on a phone without a sideways scroll and without an error`, () =>
      at.expectFitsPhone(path));
  }

  it('moves every number with the slider, in the address and without a reload', async () => {
    const page = await open(`${DICTIONARY}?k=64`);
    await page.evaluate(() => Object.assign(window, { notReloaded: true }));
    const before = await page.locator('[title^="explained variance"] b').first().textContent();
    await page.locator('#budget').focus();
    await page.keyboard.press('ArrowLeft');
    await page.waitForURL(/k=32/);
    await page.getByText('At budget 32').waitFor();
    expect(await page.locator('[title^="explained variance"] b').first().textContent()).not.toBe(before);
    expect(await page.evaluate(() => 'notReloaded' in window)).toBe(true);
    expect(page.complaints).toEqual([]);
    await page.close();
  });

  it('moves the slider of a feature by its own arrow keys, and stays at the feature', async () => {
    const page = await open(`${DICTIONARY}/3?k=64`);
    await page.locator('#budget').focus();
    await page.keyboard.press('ArrowLeft');
    await page.getByText('Acts at budget 32').waitFor();
    expect(page.url()).toContain('/3?k=32');
    await page.close();
  });

  it('clears the filter where a link does', async () => {
    const page = await open(DICTIONARY);
    const field = page.getByLabel('Filter by label');
    await field.fill('nothing is called so');
    await page.getByRole('link', { name: 'Show all of them' }).click();
    await expect.poll(() => field.inputValue()).toBe('');
    expect(page.url()).not.toContain('label=');
    await page.close();
  });

  it('keeps the budget and the scroll while the texts of a feature change', async () => {
    const page = await open(`${DICTIONARY}/3?k=64`);
    await page.evaluate(() => window.scrollTo(0, 300));
    await page.keyboard.press('[');
    await page.getByText('Acts at budget 32').waitFor();
    expect(await page.evaluate(() => window.scrollY)).toBe(300);
    await page.keyboard.press('ArrowRight');
    await page.waitForURL(/fixture-dictionary\/4\?k=32/);
    await page.keyboard.press('ArrowLeft');
    await page.waitForURL(/fixture-dictionary\/3\?k=32/);
    await page.close();
  });

  it('reaches the search with / and lists its keys with ?', async () => {
    const page = await open(`${DICTIONARY}/3?k=16`);
    await page.keyboard.press('?');
    const help = page.getByRole('dialog');
    await help.waitFor();
    expect(await help.innerText()).toContain('next feature');
    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    await page.keyboard.type('the');
    await page.keyboard.press('Enter');
    await page.waitForURL(/search\?q=the/);
    await page.getByText(/features? for/).waitFor();
    await page.close();
  });

  it('gives act and rank of a token under the pointer, by arrow keys and by touch', async () => {
    const page = await open(`${DICTIONARY}/3?k=16`);
    const heatmap = page.locator('[role=group][dir=auto]').first();
    const tip = heatmap.getByRole('status');
    await heatmap.locator('[data-step]').first().hover();
    expect(await tip.innerText()).toMatch(/\d.* rank \d+ of 16/);
    await page.mouse.move(0, 0);
    await expect.poll(() => tip.count()).toBe(0);
    await heatmap.focus();
    await page.keyboard.press('ArrowRight');
    expect(await tip.innerText()).toMatch(/rank \d+ of 16/);
    expect(page.url()).toContain('/3?k=16');
    await page.close();
  });

  it('filters by label while one types and sorts by a column, both in the address', async () => {
    const page = await open(DICTIONARY);
    await page.getByLabel('Filter by label').fill('morning');
    await page.waitForURL(/label=morning/);
    await expect.poll(() => page.getByRole('table', { name: 'Features' }).getByRole('row').count()).toBe(2);
    await page.getByRole('link', { name: 'Sort by density' }).click();
    await page.waitForURL(/order=density/);
    expect(page.url()).toContain('label=morning');
    await page.close();
  });

  it('pages through a list without losing its order', async () => {
    const page = await open(`${DICTIONARY}?order=index`);
    const firstIndex = () =>
      page.getByRole('table', { name: 'Features' }).locator('tbody td').first().innerText();
    expect(await firstIndex()).toBe('0');
    await page.getByRole('link', { name: 'next ›' }).click();
    await expect.poll(firstIndex).toBe('50');
    await page.getByRole('link', { name: '‹ previous' }).click();
    await expect.poll(firstIndex).toBe('0');
    await page.close();
  });

  it('shows texts, numbers and the stops of the slider without JavaScript', async () => {
    const page = await open(`${DICTIONARY}/3?k=64`, { javaScriptEnabled: false });
    expect(await page.locator('[data-step]').count()).toBeGreaterThan(5);
    await page.getByRole('link', { name: 'Budget 8' }).click();
    await page.getByText('Acts at budget 8').waitFor();
    await page.close();
  });

  it('remembers dark colours, and the server paints them', async () => {
    const page = await open('/docs/api', { colorScheme: 'light' });
    const toggle = page.getByRole('button', { name: /^Colours/ });
    await toggle.click();
    await toggle.click();
    expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark');
    await page.reload();
    expect(await page.locator('html').getAttribute('data-theme')).toBe('dark');
    await page.close();
  });

  it('answers an address where nothing is with 404 and ways on', async () => {
    const page = await at.browser.newPage();
    for (const path of [
      '/dictionaries/nope',
      `${DICTIONARY}/99999`,
      `${DICTIONARY}/x`,
      '/runs/nope',
      '/models/nope',
      '/nope',
    ]) {
      const response = await page.goto(at.site.url + path);
      expect([path, response?.status()]).toEqual([path, 404]);
      await page.getByText('Nothing is at this address').waitFor();
    }
    await page.close();
  });

  it('follows a run live, says when the connection is lost, and that nothing was missed', async () => {
    const page = await open('/runs/fixture-running');
    const shown = () => page.locator('dd').filter({ hasText: ' of ' }).first().innerText();
    const status = page.getByText(/^live, last update/);
    await status.waitFor();
    const before = await shown();
    await expect.poll(shown, { timeout: 10_000 }).not.toBe(before);
    await at.site.stopApi();
    await page.getByText(/connection lost/).waitFor();
    const atLoss = await shown();
    await at.site.startApi();
    await page.getByText(/points caught up, nothing missed/).waitFor({ timeout: 20_000 });
    await expect.poll(shown, { timeout: 10_000 }).not.toBe(atLoss);
    await page.close();
  });

  it('explains itself when the API is away, in the HTML that is sent', async () => {
    await at.site.stopApi();
    const html = await (await fetch(`${at.site.url}${DICTIONARY}`)).text();
    await at.site.startApi();
    expect(html).toContain('The API does not answer');
    expect(html).toContain('npm start');
  });
});

describe.skipIf(why)('a site with nothing in it yet', () => {
  const at = openTestSite({ hasData: false });

  for (const path of ['/', '/dictionaries', '/runs'])
    it(`names the command that fills ${path}`, async () => {
      await at.expectFitsPhone(path);
      const page = await at.open(path);
      expect(await page.getByText('npx residua train-sae').count()).toBe(1);
      await page.close();
    });
});
