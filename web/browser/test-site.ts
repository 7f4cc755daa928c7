/** The site and the browser that the tests of one `describe` share: opened before the first of them, closed behind the last. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { openBrowser, openSite, type Site, type SiteOptions } from './site.ts';
import { expectFitsPhone, openVisit, type Visit } from './visit.ts';

export interface TestSite {
  /** There from the first test on, as is the browser. */
  readonly site: Site;
  readonly browser: Browser;
  open(path: string, options?: Parameters<Browser['newPage']>[0]): Promise<Visit>;
  /** No sideways scroll on a phone, one heading, no error. */
  expectFitsPhone(path: string): Promise<void>;
}

/** To be called where tests are described: it hangs its opening and closing on them. */
export function openTestSite(options: SiteOptions): TestSite {
  let opened: readonly [Site, Browser] | null = null;
  beforeAll(async () => {
    opened = await Promise.all([openSite(options), openBrowser()]);
  });
  afterAll(async () => {
    await opened?.[1].close();
    await opened?.[0].close();
  });
  const get = () => {
    if (!opened)
      throw new Error(
        'expected a site, got none yet: it is opened before the first test, not while tests are described',
      );
    return opened;
  };
  return {
    get site() {
      return get()[0];
    },
    get browser() {
      return get()[1];
    },
    open: (path, page) => openVisit(get()[1], get()[0].url + path, page),
    expectFitsPhone: (path) => expectFitsPhone(get()[1], get()[0].url + path),
  };
}
