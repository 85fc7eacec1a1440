import { generateKeyPairSync } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { missingPrograms } from '../scripts/debian-programs.mjs';
import { serveForeignPage } from './browser/foreign-page.ts';
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
  // A person looks until it is there, and then for the keys that lead to it.
  const press = async (page: Page, name: RegExp, key = 'Enter'): Promise<void> => {
    const labels = `[...document.querySelectorAll('a, button, input, select')].map((one) =>
      (one.ariaLabel ?? one.labels?.[0]?.textContent ?? one.textContent).replace(/\\s+/g, ' ').trim())`;
    await expect.poll(() => page.evaluate(labels)).toContainEqual(expect.stringMatching(name));
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

  it('gives an application a public key and a quota, and asks before it takes anything away', async () => {
    const { page, troubles } = await opened();
    const confirm = async (title: string, action: string): Promise<void> => {
      const dialog = page.getByRole('dialog', { name: title });
      await dialog.getByRole('button', { name: action, exact: true }).click();
      await dialog.waitFor({ state: 'detached' });
    };
    const click = (name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();
    const create = async (section: string, values: Record<string, string>): Promise<void> => {
      await goTo(page, `#/${section}`);
      await page.getByRole('button', { name: /^Create (?:API|Application)$/ }).click();
      for (const [label, value] of Object.entries(values)) await page.getByRole('dialog').getByLabel(label).fill(value);
      await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
      await heading(page, values['Name'] ?? '');
    };
    await create('apis', { Name: 'Stock', Identifier: 'urn:stock' });
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByLabel('Maximum Access Token Lifetime').fill('600');
    await page.getByLabel('JSON Web Token (JWT) Profile').selectOption('RFC 9068');
    await page.getByLabel('Signing Algorithm').selectOption('HS256');
    await click('Save Changes');
    await told(page, /settings are saved.*PATCH \/api\/v2\/resource-servers\//);
    await create('applications', { Name: 'Clerk' });
    await page.getByRole('switch', { name: 'Authorize Stock' }).click();
    await told(page, /Stock is authorized/);
    await page.getByRole('link', { name: 'Stock' }).click();
    await page.getByRole('link', { name: 'Test' }).click();
    await click('Run Here');
    const claimsOf = async (title: string): Promise<unknown> =>
      JSON.parse((await page.getByRole('region', { name: title }).textContent()) ?? '');
    expect(await claimsOf('Token header')).toEqual({ alg: 'HS256', typ: 'at+jwt' });
    const { exp, iat, jti } = (await claimsOf('Token claims')) as { exp: number; iat: number; jti: string };
    expect([exp - iat, typeof jti]).toEqual([600, 'string']);

    await goTo(page, '#/quotas');
    await click('Change the quota of Clerk');
    const quota = page.getByRole('dialog', { name: 'Quota of Clerk' });
    await quota.getByLabel('Tokens an hour').fill('2');
    await quota.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('row').filter({ hasText: 'Clerk' }).filter({ hasText: '2 an hour' }).waitFor();
    const [clients] = [page.getByLabel('Tokens a day').first()];
    await clients.fill('5000');
    await page.getByRole('button', { name: 'Save' }).first().click();
    await told(page, /The quota is saved.*PATCH \/api\/v2\/tenants\/settings/);
    await page.reload();
    await expect.poll(() => clients.inputValue()).toBe('5000');
    await clients.fill('');
    await page.getByRole('button', { name: 'Save' }).first().click();
    await told(page, /The quota is saved/);

    await page.getByRole('link', { name: 'Clerk' }).click();
    await heading(page, 'Clerk');
    await page.getByRole('link', { name: 'Credentials' }).click();
    await click('Add Public Key');
    const key = page.getByRole('dialog', { name: 'Add public key' });
    await key.getByLabel('Name').fill('first key');
    await key.getByLabel('Public key or certificate').fill('no key');
    await key.getByRole('button', { name: 'Add' }).click();
    await key.getByRole('alert').waitFor();
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await key.getByLabel('Public key or certificate').fill(publicKey.export({ type: 'spki', format: 'pem' }).toString());
    await key.getByRole('button', { name: 'Add' }).click();
    await page.getByRole('rowheader', { name: 'first key' }).waitFor();
    await page.getByLabel('Method', { exact: true }).selectOption('Private Key JWT');
    await click('Save Method');
    await told(page, /authentication method is saved/);
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByText('proves itself with a key').waitFor();
    await page.getByRole('link', { name: 'Credentials' }).click();
    await page.getByLabel('Method', { exact: true }).selectOption('Client Secret (Post)');
    await click('Save Method');
    await told(page, /authentication method is saved/);
    await click('Delete the key first key');
    await confirm('Delete the public key?', 'Delete');
    await page.getByText('No public key.').waitFor();

    await page.getByRole('navigation', { name: 'Tabs' }).getByRole('link', { name: 'APIs' }).click();
    await page.getByRole('switch', { name: 'Authorize Stock' }).click();
    await confirm('Unauthorize Stock?', 'Cancel');
    expect(await page.getByRole('switch', { name: 'Authorize Stock' }).isChecked()).toBe(true);
    await page.getByRole('switch', { name: 'Authorize Stock' }).click();
    await confirm('Unauthorize Stock?', 'Unauthorize');
    await told(page, /not authorized any more.*DELETE \/api\/v2\/client-grants\//);
    expect(await page.getByRole('switch', { name: 'Authorize Stock' }).isChecked()).toBe(false);

    await page.getByRole('navigation', { name: 'Tabs' }).getByRole('link', { name: 'Settings' }).click();
    await click('Delete Application');
    await confirm('Delete the application?', 'Delete');
    await heading(page, 'Applications');
    await page.getByRole('link', { name: 'Evertoken Agent' }).waitFor();
    expect(await page.getByRole('link', { name: 'Clerk' }).count()).toBe(0);

    await goTo(page, '#/signing-keys');
    await click('Rotate Signing Key');
    await confirm('Rotate the signing key?', 'Rotate');
    await page
      .getByRole('button', { name: /^Revoke the key/ })
      .first()
      .click();
    await confirm('Revoke the key?', 'Revoke');
    await page.getByRole('row').filter({ hasText: 'Revoked' }).first().waitFor();
    // A browser tells of each answer that is an error: of the key that was none, and of the first call with a token whose key is revoked.
    expect(troubles.filter(({ text }) => !/status of 40[01]/.test(text))).toEqual([]);
  });

  it('goes on with another token when the one that it has is revoked with its key', async () => {
    const { page } = await opened();
    for (const _round of [1, 2]) {
      await goTo(page, '#/signing-keys');
      const inUse = page.getByRole('row').filter({ hasText: 'In use' }).getByRole('rowheader').locator('code');
      const kid = (await inUse.textContent()) ?? '';
      await page.getByRole('button', { name: 'Rotate Signing Key' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click();
      await page.getByRole('button', { name: `Revoke the key ${kid}` }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
      await page.getByRole('row').filter({ hasText: kid }).filter({ hasText: 'Revoked' }).waitFor();
    }
  });

  it('shows in the log what happens elsewhere, live, and what is chosen of it alone', async () => {
    const { page } = await opened();
    await goTo(page, '#/logs');
    await page.getByText('Live: new entries').waitFor();
    await page.getByLabel('Client ID', { exact: true }).fill(tenant.clientId);
    await page.getByLabel('Type', { exact: true }).selectOption('Token refused');
    await page.getByText('No entry.').waitFor();
    expect(await tenant.askWith('wrong')).toBe(401);
    await page.getByRole('row').filter({ hasText: 'Token refused' }).first().waitFor();
    expect(await tenant.askWith(tenant.clientSecret)).toBe(200);
    await page.getByLabel('Type', { exact: true }).selectOption('Token issued');
    await page.getByRole('row').filter({ hasText: 'Token issued' }).filter({ hasText: 'Evertoken Agent' }).first().waitFor();
    expect(await page.getByRole('row').filter({ hasText: 'Token refused' }).count()).toBe(0);
    await page
      .getByRole('button', { name: /^Details of Token issued/ })
      .first()
      .click();
    await page.getByRole('region', { name: 'The entry' }).getByText('"type": "seccft"').waitFor();
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
    await late.page.getByText(/ tenant open$/).waitFor();
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

  it('finds one of a thousand applications, and one page of them', async () => {
    const clients = Array.from(
      { length: 1_000 },
      (_, at) => `  - { name: machine ${at}, app_type: non_interactive, grant_types: [client_credentials] }`,
    );
    const large = await startTenantWithDashboard(await freePort(), ['clients:', ...clients, ''].join('\n'));
    onTestFinished(() => large.close());
    const { page, troubles, close } = await openWatchedPage(browser, { origin: large.origin, width: 1440, ignoreHTTPSErrors: true });
    onTestFinished(close);
    await page.goto(await large.link());
    await page.getByText('1–50 of 1,002').waitFor();
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByText('51–100 of 1,002').waitFor();
    await page.getByLabel('Search').fill('Machine 77');
    await page.getByText('11 found among 1,002 applications.').waitFor();
    await page.getByRole('link', { name: 'machine 777' }).click();
    await heading(page, 'machine 777');
    expect(troubles).toEqual([]);
  });

  it('says that the tenant is away, and that the session is over when it is back', async () => {
    const port = await freePort();
    const away = await startTenantWithDashboard(port);
    onTestFinished(() => away.close());
    const { page, close } = await openWatchedPage(browser, { origin: away.origin, width: 1440, ignoreHTTPSErrors: true });
    onTestFinished(close);
    await page.goto(await away.link());
    await heading(page, 'Applications');
    await away.stop();
    await goTo(page, '#/apis');
    await page.getByRole('alert').filter({ hasText: 'cannot be reached' }).waitFor();
    await away.start();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('columnheader', { name: 'API Audience' }).waitFor();
    await page.reload();
    await heading(page, 'You are signed out');
  });

  it('stands in nobody’s frame', async () => {
    const { context } = await opened();
    const other = await context.newPage();
    await other.goto(
      await siteWith(
        `<iframe src="${tenant.origin}/dashboard/" title="framed"></iframe><iframe srcdoc="a page in a frame" title="own"></iframe>`,
      ),
    );
    await other.frameLocator('iframe[title=own]').getByText('a page in a frame').waitFor();
    expect(await other.frameLocator('iframe[title=framed]').getByRole('heading', { level: 1 }).count()).toBe(0);
    expect(await other.frames()[1]?.content()).not.toContain('Evertoken');
  });

  /** Another site with a page. */
  async function siteWith(html: string): Promise<string> {
    const { url, close } = await serveForeignPage(html, '127.0.0.1');
    onTestFinished(close);
    return url;
  }
});
