import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { missingPrograms } from '../scripts/debian-programs.mjs';
import { startTenantWithDashboard, type TenantWithDashboard } from './browser/tenant-with-dashboard.ts';
import { barriersIn, launchChromium, openWatchedPage, overhangOf, tabTo, type WatchedPage } from './browser/watched-page.ts';
import { freePort } from './evertoken.ts';

describe.skipIf(missingPrograms('e2e/dashboard.test.ts').length > 0)('the dashboard of a tenant', { timeout: 240_000 }, () => {
  let tenant: TenantWithDashboard;
  let browser: Browser;
  beforeAll(async () => {
    [tenant, browser] = await Promise.all([startTenantWithDashboard(await freePort()), launchChromium()]);
  });
  afterAll(async () => {
    await browser?.close();
    await tenant?.close();
  });

  /** A browser that has opened the dashboard by a link. */
  async function opened(look: { width?: number; isDark?: boolean } = {}): Promise<WatchedPage> {
    const watched = await openWatchedPage(browser, { origin: tenant.origin, width: 1440, ignoreHTTPSErrors: true, ...look });
    onTestFinished(() => watched.close());
    await watched.page.goto(await tenant.link());
    await heading(watched.page, 'Applications');
    return watched;
  }

  const heading = (page: Page, name: string): Promise<void> => page.getByRole('heading', { level: 1, name }).waitFor();
  const told = (page: Page, text: RegExp): Promise<void> => page.getByRole('status').filter({ hasText: text }).first().waitFor();
  const press = async (page: Page, name: RegExp, key = 'Enter'): Promise<void> => {
    await tabTo(page, name);
    await page.keyboard.press(key);
  };
  const goTo = async (page: Page, place: string): Promise<void> => {
    await page.evaluate(`location.hash = ${JSON.stringify(place)}`);
  };

  it.each([1440, 360])('is walked by a newcomer with the keyboard alone, from an application to its token, %i px wide', async (width) => {
    const { page, troubles } = await opened({ width });
    const { keyboard } = page;
    const [application, api, identifier] = [`Robot ${width}`, `Orders ${width}`, `https://orders-${width}.example/`];
    const sections = page.getByRole('navigation', { name: 'Dashboard' });
    const checks: [string, number][] = [];
    const look = async (): Promise<void> => void checks.push([page.url(), await overhangOf(page)]);

    await press(page, /^APIs$/);
    await heading(page, 'APIs');
    await press(page, /^Create API$/);
    await page.getByRole('dialog', { name: 'Create API' }).waitFor();
    await keyboard.type(api);
    await tabTo(page, /^Identifier/);
    await keyboard.type(identifier);
    await keyboard.press('Enter');
    await heading(page, api);
    await tabTo(page, /^Permission$/);
    await keyboard.type('read:orders');
    await keyboard.press('Enter');
    await told(page, /read:orders is added/);
    await look();

    await press(page, /^Applications$/);
    await heading(page, 'Applications');
    await press(page, /^Create Application$/);
    await keyboard.type(application);
    await keyboard.press('Enter');
    await heading(page, application);
    await press(page, new RegExp(`^Authorize ${api}`), 'Space');
    await told(page, /is authorized/);
    await press(page, /^read:orders$/, 'Space');
    await press(page, /^Update$/);
    await told(page, /permissions .* are saved.*PATCH \/api\/v2\/client-grants\//);
    await look();

    await press(page, new RegExp(`^${api}$`));
    await heading(page, api);
    await press(page, /^Test$/);
    await press(page, /^Run Here$/);
    await page.getByText('A token was issued').waitFor();
    const claims = JSON.parse((await page.getByRole('region', { name: 'Token claims' }).textContent()) ?? '') as Record<string, unknown>;
    expect(claims).toMatchObject({ iss: `${tenant.origin}/`, aud: identifier, scope: 'read:orders', gty: 'client-credentials' });
    await look();

    await press(page, /^Applications$/);
    await heading(page, 'Applications');
    await press(page, new RegExp(`^${application}$`));
    await heading(page, application);
    await press(page, /^Settings$/);
    await press(page, /^Reveal Client Secret$/);
    const secret = page.getByLabel('Client Secret', { exact: true });
    await expect.poll(() => secret.inputValue()).toMatch(/^[\w-]{64}$/);
    const before = await secret.inputValue();
    await press(page, /^Rotate Secret$/);
    await page.getByRole('dialog', { name: 'Rotate the secret?' }).waitFor();
    await press(page, /^Rotate$/);
    await told(page, /The secret is rotated.*POST \/api\/v2\/clients\/\w+\/rotate-secret/);
    expect(await secret.inputValue()).not.toBe(before);
    await press(page, /^Reveal Client Secret$/);
    await expect.poll(() => secret.inputValue()).toMatch(/^[\w-]{64}$/);
    expect(await secret.inputValue()).not.toBe(before);
    await look();

    await press(page, /^Signing Keys$/);
    await heading(page, 'Signing Keys');
    const signing = (): Promise<string | null> => page.getByRole('row').filter({ hasText: 'In use' }).getByRole('rowheader').textContent();
    await page.getByRole('row').filter({ hasText: 'Next in queue' }).waitFor();
    const firstKey = await signing();
    await press(page, /^Rotate Signing Key$/);
    await press(page, /^Rotate$/);
    await told(page, /The key is rotated.*POST \/api\/v2\/keys\/signing\/rotate/);
    await expect.poll(signing).not.toBe(firstKey);
    await look();

    await press(page, /^Logs$/);
    await heading(page, 'Logs');
    for (const entry of ['Rotate the Application Signing Key', 'Rotate a client secret', 'Create a client']) {
      await page.getByRole('row').filter({ hasText: entry }).first().waitFor();
    }
    await page.getByRole('row').filter({ hasText: 'Token issued' }).filter({ hasText: application }).first().waitFor();
    await look();

    expect(await sections.getByRole('link', { name: 'Logs' }).getAttribute('aria-current')).toBe('page');
    expect(checks.filter(([, overhang]) => overhang > 0)).toEqual([]);
    expect(troubles).toEqual([]);
  });

  it.each([
    ['light', false, 1440],
    ['dark', true, 360],
  ] as const)('keeps nobody out, and runs over no edge, in %s', async (_scheme, isDark, width) => {
    const { page, troubles } = await opened({ isDark, width });
    const idOf = async (section: string, name: string): Promise<string> => {
      await goTo(page, `#/${section}`);
      const link = page.getByRole('link', { name, exact: true });
      return (await link.getAttribute('href'))?.split('/').at(-1) ?? '';
    };
    const application = await idOf('applications', 'Evertoken Agent');
    const api = await idOf('apis', 'Auth0 Management API');
    const places = [
      ['#/applications', /Default App/],
      [`#/applications/${application}/settings`, /Danger Zone/],
      [`#/applications/${application}/credentials`, /Public Keys/],
      [`#/applications/${application}/apis`, /Auth0 Management API/],
      ['#/apis', /API Audience|Auth0 Management API/],
      [`#/apis/${api}/settings`, /Maximum Access Token Lifetime/],
      [`#/apis/${api}/permissions`, /read:client_grants/],
      [`#/apis/${api}/applications`, /authorized for this API/],
      [`#/apis/${api}/test`, /From a program/],
      ['#/signing-keys', /In use/],
      ['#/logs', /Live/],
      ['#/quotas', /without a quota of their own/],
      ['#/nowhere', /no such page/],
    ] as const;
    const barriers: Record<string, readonly string[]> = {};
    for (const [place, text] of places) {
      await goTo(page, place);
      await page.getByText(text).first().waitFor();
      barriers[place] = [...(await barriersIn(page)), ...((await overhangOf(page)) > 0 ? ['wider than its window'] : [])];
    }
    await goTo(page, '#/applications');
    await page.getByRole('button', { name: 'Create Application' }).click();
    barriers['the dialog'] = await barriersIn(page);
    expect(Object.entries(barriers).filter(([, found]) => found.length > 0)).toEqual([]);
    expect(troubles).toEqual([]);
  });

  it('shows a secret to who asks for it, and to nobody before', async () => {
    const { page, received } = await opened();
    await goTo(page, `#/applications/${tenant.clientId}/settings`);
    await heading(page, 'Evertoken Agent');
    expect(await received()).not.toContain(tenant.clientSecret);
    await page.getByRole('button', { name: 'Reveal Client Secret' }).click();
    await expect.poll(() => page.getByLabel('Client Secret', { exact: true }).inputValue()).toBe(tenant.clientSecret);
    await page.getByRole('button', { name: 'Copy Client Secret' }).click();
    await expect.poll(() => page.evaluate('navigator.clipboard.readText()')).toBe(tenant.clientSecret);
  });

  it('shows each call that it made as a command that a shell takes', async () => {
    const { page } = await opened();
    await page.getByText(/^Calls of this page/).click();
    await page.getByRole('button', { name: /^Copy as curl GET \/api\/v2\/clients/ }).click();
    await expect
      .poll(() => page.evaluate('navigator.clipboard.readText()'))
      .toMatch(new RegExp(`^curl '${tenant.origin}/api/v2/clients\\?[^']*' -H "Authorization: Bearer \\$TOKEN"$`));
  });

  it('opens from another site by its link, though its cookie is for its own site alone', async () => {
    const { page } = await openWatchedPage(browser, { origin: tenant.origin, width: 1440, ignoreHTTPSErrors: true });
    onTestFinished(() => page.context().close());
    await page.goto(await siteWith(`<a href="${await tenant.link()}">in</a>`));
    await page.getByRole('link', { name: 'in' }).click();
    await heading(page, 'Applications');
    await page.getByRole('link', { name: 'Evertoken Agent' }).waitFor();
  });

  it('refuses a link a second time, and says how to have a new one', async () => {
    const link = await tenant.link();
    const thief = await openWatchedPage(browser, { origin: tenant.origin, width: 360, ignoreHTTPSErrors: true });
    onTestFinished(() => thief.close());
    await thief.page.goto(link);
    await heading(thief.page, 'Applications');
    const late = await openWatchedPage(browser, { origin: tenant.origin, width: 360, ignoreHTTPSErrors: true });
    onTestFinished(() => late.close());
    expect((await late.page.goto(link))?.status()).toBe(403);
    await late.page.getByText('npx evertoken tenant open').waitFor();
    expect(await barriersIn(late.page)).toEqual([]);
    // Without a session the page itself is there, and shows nothing.
    await late.page.goto(`${tenant.origin}/dashboard/`);
    await heading(late.page, 'You are signed out');
    expect(await late.page.textContent('body')).not.toContain('Evertoken Agent');
  });

  it('ends a session for good when a person signs out', async () => {
    const { page, context } = await opened();
    const cookies = await context.cookies();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await heading(page, 'You are signed out');
    await context.addCookies(cookies);
    await page.reload();
    await heading(page, 'You are signed out');
  });

  it('gives another site nothing in the name of who is signed in', async () => {
    const { page, context } = await opened();
    const token = `${tenant.origin}/dashboard/session/token`;
    expect(await page.evaluate(`fetch(${JSON.stringify(token)}, { method: 'POST' }).then(({ status }) => status)`)).toBe(200);
    const other = await context.newPage();
    await other.goto(await siteWith(`<form method="post" action="${token}"><button>go</button></form>`));
    const [posted] = await Promise.all([other.waitForNavigation(), other.getByRole('button', { name: 'go' }).click()]);
    expect(posted?.status()).toBe(401);
  });

  it('stands in nobody’s frame', async () => {
    const { context } = await opened();
    const other = await context.newPage();
    await other.goto(
      await siteWith(`<iframe src="${tenant.origin}/dashboard/" title="framed"></iframe><iframe src="/framed" title="own"></iframe>`),
    );
    await other.frameLocator('iframe[title=own]').getByText('a page in a frame').waitFor();
    expect(await other.frameLocator('iframe[title=framed]').getByRole('heading', { level: 1 }).count()).toBe(0);
    expect(await other.frames()[1]?.content()).not.toContain('Evertoken');
  });

  /** Another site, on 127.0.0.1, with a page. */
  async function siteWith(html: string): Promise<string> {
    const server = createServer((request, response) => {
      response.setHeader('content-type', 'text/html').end(request.url === '/framed' ? 'a page in a frame' : `<!doctype html>${html}`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }
});
