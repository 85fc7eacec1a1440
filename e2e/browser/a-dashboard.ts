import type { Browser } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { freePort } from '../evertoken.ts';
import { openDashboard } from './dashboard-page.ts';
import { startTenantWithDashboard, type TenantWithDashboard } from './tenant-with-dashboard.ts';
import { launchChromium, type WatchedPage } from './watched-page.ts';

/** A tenant with a dashboard, and a browser, for the tests of a `describe`. */
export interface DashboardStage {
  readonly tenant: TenantWithDashboard;
  readonly browser: Browser;
  /** Opens the dashboard in a window of its own. */
  opened(look?: { width?: number; isDark?: boolean }): Promise<WatchedPage>;
}

/** Starts them, the tenant with `seed` (YAML), before the tests of the `describe` in which it is called, and ends them after these. */
export function aDashboard(seed: string): DashboardStage {
  let tenant: TenantWithDashboard;
  let browser: Browser;
  beforeAll(async () => {
    [tenant, browser] = await Promise.all([startTenantWithDashboard(await freePort(), seed), launchChromium()]);
  });
  afterAll(async () => {
    await browser?.close();
    await tenant?.close();
  });
  return {
    get tenant() {
      return tenant;
    },
    get browser() {
      return browser;
    },
    opened: (look = {}) => openDashboard(tenant, { browser, ...look }),
  };
}
