/** One visit to a page in a real browser, with what it complained of; and the check that every page passes on a phone. */
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';

export const PHONE = { width: 390, height: 844 };

/** Errors of its console and of its scripts. */
export type Visit = Page & { complaints: string[] };

export async function openVisit(
  browser: Browser,
  url: string,
  options: Parameters<Browser['newPage']>[0] = {},
): Promise<Visit> {
  const page = await browser.newPage(options);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(url, { waitUntil: 'networkidle' });
  return Object.assign(page, { complaints });
}

/** No sideways scroll, one heading, no error. */
export async function expectFitsPhone(browser: Browser, url: string): Promise<void> {
  const page = await openVisit(browser, url, { viewport: PHONE, hasTouch: true, isMobile: true });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(PHONE.width);
  expect(await page.locator('h1').count()).toBe(1);
  expect(page.complaints).toEqual([]);
  await page.close();
}
