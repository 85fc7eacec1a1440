import type { Page, Route } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { missingPrograms } from '../scripts/debian-programs.mjs';
import { aDashboard } from './browser/a-dashboard.ts';
import { goTo, heading, readApi } from './browser/dashboard-page.ts';
import { keyboardAt, requestsOf } from './browser/watched-page.ts';

const machines = Array.from({ length: 250 }, (_, at) => `machine ${at}`);
const authorized = machines.slice(0, 59);
const seed = [
  'clients:',
  ...machines.map((name) => `  - { name: ${name}, app_type: non_interactive, grant_types: [client_credentials] }`),
  'resourceServers:',
  '  - { name: Orders, identifier: "urn:orders" }',
  'clientGrants:',
  ...authorized.map((name) => `  - { client_id: ${name}, audience: "urn:orders", scope: [] }`),
  '',
].join('\n');

/** Refuses a request as a tenant does whose rate limit is reached until the next second. */
const refuse = (route: Route): Promise<void> =>
  route.fulfill({
    status: 429,
    headers: { 'x-ratelimit-reset': String(Math.floor(Date.now() / 1_000) + 1) },
    json: { message: 'Global limit has been reached' },
  });

describe.skipIf(missingPrograms('e2e/dashboard-reads.test.ts').length > 0)('what is read in the dashboard', { timeout: 240_000 }, () => {
  const stage = aDashboard(seed);
  const opened = async (): Promise<Page> => (await stage.opened()).page;
  const openTest = async (page: Page): Promise<void> => {
    await goTo(page, '#/apis');
    await page.getByRole('link', { name: 'Orders', exact: true }).click();
    await page.getByRole('link', { name: 'Test' }).click();
  };

  it('is read to its end in spite of a rate limit, and once for all that is searched in it', async () => {
    const page = await opened();
    const listed = requestsOf(page, /\/clients\?.*take=100/);
    let refused = 0;
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route(/\/clients\?.*take=100/, async (route) => {
      if (!route.request().url().includes('from=')) return await route.continue();
      refused += 1;
      if (refused === 1) return await refuse(route);
      await released;
      return await route.continue();
    });
    await page.getByLabel('Search').fill('machine 2');
    await page.getByText('found among 100 applications.').waitFor();
    await page.getByText('The rate limit of the tenant is reached').waitFor();
    await page.getByLabel('Search').fill('machine 249');
    await page.getByText('0 found among 100 applications.').waitFor();
    release();
    await page.getByText('1 found among 252 applications.').waitFor();
    await page.getByText('The rate limit of the tenant is reached').waitFor({ state: 'detached' });
    expect(listed.length).toBe(4);
    await page.getByRole('link', { name: 'machine 249' }).click();
    await heading(page, 'machine 249');
    await page.goBack();
    await page.getByText('1 found among 252 applications.').waitFor();
    expect([await page.getByLabel('Search').inputValue(), listed.length]).toEqual(['machine 249', 4]);
  });

  it('names the applications that a request can be tried with in spite of a rate limit, and offers more than it names', async () => {
    const page = await opened();
    let named = 0;
    await page.route(/\/clients\/\w+\?fields=client_id/, async (route) => {
      named += 1;
      await (named <= 3 ? refuse(route) : route.continue());
    });
    await openTest(page);
    const choice = page.getByLabel('Application');
    const names = async (): Promise<readonly string[]> =>
      (await choice.locator('option').allTextContents()).filter((name) => name.includes(' '));
    await expect.poll(async () => (await names()).length).toBe(50);
    await page.getByText('The first 50 of the 59 authorized applications are offered above').waitFor();
    const offered = await choice.locator('option').evaluateAll((options) => options.map((option) => option.getAttribute('value')));

    const grants = (await readApi(page, '/api/v2/client-grants?audience=urn:orders&take=100')) as {
      readonly client_grants: readonly { readonly client_id: string }[];
    };
    const further = grants.client_grants.find(({ client_id: id }) => !offered.includes(id))?.client_id ?? '';
    await page.getByLabel('Client ID').fill('none of them');
    await page.getByText('No application with this Client ID is authorized for the API.').waitFor();
    await page.getByLabel('Client ID').fill(further);
    await expect.poll(() => choice.inputValue()).toBe(further);
    await page.getByRole('button', { name: 'Run Here' }).click();
    await page.getByText('A token was issued').waitFor();
    expect(await page.getByRole('region', { name: 'Token claims' }).textContent()).toContain(further);
  });

  it('is paged through from the page that is shown, past none that could not be had', async () => {
    const page = await opened();
    await page.getByText('1–50 of 252').waitFor();
    const alert = page.getByRole('alert').filter({ hasText: 'It did not work.' });
    const fail = () => page.route(/\/clients\?/, (route) => route.fulfill({ status: 500, json: { message: 'It did not work.' } }));
    const press = (name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();
    await fail();
    await press('Next');
    await alert.waitFor();
    await page.unrouteAll();
    await press('Next');
    await page.getByText('51–100 of 252').waitFor();
    await press('Previous');
    await page.getByText('1–50 of 252').waitFor();

    await fail();
    await press('Next');
    await alert.waitFor();
    await page.unrouteAll();
    expect(await page.getByRole('button', { name: 'Previous' }).getAttribute('aria-disabled')).toBe('false');
    await press('Previous');
    await alert.waitFor({ state: 'detached' });
    await page.getByText('1–50 of 252').waitFor();
    expect(await page.getByRole('button', { name: 'Previous' }).getAttribute('aria-disabled')).toBe('true');
  });

  it('is the page of a list that was looked at, where one comes back to it', async () => {
    const page = await opened();
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByText('51–100 of 252').waitFor();
    await page.getByRole('link', { name: 'machine 60', exact: true }).click();
    await heading(page, 'machine 60');
    await page.goBack();
    await page.getByText('51–100 of 252').waitFor();
    await page.reload();
    await page.getByText('51–100 of 252').waitFor();
    // Gone to anew, it begins with its first one; where the list has become shorter, it is the last one that there is.
    await goTo(page, '#/apis');
    await heading(page, 'APIs');
    await goTo(page, '#/applications');
    await page.getByText('1–50 of 252').waitFor();
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByText('51–100 of 252').waitFor();
    await page.route(/\/clients\?page=1/, (route) => route.fulfill({ json: { start: 50, limit: 50, length: 0, total: 49, clients: [] } }));
    await page.reload();
    await page.getByText('1–50 of 252').waitFor();
  });

  it('stands where it was scrolled to, where one comes back to it', async () => {
    const page = await opened();
    const scrolled = (): Promise<number> => page.evaluate('Math.round(scrollY)');
    await page.getByText('1–50 of 252').waitFor();
    const last = page.getByRole('row').last().getByRole('link');
    await last.scrollIntoViewIfNeeded();
    const [place, name] = [await scrolled(), (await last.textContent()) ?? ''];
    expect(place).toBeGreaterThan(500);
    await last.click();
    await heading(page, name);
    await page.getByText('Danger Zone').waitFor();
    expect(await scrolled()).toBe(0);
    await page.goBack();
    await expect.poll(scrolled).toBe(place);
    expect(await keyboardAt(page)).toBe(name);
    await page.reload();
    await expect.poll(scrolled).toBe(place);
    // A place that is gone to anew begins at its top, however long it is.
    await page.getByText(/^Calls of this page/).click();
    await page.evaluate('document.querySelector(".made-calls ol").style.height = "9000px"; scrollTo(0, 9000)');
    await goTo(page, '#/nowhere');
    await heading(page, 'Nothing here');
    await expect.poll(scrolled).toBe(0);
  });

  it('tells in English when something was, and by whose clock', async () => {
    const context = await stage.browser.newContext({ ignoreHTTPSErrors: true, locale: 'ar-EG', timezoneId: 'Asia/Kathmandu' });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.goto(await stage.tenant.link());
    await heading(page, 'Applications');
    // An entry of the log.
    await page.evaluate("fetch('/oauth/token', { method: 'POST', body: new URLSearchParams({ grant_type: 'client_credentials' }) })");
    for (const place of ['#/logs', '#/signing-keys']) {
      await goTo(page, place);
      await page
        .getByRole('cell')
        .filter({ hasText: /\d{1,2} [A-Z][a-z]{2,3} 20\d\d, \d\d:\d\d:\d\d GMT\+5:45/ })
        .first()
        .waitFor();
    }
  });

  it('is nothing at the address of a tab that there is not', async () => {
    const page = await opened();
    await goTo(page, `#/applications/${stage.tenant.clientId}/bogus`);
    await page.getByText('Nothing here').waitFor();
    await page.getByRole('main').getByRole('paragraph').getByRole('link', { name: 'Settings' }).click();
    await page.getByText('Danger Zone').waitFor();
    await goTo(page, '#/apis/urn%3Aorders/bogus');
    await page.getByText('Nothing here').waitFor();
  });
});
