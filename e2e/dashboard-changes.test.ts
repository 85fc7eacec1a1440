import { createPrivateKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { missingPrograms } from '../scripts/debian-programs.mjs';
import { aDashboard } from './browser/a-dashboard.ts';
import { goTo, heading, told } from './browser/dashboard-page.ts';

const machines = ['First', 'Second', 'Signer', 'Turner'];
const seed = [
  'clients:',
  ...machines.map((name) => `  - { name: ${name}, app_type: non_interactive, grant_types: [client_credentials] }`),
  'resourceServers:',
  '  - { name: Orders, identifier: "urn:orders", scopes: [{ value: "read:orders" }, { value: "write:orders" }, { value: "delete:orders" }] }',
  'clientGrants:',
  ...machines.map((name) => `  - { client_id: ${name}, audience: "urn:orders", scope: ["read:orders"] }`),
  '',
].join('\n');

/** A key pair in PEM. */
function keyPair(): { publicKey: string; privateKey: string } {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}

/** The public keys at the Credentials tab of a page. */
function keysOf(page: Page) {
  const click = (name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();
  const row = (name: string) => page.getByRole('row').filter({ has: page.getByRole('rowheader', { name, exact: true }) });
  return {
    click,
    row,
    /** Adds one, and answers its private key. */
    async add(name: string): Promise<string> {
      const { publicKey, privateKey } = keyPair();
      await click('Add Public Key');
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Name').fill(name);
      await dialog.getByLabel('Public key or certificate').fill(publicKey);
      await dialog.getByRole('button', { name: 'Add' }).click();
      await row(name).waitFor();
      return privateKey;
    },
    async remove(name: string, isLast: boolean): Promise<void> {
      await click(`Delete the key ${name}`);
      const dialog = page.getByRole('dialog', { name: 'Delete the public key?' });
      await dialog.getByText('is not taken any more').waitFor();
      expect(await dialog.getByText('It is the only key in use').count()).toBe(isLast ? 1 : 0);
      await dialog.getByRole('button', { name: 'Delete' }).click();
      await row(name).waitFor({ state: 'detached' });
    },
    isUsed: (name: string, isInUse: string): Promise<void> => row(name).getByRole('cell', { name: isInUse, exact: true }).waitFor(),
  };
}

/** A client assertion (RFC 7523) of this moment. */
function assertionOf(clientId: string, { privateKey, kid, issuer }: { privateKey: string; kid: string; issuer: string }): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1_000);
  const claims = { iss: clientId, sub: clientId, aud: issuer, iat: now, exp: now + 60, jti: randomUUID() };
  const signed = `${part({ alg: 'RS256', kid })}.${part(claims)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), createPrivateKey(privateKey)).toString('base64url')}`;
}

