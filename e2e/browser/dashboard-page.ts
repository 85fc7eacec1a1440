import type { Browser, Locator, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import type { TenantWithDashboard } from './tenant-with-dashboard.ts';
import { openWatchedPage, tabTo, type WatchedPage } from './watched-page.ts';

/** A browser of its own before a tenant, until the test ends. */
export async function browserBefore(
  { origin }: TenantWithDashboard,
  { browser, width = 1440, isDark = false }: { browser: Browser; width?: number; isDark?: boolean },
): Promise<WatchedPage> {
  const watched = await openWatchedPage(browser, { origin, width, isDark, ignoreHTTPSErrors: true });
  onTestFinished(() => watched.close());
  return watched;
}

/** A browser that has opened the dashboard of a tenant by a link. */
export async function openDashboard(tenant: TenantWithDashboard, look: Parameters<typeof browserBefore>[1]): Promise<WatchedPage> {
  const watched = await browserBefore(tenant, look);
  await watched.page.goto(await tenant.link());
  await heading(watched.page, 'Applications');
  return watched;
}

/** Waits for the page of this name. */
export const heading = (page: Page, name: string): Promise<void> => page.getByRole('heading', { level: 1, name }).waitFor();

/** Types something into the form of an application, leaves it unsaved, and looks at the log. Answers the field. */
export async function leaveHalfTyped(page: Page): Promise<Locator> {
  await page.getByRole('link', { name: 'Default App' }).click();
  const description = page.getByLabel('Description');
  await description.fill('half typed');
  await goTo(page, '#/logs');
  await heading(page, 'Logs');
  return description;
}

/** Waits until the page tells something. */
export const told = (page: Page, text: RegExp): Promise<void> => page.getByRole('status').filter({ hasText: text }).first().waitFor();

/** Goes to a place by its address, such as `#/logs`. */
export async function goTo(page: Page, place: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(place)}`);
}

/** Waits until something is there, looks for it with the keyboard, and presses it. */
export async function press(page: Page, name: RegExp, key = 'Enter'): Promise<void> {
  const labels = `[...document.querySelectorAll('a, button, input, select')].map((one) =>
    (one.ariaLabel ?? one.labels?.[0]?.textContent ?? one.textContent).replace(/\\s+/g, ' ').trim())`;
  await expect.poll(() => page.evaluate(labels)).toContainEqual(expect.stringMatching(name));
  await tabTo(page, name);
  await page.keyboard.press(key);
}

/** What the Management API answers to a call as the page makes it. */
export function readApi(page: Page, path: string): Promise<unknown> {
  return page.evaluate(`(async () => {
    const { access_token: token } = await (await fetch('session/token', { method: 'POST' })).json();
    return await (await fetch(${JSON.stringify(path)}, { headers: { authorization: 'Bearer ' + token } })).json();
  })()`);
}
