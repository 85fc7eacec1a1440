import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { missingPrograms } from '../scripts/debian-programs.mjs';
import { browserBefore, goTo, heading, leaveHalfTyped, openDashboard } from './browser/dashboard-page.ts';
import { serveForeignPage } from './browser/foreign-page.ts';
import { startTenantWithDashboard, type TenantWithDashboard } from './browser/tenant-with-dashboard.ts';
import { barriersIn, launchChromium, type WatchedPage } from './browser/watched-page.ts';
import { freePort } from './evertoken.ts';

describe.skipIf(missingPrograms('e2e/dashboard-sessions.test.ts').length > 0)(
  'who may look at the dashboard of a tenant',
  { timeout: 240_000 },
  () => {
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

    /** Another site with a page. */
    async function siteWith(html: string): Promise<string> {
      const { url, close } = await serveForeignPage(html, '127.0.0.1');
      onTestFinished(close);
      return url;
    }

    it('opens from another site by its link, though its cookie is for its own site alone', async () => {
      const { page } = await browserBefore(tenant, { browser });
      await page.goto(await siteWith(`<a href="${await tenant.link()}">in</a>`));
      await page.getByRole('link', { name: 'in' }).click();
      await heading(page, 'Applications');
      await page.getByRole('link', { name: 'Evertoken Agent' }).waitFor();
    });

    it('refuses a link a second time, and says how to have a new one', async () => {
      const link = await tenant.link();
      const thief = await browserBefore(tenant, { browser, width: 360 });
      await thief.page.goto(link);
      await heading(thief.page, 'Applications');
      const late = await browserBefore(tenant, { browser, width: 360 });
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

    it('does not say that a person is signed out where the tenant was not told, and shows nothing all the same', async () => {
      const { page, context } = await opened();
      const other = await context.newPage();
      await other.goto(`${tenant.origin}/dashboard/`);
      await heading(other, 'Applications');
      await page.route(/session\/end$/, (route) => route.abort());
      await page.getByRole('button', { name: 'Sign out' }).click();
      for (const tab of [page, other]) {
        await heading(tab, 'You are not signed out');
        expect(await tab.textContent('body')).not.toContain('Evertoken Agent');
        expect(await barriersIn(tab)).toEqual([]);
      }
      await page.unrouteAll();
      await page.getByRole('button', { name: 'Sign out again' }).click();
      for (const tab of [page, other]) {
        await heading(tab, 'You are signed out');
        await tab.reload();
        await heading(tab, 'You are signed out');
      }
    });

    it('asks who signs out before what is typed and not saved is lost, and shows where that is', async () => {
      const { page } = await opened();
      const description = await leaveHalfTyped(page);
      const signOut = page.getByRole('banner').getByRole('button', { name: 'Sign out' });
      await signOut.click();
      const dialog = page.getByRole('dialog', { name: 'Sign out without saving?' });
      await dialog.waitFor();
      expect(await barriersIn(page)).toEqual([]);
      await dialog.getByRole('link', { name: 'Default App' }).click();
      await dialog.waitFor({ state: 'detached' });
      expect(await description.inputValue()).toBe('half typed');
      await signOut.click();
      await dialog.getByRole('button', { name: 'Sign out' }).click();
      await heading(page, 'You are signed out');
      // The page goes without a question: nothing is left to lose.
      await page.reload();
    });

    it('forgets what was typed into an application and an API that were deleted in another tab', async () => {
      const { page, context } = await opened();
      const other = await context.newPage();
      await other.goto(`${tenant.origin}/dashboard/`);
      const create = async (section: string, name: string): Promise<string> => {
        await goTo(page, `#/${section}`);
        await page.getByRole('button', { name: /^Create / }).click();
        await page.getByRole('dialog').getByLabel('Name').fill(name);
        if (section === 'apis') await page.getByRole('dialog').getByLabel('Identifier').fill(`urn:${name}`);
        await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
        await heading(page, name);
        return new URL(page.url()).hash.split('/').slice(0, 3).join('/');
      };
      const remove = async (place: string): Promise<void> => {
        await goTo(other, `${place}/settings`);
        await other.getByRole('button', { name: /^Delete A/ }).click();
        await other.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
        await other.getByRole('dialog').waitFor({ state: 'detached' });
      };
      const application = await create('applications', 'Short-lived');
      await goTo(page, `${application}/settings`);
      await page.getByLabel('Description').fill('half typed');
      await remove(application);
      await page.getByRole('alert').filter({ hasText: 'There is no such application. It may have been deleted.' }).waitFor();
      const api = await create('apis', 'Short-lived');
      // What stands before a tenant that is away is not believed.
      await page.getByLabel('Permission', { exact: true }).fill('kept');
      await page.route(/resource-servers/, (route) => route.fulfill({ status: 404, body: 'no such host' }));
      await goTo(page, '#/logs');
      await page.goBack();
      await page.getByRole('alert').filter({ hasText: 'status 404' }).waitFor();
      await page.unrouteAll();
      await page.getByRole('button', { name: 'Try again' }).click();
      expect(await page.getByLabel('Permission', { exact: true }).inputValue()).toBe('kept');
      await page.getByLabel('Permission', { exact: true }).fill('half typed');
      await goTo(page, '#/logs');
      await remove(api);
      await page.reload();
      await heading(page, 'Logs');
    });

    it('says of a form whose application somebody else has deleted that it is gone, and keeps what was typed', async () => {
      const { page } = await opened();
      await page.getByRole('button', { name: /^Create / }).click();
      await page.getByRole('dialog').getByLabel('Name').fill('Gone soon');
      await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
      await heading(page, 'Gone soon');
      const id = new URL(page.url()).hash.split('/')[2];
      await goTo(page, `#/applications/${id}/settings`);
      await page.getByLabel('Description').fill('half typed');
      const deleted = `(async () => {
        const { access_token: token } = await (await fetch('session/token', { method: 'POST' })).json();
        return (await fetch('/api/v2/clients/${id}', { method: 'DELETE', headers: { authorization: 'Bearer ' + token } })).status;
      })()`;
      expect(await page.evaluate(deleted)).toBe(204);
      await page.getByRole('button', { name: 'Save Changes' }).click();
      await page.getByRole('alert').filter({ hasText: 'There is no such application. It may have been deleted.' }).waitFor();
      expect(await page.getByLabel('Description').inputValue()).toBe('half typed');
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

    it('says that the tenant is away, and that the session is over when it is back', async () => {
      const port = await freePort();
      const away = await startTenantWithDashboard(port);
      onTestFinished(() => away.close());
      const { page } = await openDashboard(away, { browser });
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
  },
);
