import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { missingPrograms } from '../scripts/debian-programs.mjs';
import { aDashboard } from './browser/a-dashboard.ts';
import { goTo, heading, press, told } from './browser/dashboard-page.ts';
import { keyboardAt } from './browser/watched-page.ts';

const seed = [
  'clients:',
  ...Array.from({ length: 30 }, (_, at) => `  - { name: machine ${at}, app_type: non_interactive, grant_types: [client_credentials] }`),
  'resourceServers:',
  ...Array.from({ length: 54 }, (_, at) => `  - { name: API ${at}, identifier: "urn:api-${at}" }`),
  '  - { name: Orders, identifier: "urn:orders", scopes: [{ value: "read:a" }, { value: "read:b" }, { value: "read:c" }] }',
  '',
].join('\n');

/** Holds back what goes to a path from the next request on, until it is told what becomes of it. */
async function holdBack(
  page: Page,
  method: string,
  path: RegExp,
): Promise<{ readonly seen: () => number; release(status?: number): void }> {
  let seen = 0;
  let release: (status?: number) => void = () => undefined;
  const released = new Promise<number | undefined>((resolve) => {
    release = resolve;
  });
  await page.route(path, async (route) => {
    if (route.request().method() !== method) return await route.continue();
    seen += 1;
    const status = await released;
    if (status === undefined) return await route.continue();
    return await route.fulfill({ status, contentType: 'application/json', body: '{"message":"It did not work."}' });
  });
  return { seen: () => seen, release };
}

