import { generateKeyPairSync } from 'node:crypto';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { missingPrograms } from '../scripts/debian-programs.mjs';
import { goTo, heading, openDashboard, press, told } from './browser/dashboard-page.ts';
import { startTenantWithDashboard, type TenantWithDashboard } from './browser/tenant-with-dashboard.ts';
import { barriersIn, launchChromium, overhangOf, tabTo, type WatchedPage } from './browser/watched-page.ts';
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

  const opened = (look: { width?: number; isDark?: boolean } = {}): Promise<WatchedPage> => openDashboard(tenant, { browser, ...look });

  it.each([1440, 360])('is walked by a newcomer with the keyboard alone, from an application to its token, %i px wide', async (width) => {
    const { page, troubles } = await opened({ width });
    const { keyboard } = page;
    const [application, api, identifier] = [`Robot ${width}`, `Orders ${width}`, `https://orders-${width}.example/`];
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
    const clients = page.getByLabel('Tokens a day').first();
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

  it('shows each call that it made as a command that a shell takes', async () => {
    const { page } = await opened();
    await page.getByText(/^Calls of this page/).click();
    await page.getByRole('button', { name: /^Copy as curl GET \/api\/v2\/clients/ }).click();
    await expect
      .poll(() => page.evaluate('navigator.clipboard.readText()'))
      .toMatch(new RegExp(`^curl '${tenant.origin}/api/v2/clients\\?[^']*' -H "Authorization: Bearer \\$TOKEN"$`));
  });

  it('finds one of a thousand applications, and one page of them', async () => {
    const clients = Array.from(
      { length: 1_000 },
      (_, at) => `  - { name: machine ${at}, app_type: non_interactive, grant_types: [client_credentials] }`,
    );
    const large = await startTenantWithDashboard(await freePort(), ['clients:', ...clients, ''].join('\n'));
    onTestFinished(() => large.close());
    const { page, troubles } = await openDashboard(large, { browser });
    await page.getByText('1–50 of 1,002').waitFor();
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByText('51–100 of 1,002').waitFor();
    await page.getByLabel('Search').fill('Machine 77');
    await page.getByText('11 found among 1,002 applications.').waitFor();
    await page.getByRole('link', { name: 'machine 777' }).click();
    await heading(page, 'machine 777');
    expect(troubles).toEqual([]);
  });
});
