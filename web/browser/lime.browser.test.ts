/** The pages of LIMe and of models in a real browser, over the synthetic data set. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { whyNoBrowser } from './site.ts';
import { openTestSite } from './test-site.ts';

const why = whyNoBrowser();
const ROUTERS = '/lime?router=lime-8&seed=2&layer=5&signed=1';
const PAGES = ['/lime', '/lime?x=tokens&depth=4&chain=1', ROUTERS, '/models/fixture-model', '/models'];

describe.skipIf(why)('what LIMe shows', () => {
  const at = openTestSite({ hasData: true });
  const { open } = at;

  const section = (page: Page, part: string) => page.locator(`section#${part}`);

  for (const path of PAGES) {
    it(`fits ${path} on a phone without a sideways scroll and without an error`, () =>
      at.expectFitsPhone(path));
  }

  it('says from the numbers what LIMe saves, and what a loss costs wherever the slider is moved', async () => {
    const page = await open('/lime');
    const loss = section(page, 'loss');
    expect(await loss.innerText()).toMatch(
      /To reach the base's final loss, at 8 layers: LIMe needs 2\d\.\d ± \d\.\d\s% fewer FLOPs \(3 seeds\)/,
    );
    const slider = loss.getByRole('slider', { name: /FLOPs to reach/ });
    const before = [
      await slider.getAttribute('aria-valuetext'),
      await loss.locator('div[aria-live]').innerText(),
    ];
    await slider.focus();
    for (let press = 0; press < 10; press++) await page.keyboard.press('ArrowLeft');
    const after = [
      await slider.getAttribute('aria-valuetext'),
      await loss.locator('div[aria-live]').innerText(),
    ];
    expect(Number.parseFloat(after[0]!)).toBeGreaterThan(Number.parseFloat(before[0]!));
    expect(after[1]).not.toBe(before[1]);
    expect(after[1]).toMatch(/base .* LIMe .* FLOPs: /);
    expect(page.complaints).toEqual([]);
    await page.close();
  });

  it('goes over to tokens and to another depth by links, in the address and without a reload', async () => {
    const page = await open('/lime');
    await page.evaluate(() => Object.assign(window, { notReloaded: true }));
    await section(page, 'loss').getByRole('link', { name: 'tokens', exact: true }).click();
    await page.waitForURL(/x=tokens/);
    await page.getByText('Held-out loss by tokens, 8 layers').waitFor();
    await section(page, 'loss').getByRole('link', { name: '4', exact: true }).click();
    await page.waitForURL(/x=tokens.*depth=4/);
    await page.getByText('Held-out loss by tokens, 4 layers').waitFor();
    expect(await page.evaluate(() => 'notReloaded' in window)).toBe(true);
    await page.close();
  });

  it('shows the heads of the layer that is picked in the router map, and signed weights on demand', async () => {
    const page = await open('/lime');
    const map = page.getByRole('region', { name: 'What each layer reads' });
    expect(await map.getByRole('row').count()).toBe(9);
    const cell = map.getByTitle(/layer 7 reads .* from layer 0/);
    expect(Number(await cell.innerText())).toBeGreaterThan(0);
    await map.getByRole('link', { name: '3', exact: true }).click();
    await page.waitForURL(/layer=3/);
    const heads = page.getByRole('region', { name: 'What each head of layer 3 reads' });
    await heads.waitFor();
    expect(await heads.getByRole('row').count()).toBe(5);
    expect(await page.getByRole('region', { name: /Signed router weights/ }).count()).toBe(0);
    await section(page, 'routers').getByRole('link', { name: 'shown' }).click();
    const signed = page.getByRole('region', { name: 'Signed router weights of layer 3' });
    await signed.waitFor();
    expect(await signed.getByTitle(/head 0 of layer 3 takes [+−]\d/).count()).toBe(16);
    await page.close();
  });

  it('sets the paper beside ours, tells the sign flip from the data, and names what costs what', async () => {
    const page = await open('/lime');
    expect(await section(page, 'collapse').innerText()).toContain('The sign flips, as in the paper');
    expect(await section(page, 'ablation').innerText()).toMatch(/worse than full lime: .*base/i);
    expect(await section(page, 'arithmetic').getByText('71.6').count()).toBeGreaterThan(0);
    const cost = await section(page, 'cost').innerText();
    expect(cost).toMatch(/A training step of LIMe here is \d\.\d\s% longer/);
    expect(cost).toContain('138,240');
    await page.close();
  });

  it('goes over to a shorter study that was run here, which claims nothing of one seed', async () => {
    const page = await open('/lime');
    await section(page, 'loss')
      .getByRole('link', { name: /run here/ })
      .click();
    await page.waitForURL(/loss=lime%2Floss%2Fshort/);
    await section(page, 'loss')
      .getByText(/at one seed, whose noise is not known/)
      .first()
      .waitFor();
    await page.close();
  });

  it('says everything without JavaScript', async () => {
    const page = await open(ROUTERS, { javaScriptEnabled: false });
    const text = await page.locator('main').innerText();
    for (const words of [
      'fewer FLOPs',
      'operands',
      'told apart',
      'share of a layer',
      'perplexity',
      'KV heads',
    ])
      expect(text).toContain(words);
    expect(await page.locator('main svg[role=img] path').count()).toBeGreaterThan(8);
    await section(page, 'routers').locator('summary', { hasText: 'show data' }).first().click();
    expect(await page.getByRole('region', { name: 'show data' }).first().isVisible()).toBe(true);
    await page.close();
  });

  it('gives a script what is on the page', async () => {
    const page = await open('/lime');
    await section(page, 'ablation').locator('summary', { hasText: 'script' }).click();
    const [query, variables] = await section(page, 'ablation').locator('details[open] pre').allInnerTexts();
    const response = await fetch(at.site.apiUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables: JSON.parse(variables) as unknown }),
    });
    const { data } = (await response.json()) as { data: { study: { ablation: { rows: unknown[] } } } };
    expect(data.study.ablation.rows).toHaveLength(5);
    await page.close();
  });

  it('leads from home to LIMe, from a model to its routers and back into the map', async () => {
    const page = await open('/');
    await page.getByRole('link', { name: 'Layers that read earlier layers' }).click();
    await page.waitForURL('**/lime');
    await page.goto(`${at.site.url}/models/fixture-model`);
    expect(await page.locator('main').innerText()).toMatch(/RMSNorm.*before attention and MLP/);
    await page.getByRole('img', { name: /4 layers; each adds to the residual stream/ }).waitFor();
    await page
      .getByRole('region', { name: 'What each layer reads' })
      .getByRole('link', { name: '2', exact: true })
      .click();
    await page.waitForURL(/router=lime-4.*layer=2/);
    await page.getByRole('region', { name: 'What each head of layer 2 reads' }).waitFor();
    expect(page.complaints).toEqual([]);
    await page.close();
  });
});

describe.skipIf(why)('LIMe before anything is measured', () => {
  const { open } = openTestSite({ hasData: false });

  it('says what would stand there and the commands that fill it', async () => {
    const page = await open('/lime');
    const text = await page.locator('main').innerText();
    for (const part of ['loss', 'arithmetic', 'collapse', 'routers', 'ablation'])
      expect(text).toContain(`npx residua lime study --part ${part}`);
    expect(text).toContain('npx residua studies load trainer/recorded/lime-routers.json');
    await page.close();
  });
});