describe.skipIf(missingPrograms('e2e/dashboard-changes.test.ts').length > 0)(
  'what is changed in the dashboard',
  { timeout: 240_000 },
  () => {
    const stage = aDashboard(seed);
    const opened = async (): Promise<Page> => (await stage.opened()).page;
    const open = async (page: Page, section: string, name: string, tab: string): Promise<void> => {
      await goTo(page, `#/${section}`);
      await page.getByRole('link', { name, exact: true }).click();
      await heading(page, name);
      await page.getByRole('navigation', { name: 'Tabs' }).getByRole('link', { name: tab }).click();
    };
    const idIn = (page: Page): string => new URL(page.url()).hash.split('/')[2] ?? '';

    it('puts a key that is added in use beside the one that is, so that keys are rotated without an outage', async () => {
      const page = await opened();
      await open(page, 'applications', 'Signer', 'Credentials');
      const { click, row, add, remove, isUsed } = keysOf(page);
      const askWith = async (name: string, privateKey: string): Promise<number> => {
        const kid = (await row(name).locator('code').textContent()) ?? '';
        const body = {
          grant_type: 'client_credentials',
          audience: 'urn:orders',
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: assertionOf(idIn(page), { privateKey, kid, issuer: `${stage.tenant.origin}/` }),
        };
        const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
        return Number(await page.evaluate(`fetch('/oauth/token', ${JSON.stringify(init)}).then(({ status }) => status)`));
      };

      const first = await add('first');
      await told(page, /is added, to be used once the method is Private Key JWT/);
      await isUsed('first', 'no');
      await page.getByLabel('Method', { exact: true }).selectOption('Private Key JWT');
      await click('Save Method');
      await isUsed('first', 'yes');
      const second = await add('second');
      await told(page, /is added and in use/);
      await isUsed('second', 'yes');
      expect([await askWith('first', first), await askWith('second', second)]).toEqual([200, 200]);

      await remove('first', false);
      expect(await askWith('second', second)).toBe(200);

      await page.route(/\/clients\/\w+$/, (route) =>
        route.request().method() === 'PATCH' ? route.fulfill({ status: 500, json: { message: 'It did not work.' } }) : route.continue(),
      );
      const third = await add('third');
      await told(page, /is added, but not in use: It did not work/);
      await page.unrouteAll();
      await isUsed('third', 'no');
      expect(await askWith('third', third)).toBe(401);
      await click('Use the key third');
      await isUsed('third', 'yes');
      expect([await askWith('second', second), await askWith('third', third)]).toEqual([200, 200]);
      await remove('second', false);
      await remove('third', true);
      await page.getByText('No key is in use: the application gets no token.').waitFor();
    });

    it('leaves the keys in use that another page has added, where the method is saved', async () => {
      const [one, other] = await Promise.all([opened(), opened()]);
      const [first, second] = [keysOf(one), keysOf(other)];
      const save = async (): Promise<void> => {
        await one.getByLabel('Method', { exact: true }).selectOption('Private Key JWT');
        await first.click('Save Method');
        await told(one, /authentication method is saved/);
      };
      for (const page of [one, other]) await open(page, 'applications', 'Turner', 'Credentials');
      await first.add('first');
      await second.add('second');
      await save();
      for (const name of ['first', 'second']) await first.isUsed(name, 'yes');
      await other.reload();
      await second.remove('first', false);
      await second.add('third');
      await second.isUsed('third', 'yes');
      await save();
      for (const keys of [first, second]) for (const name of ['second', 'third']) await keys.isUsed(name, 'yes');
    });

    it('leaves the permissions of an API that another page has made and removed', async () => {
      const [one, other] = await Promise.all([opened(), opened()]);
      for (const page of [one, other]) await open(page, 'apis', 'Orders', 'Permissions');
      const add = async (page: Page, value: string): Promise<void> => {
        await page.getByLabel('Permission', { exact: true }).fill(value);
        await page.getByRole('button', { name: 'Add', exact: true }).click();
        await told(page, new RegExp(`${value} is added`));
      };
      await one.getByRole('button', { name: 'Remove the permission delete:orders' }).click();
      await one.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
      await told(one, /delete:orders is removed/);
      await add(one, 'of:one');
      await add(other, 'of:other');
      await one.reload();
      await one.getByRole('rowheader', { name: 'of:other' }).waitFor();
      expect(await one.getByRole('rowheader').allTextContents()).toEqual(['read:orders', 'write:orders', 'of:one', 'of:other']);
    });

    it('leaves the permissions of a grant that another page has given', async () => {
      const [one, other] = await Promise.all([opened(), opened()]);
      for (const page of [one, other]) {
        await open(page, 'applications', 'First', 'APIs');
        await page.getByRole('button', { name: /permissions of Orders/ }).click();
      }
      await one.getByRole('checkbox', { name: 'write:orders' }).check();
      // Folded and unfolded: what was chosen is still there.
      for (const _turn of [1, 2]) await one.getByRole('button', { name: /permissions of Orders/ }).click();
      await one.getByRole('button', { name: 'Update' }).click();
      await told(one, /permissions of Orders are saved/);
      await other.getByRole('checkbox', { name: 'read:orders' }).uncheck();
      await other.getByRole('button', { name: 'Update' }).click();
      await told(other, /permissions of Orders are saved/);
      await other.getByRole('checkbox', { name: 'write:orders', checked: true }).waitFor();
      expect(await other.getByRole('checkbox', { name: 'read:orders' }).isChecked()).toBe(false);
    });

    it('leaves the default quota that another page has set', async () => {
      const [one, other] = await Promise.all([opened(), opened()]);
      const save = async (page: Page, at: number, perDay: string): Promise<void> => {
        await page.getByLabel('Tokens a day').nth(at).fill(perDay);
        await page.getByRole('button', { name: 'Save' }).nth(at).click();
        await told(page, /quota is saved/);
      };
      for (const page of [one, other]) {
        await goTo(page, '#/quotas');
        await page.getByLabel('Tokens a day').nth(1).waitFor();
      }
      await save(one, 0, '5000');
      await save(other, 1, '6000');
      await one.reload();
      await expect.poll(() => one.getByLabel('Tokens a day').first().inputValue()).toBe('5000');
      expect(await one.getByLabel('Tokens a day').nth(1).inputValue()).toBe('6000');
      await save(one, 0, '');
      await save(one, 1, '');
    });

    it('keeps what is typed into settings while other tabs are looked at, and saves nothing else', async () => {
      const [one, other] = await Promise.all([opened(), opened()]);
      const tab = (page: Page, name: string): Promise<void> =>
        page.getByRole('navigation', { name: 'Tabs' }).getByRole('link', { name, exact: true }).click();
      const cases = [
        ['applications', 'Second', 'Description', 'of the one', 'Credentials', 'Second 2'],
        ['apis', 'Orders', 'Maximum Access Token Lifetime', '600', 'Permissions', 'Orders 2'],
      ] as const;
      for (const [section, name, label, text, otherTab, newName] of cases) {
        for (const page of [one, other]) await open(page, section, name, 'Settings');
        await one.getByLabel(label).fill(text);
        await tab(one, otherTab);
        await one.getByLabel(label).waitFor({ state: 'detached' });
        await other.getByLabel('Name', { exact: true }).fill(newName);
        await other.getByRole('button', { name: 'Save Changes' }).click();
        await heading(other, newName);
        await tab(one, 'Settings');
        expect(await one.getByLabel(label).inputValue()).toBe(text);
        await one.getByRole('button', { name: 'Save Changes' }).click();
        await heading(one, newName);
        expect(await one.getByLabel(label).inputValue()).toBe(text);
        await other.getByLabel('Name', { exact: true }).fill(name);
        await other.getByRole('button', { name: 'Save Changes' }).click();
        await heading(other, name);
      }
    });

    it('never shows a secret or a token of one application below the name of another', async () => {
      const page = await opened();
      await open(page, 'apis', 'Orders', 'Test');
      const choose = async (name: string): Promise<void> => {
        await page.getByLabel('Application').selectOption(name);
        await page.getByRole('button', { name: 'Run Here' }).waitFor();
      };
      for (const button of ['Reveal Client Secret', 'Run Here']) {
        await choose('First');
        let release = (): void => undefined;
        const released = new Promise<void>((resolve) => {
          release = resolve;
        });
        const isAsked = page.waitForRequest(/fields=client_secret/);
        await page.route(/fields=client_secret/, async (route) => {
          await released;
          await route.continue();
        });
        await page.getByRole('button', { name: button }).click();
        await isAsked;
        await choose('Second');
        const answered = page.waitForResponse(button === 'Run Here' ? /oauth\/token/ : /fields=client_secret/);
        release();
        await (await answered).finished();
        await page.unrouteAll();
        // What came is in its place when what is asked for after it has come.
        await page.getByRole('button', { name: /^Copy with Client Secret the request/ }).click();
        await page.getByText('copied', { exact: true }).waitFor();
        await page.getByRole('region', { name: 'Token request in cURL' }).getByText('YOUR_CLIENT_SECRET').waitFor();
        expect(await page.getByText('A token was issued').count()).toBe(0);
      }
    });

    it('says what came instead of an answer of the token endpoint', async () => {
      const page = await opened();
      await open(page, 'apis', 'Orders', 'Test');
      const alert = page.getByRole('alert');
      await page.route(/oauth\/token/, (route) => route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>Bad Gateway</h1>' }));
      await page.getByRole('button', { name: 'Run Here' }).click();
      await alert.filter({ hasText: 'The answer has status 502, and is not one of the tenant.' }).waitFor();
      await page.unrouteAll();
      await page.route(/oauth\/token/, (route) => route.abort());
      await page.getByRole('button', { name: 'Run Here' }).click();
      await alert.filter({ hasText: 'The tenant cannot be reached. Is it running?' }).waitFor();
    });

    it('signs every tab out where a person signs out in one', async () => {
      const page = await opened();
      const other = await page.context().newPage();
      await other.goto(`${stage.tenant.origin}/dashboard/#/applications/${stage.tenant.clientId}/settings`);
      await other.getByRole('button', { name: 'Reveal Client Secret' }).click();
      await expect.poll(() => other.getByLabel('Client Secret', { exact: true }).inputValue()).toBe(stage.tenant.clientSecret);
      await page.getByRole('button', { name: 'Sign out' }).click();
      await heading(page, 'You are signed out');
      await heading(other, 'You are signed out');
      expect(await other.content()).not.toContain(stage.tenant.clientSecret);
    });
  },
);