describe.skipIf(missingPrograms('e2e/dashboard-keyboard.test.ts').length > 0)(
  'the dashboard while a call is under way',
  { timeout: 240_000 },
  () => {
    const stage = aDashboard(seed);
    const opened = async (): Promise<Page> => (await stage.opened()).page;
    const openMachine = async (page: Page, name: string, tab: string): Promise<void> => {
      await page.getByLabel('Search').fill(name);
      await page.getByRole('link', { name, exact: true }).click();
      await heading(page, name);
      await page.getByRole('navigation', { name: 'Tabs' }).getByRole('link', { name: tab }).click();
    };

    it('leaves the keyboard on a switch that was turned and on a form that was saved', async () => {
      const page = await opened();
      await openMachine(page, 'machine 3', 'APIs');
      await press(page, /^Authorize API 7$/, 'Space');
      await told(page, /API 7 is authorized/);
      expect(await keyboardAt(page)).toBe('Authorize API 7');
      await page.getByRole('navigation', { name: 'Tabs' }).getByRole('link', { name: 'Settings' }).click();
      await press(page, /^Save Changes$/);
      await told(page, /settings are saved/);
      expect(await keyboardAt(page)).toBe('Save Changes');
    });

    it('shows each of two switches as it was turned while the other was under way', async () => {
      const page = await opened();
      const turnBoth = async (names: readonly string[]): Promise<void> => {
        const held = await holdBack(page, 'POST', /\/client-grants$/);
        for (const name of names) await press(page, new RegExp(`^Authorize ${name}$`), 'Space');
        await expect.poll(held.seen).toBe(2);
        held.release();
        await Promise.all(names.map((name) => page.getByRole('button', { name: `permissions of ${name}` }).waitFor()));
        for (const name of names) expect(await page.getByRole('switch', { name: `Authorize ${name}`, exact: true }).isChecked()).toBe(true);
        await page.unrouteAll();
      };
      await openMachine(page, 'machine 6', 'APIs');
      await turnBoth(['API 11', 'API 12']);
      await page.getByRole('link', { name: 'API 13', exact: true }).click();
      await page.getByRole('link', { name: 'Machine to Machine Applications' }).click();
      await turnBoth(['machine 7', 'machine 8']);
      await page.getByText('2 applications are authorized for this API.').waitFor();
    });

    it.each([
      ['#/apis', '1–50 of 56', '51–56 of 56'],
      ['#/quotas', '1–25 of 32', '26–32 of 32'],
      ['#/applications', '1–32 of 32', '1–32 of 32'],
    ])('leaves the keyboard on the pager of %s, at its end too', async (place, first, second) => {
      const page = await opened();
      await goTo(page, place);
      await page.getByText(first).waitFor();
      await press(page, /^Next$/);
      await page.getByText(second).waitFor();
      expect(await keyboardAt(page)).toBe('Next');
      await page.keyboard.press('Enter');
      await page.getByText(second).waitFor();
      expect(await keyboardAt(page)).toBe('Next');
    });

    it('keeps the page of a list, and says which it is, while the next is on its way or cannot be had', async () => {
      const page = await opened();
      await goTo(page, '#/apis');
      await page.getByText('1–50 of 56').waitFor();
      const held = await holdBack(page, 'GET', /resource-servers\?page=1/);
      await press(page, /^Next$/);
      await expect.poll(held.seen).toBe(1);
      await page.locator('.pager [aria-busy="true"]').filter({ hasText: '1–50 of 56' }).waitFor();
      held.release(500);
      await page.getByRole('alert').filter({ hasText: 'It did not work.' }).waitFor();
      expect([await keyboardAt(page), await page.getByText('1–50 of 56').count()]).toEqual(['Next', 1]);
      await page.unrouteAll();
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.getByText('51–56 of 56').waitFor();
    });

    it('tells in the dialog that a deletion failed, with the keyboard where it was', async () => {
      const page = await opened();
      await openMachine(page, 'machine 4', 'Settings');
      const held = await holdBack(page, 'DELETE', /\/clients\//);
      await press(page, /^Delete Application$/);
      await press(page, /^Delete$/);
      await expect.poll(held.seen).toBe(1);
      for (const key of ['Escape', 'Escape', 'Enter']) await page.keyboard.press(key);
      await page.getByRole('button', { name: 'Cancel' }).click({ force: true });
      held.release(500);
      await page.getByRole('dialog').getByRole('alert').filter({ hasText: 'It did not work.' }).waitFor();
      await press(page, /^Delete$/, 'Shift');
      expect(held.seen()).toBe(1);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      expect(await keyboardAt(page)).toBe('Delete Application');
    });

    it('gives the keyboard to what is next where that which has it goes away', async () => {
      const page = await opened();
      await goTo(page, '#/apis');
      await page.getByRole('button', { name: 'Next' }).click();
      await page.getByRole('link', { name: 'Orders', exact: true }).click();
      await page.getByRole('navigation', { name: 'Tabs' }).getByRole('link', { name: 'Permissions' }).click();
      for (const [gone, next] of [
        ['read:b', 'Remove the permission read:c'],
        ['read:c', 'Remove the permission read:a'],
        ['read:a', 'Permissions'],
      ] as const) {
        await press(page, new RegExp(`^Remove the permission ${gone}$`));
        await press(page, /^Remove$/);
        await told(page, new RegExp(`${gone} is removed`));
        await expect.poll(() => keyboardAt(page)).toBe(next);
      }

      await page.route(/keys\/signing$/, (route) => route.fulfill({ status: 500, json: { message: 'It did not work.' } }));
      await goTo(page, '#/signing-keys');
      await press(page, /^Try again$/, 'Shift');
      await page.unrouteAll();
      await page.keyboard.press('Enter');
      await page.getByRole('row').filter({ hasText: 'In use' }).waitFor();
      expect(await keyboardAt(page)).toBe('Signing Keys');
      await press(page, /^Rotate Signing Key$/);
      await press(page, /^Rotate$/);
      await press(page, /^Revoke the key /);
      await press(page, /^Revoke$/);
      await page.getByRole('row').filter({ hasText: 'Revoked' }).waitFor();
      await expect.poll(() => keyboardAt(page)).toMatch(/^Copy the Key ID /);
    });

    it('holds nobody in a dialog longer than a minute where the tenant does not answer', async () => {
      const page = await opened();
      await page.clock.install();
      await holdBack(page, 'POST', /\/clients$/).then(async (held) => {
        await press(page, /^Create Application$/);
        await page.keyboard.type('Never');
        await page.keyboard.press('Enter');
        await expect.poll(held.seen).toBe(1);
      });
      await page.clock.fastForward(60_000);
      await page.getByRole('dialog').getByRole('alert').filter({ hasText: 'There was no answer within a minute.' }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    });

    it('reads a secret once, however often and fast that is asked for', async () => {
      const page = await opened();
      await openMachine(page, 'machine 5', 'Settings');
      const held = await holdBack(page, 'GET', /fields=client_secret&/);
      await page.getByRole('button', { name: 'Reveal Client Secret' }).dblclick();
      await expect.poll(held.seen).toBe(1);
      held.release();
      await page.getByRole('button', { name: 'Hide Client Secret' }).waitFor();
      expect(held.seen()).toBe(1);
    });

    it('makes one application, however often and fast that is asked for', async () => {
      const page = await opened();
      const held = await holdBack(page, 'POST', /\/clients$/);
      await press(page, /^Create Application$/);
      await page.keyboard.type('Single');
      await page.evaluate('document.querySelector("dialog form").requestSubmit(); document.querySelector("dialog form").requestSubmit()');
      await page.keyboard.press('Enter');
      await expect.poll(held.seen).toBe(1);
      held.release();
      await heading(page, 'Single');
      expect(held.seen()).toBe(1);
    });

    it('brings nobody back who has left while an application was made', async () => {
      const page = await opened();
      await goTo(page, '#/apis');
      await heading(page, 'APIs');
      await goTo(page, '#/applications');
      await heading(page, 'Applications');
      const held = await holdBack(page, 'POST', /\/clients$/);
      await press(page, /^Create Application$/);
      await page.keyboard.type('Late');
      await page.keyboard.press('Enter');
      await expect.poll(held.seen).toBe(1);
      await page.goBack();
      await page.getByText('1–50 of 56').waitFor();
      const answered = page.waitForResponse((answer) => answer.request().method() === 'POST' && answer.url().endsWith('/clients'));
      held.release();
      await answered;
      await page.getByText(/^Calls of this page: POST \/api\/v2\/clients/).waitFor();
      expect(new URL(page.url()).hash).toBe('#/apis');
    });

    it.each([
      ['applications', 'machine 10', 'Delete Application', /\/clients\/\w+$/],
      ['apis', 'API 20', 'Delete API', /\/resource-servers\/\w+$/],
    ] as const)('throws nobody out of where they are who has left while one of %s was deleted', async (section, name, label, path) => {
      const page = await opened();
      const remove = async () => {
        await goTo(page, `#/${section}`);
        await page.getByRole('link', { name, exact: true }).click();
        await heading(page, name);
        await page.getByRole('navigation', { name: 'Tabs' }).getByRole('link', { name: 'Settings' }).click();
        const held = await holdBack(page, 'DELETE', path);
        await press(page, new RegExp(`^${label}$`));
        await press(page, /^Delete$/);
        await expect.poll(held.seen).toBe(1);
        await goTo(page, '#/signing-keys');
        await page.getByRole('row').filter({ hasText: 'In use' }).waitFor();
        return held;
      };
      const failed = await remove();
      failed.release(500);
      await told(page, /✕ Delete failed: It did not work\..*DELETE \/api\/v2\//);
      await page.unrouteAll();

      const done = await remove();
      const answered = page.waitForResponse((answer) => answer.request().method() === 'DELETE');
      done.release();
      await (await answered).finished();
      await page.getByText(/^Calls of this page: DELETE \/api\/v2\//).waitFor();
      expect(new URL(page.url()).hash).toBe('#/signing-keys');
      await page.unrouteAll();
      // Who stays is shown that it is gone.
      await goTo(page, `#/${section}`);
      await page.getByRole('navigation', { name: 'Pages of the list' }).waitFor();
      expect(await page.getByRole('link', { name, exact: true }).count()).toBe(0);
    });

    it('says that something was copied until the button stands for something else, and why it was not', async () => {
      const page = await opened();
      await openMachine(page, 'machine 5', 'Settings');
      const secret = page.locator('.field').filter({ hasText: 'Client Secret' });
      await page.route(/fields=client_secret/, (route) => route.abort());
      await page.getByRole('button', { name: 'Copy Client Secret' }).click();
      await secret.getByText('not copied: The tenant cannot be reached. Is it running?').waitFor();
      await page.unrouteAll();
      await page.getByRole('button', { name: 'Copy Client Secret' }).click();
      await secret.getByText('copied', { exact: true }).waitFor();

      await page.getByRole('navigation', { name: 'Tabs' }).getByRole('link', { name: 'APIs' }).click();
      await page.getByRole('switch', { name: 'Authorize API 9' }).click();
      await told(page, /API 9 is authorized/);
      await page.getByRole('link', { name: 'API 9', exact: true }).click();
      await page.getByRole('link', { name: 'Test' }).click();
      await page.getByRole('button', { name: /^Copy with Client Secret the request in cURL/ }).click();
      await page.getByText('copied', { exact: true }).waitFor();
      await page.getByLabel('Language').selectOption('Go');
      await page.getByText('copied', { exact: true }).waitFor({ state: 'detached' });
    });
  },
);
