import type { Locator } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { missingPrograms } from '../scripts/debian-programs.mjs';
import { aDashboard } from './browser/a-dashboard.ts';
import { goTo, heading, leaveHalfTyped, press, told } from './browser/dashboard-page.ts';
import { barriersIn, keyboardAt, overhangOf, tabTo } from './browser/watched-page.ts';

const longName = 'x'.repeat(200);
// What follows a right-to-left override is written from right to left, up to its end.
const turningName = '\u202eclerk';
const seed = [
  'clients:',
  ...[longName, turningName].map((name) => `  - { name: "${name}", app_type: non_interactive, grant_types: [client_credentials] }`),
  'resourceServers:',
  '  - { name: Orders, identifier: "urn:orders", scopes: [{ value: "read:orders" }] }',
  'clientGrants:',
  '  - { client_id: Evertoken Agent, audience: "urn:orders", scope: [] }',
  '',
].join('\n');

describe.skipIf(missingPrograms('e2e/dashboard-looks.test.ts').length > 0)('what is seen of the dashboard', { timeout: 240_000 }, () => {
  const stage = aDashboard(seed);
  const { opened } = stage;
  const picture = async (place: Locator): Promise<string> => (await place.screenshot()).toString('base64');

  it.each([false, true])('can be read where it asks before something dangerous, dark: %s', async (isDark) => {
    const { page } = await opened({ isDark });
    await page.getByRole('link', { name: 'Default App' }).click();
    await page.getByRole('button', { name: 'Delete Application' }).click();
    await page.getByRole('dialog', { name: 'Delete the application?' }).waitFor();
    expect(await barriersIn(page)).toEqual([]);
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).hover();
    expect(await barriersIn(page)).toEqual([]);
  });

  it.each([320, 800, 1280, 1920])('has room for a long name beside all else, %i px wide', async (width) => {
    await stage.tenant.askWith('wrong, for the log');
    const { page } = await opened({ width });
    for (const place of ['#/applications', '#/quotas', '#/apis', '#/logs', '#/signing-keys']) {
      await goTo(page, place);
      await page.locator('table.list').first().waitFor();
      expect([place, await overhangOf(page)]).toEqual([place, 0]);
      const heights = await page.locator('table.list tbody tr').evaluateAll((rows) => rows.map(({ clientHeight }) => clientHeight));
      expect(Math.max(...heights)).toBeLessThan(300);
    }
  });

  it('lets a name that turns the direction of writing turn itself alone', async () => {
    const { page } = await opened();
    await page.getByRole('link', { name: 'clerk' }).click();
    await page.getByRole('button', { name: 'Delete Application' }).click();
    await page.getByRole('dialog').waitFor();
    const placesOfLetters = `(() => {
      const after = document.querySelector('dialog strong').nextSibling;
      return [0, 1, 2, 3, 4].map((at) => {
        const letter = document.createRange();
        letter.setStart(after, at);
        letter.setEnd(after, at + 1);
        return letter.getBoundingClientRect().left;
      });
    })()`;
    const places = (await page.evaluate(placesOfLetters)) as number[];
    expect(places).toEqual([...places].sort((one, other) => one - other));
    await page.keyboard.press('Escape');
    await page.getByRole('navigation', { name: 'Tabs' }).getByRole('link', { name: 'APIs' }).click();
    await page.getByRole('switch', { name: 'Authorize Orders' }).click();
    await told(page, /Orders is authorized/);
  });

  it('shows in the colours of the system which switch and which checkbox is on', async () => {
    const { page } = await opened();
    await page.emulateMedia({ forcedColors: 'active' });
    await page.getByRole('link', { name: 'Evertoken Agent' }).click();
    await page.getByRole('navigation', { name: 'Tabs' }).getByRole('link', { name: 'APIs' }).click();
    const toggle = page.getByRole('switch', { name: 'Authorize Orders' });
    const on = await picture(toggle);
    await page.getByRole('button', { name: /of Orders$/ }).click();
    const permission = page.getByRole('checkbox', { name: 'read:orders' });
    const without = await picture(permission);
    await permission.check();
    await page.mouse.move(0, 0);
    await page.getByRole('button', { name: 'Update' }).focus();
    expect(await picture(permission)).not.toBe(without);
    await toggle.click();
    await page.getByRole('button', { name: 'Unauthorize', exact: true }).click();
    await told(page, /Orders is not authorized any more/);
    await page.getByRole('button', { name: 'Sign out' }).focus();
    expect(await picture(toggle)).not.toBe(on);
  });

  it('tells what became of a button far below where it can be seen, and no more once another is pressed', async () => {
    const { page } = await opened();
    await page.setViewportSize({ width: 360, height: 500 });
    await page.getByRole('link', { name: 'Default App' }).click();
    await page.getByRole('button', { name: 'Save Changes' }).click();
    await told(page, /settings are saved/);
    const notice = page.locator('.notice p');
    const inSight =
      '(() => { const { top, bottom } = document.querySelector(".notice p").getBoundingClientRect(); return top >= 0 && bottom <= innerHeight; })()';
    expect([await page.evaluate('scrollY > 100'), await page.evaluate(inSight)]).toEqual([true, true]);
    await page.route(/\/clients\//, (route) => route.fulfill({ status: 500, json: { message: 'It did not work.', errorId: 'e-1' } }));
    await page.getByRole('button', { name: 'Save Changes' }).click();
    await page.getByRole('alert').filter({ hasText: 'It did not work. (In the log of the tenant: error_id e-1.)' }).waitFor();
    expect(await notice.count()).toBe(0);
  });

  it('tells of a long name within the page', async () => {
    const { page } = await opened({ width: 360 });
    await goTo(page, '#/apis');
    await page.getByRole('link', { name: 'Orders', exact: true }).click();
    await page.getByRole('navigation', { name: 'Tabs' }).getByRole('link', { name: 'Permissions' }).click();
    await page.getByLabel('Permission', { exact: true }).fill(longName);
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await told(page, /is added/);
    const edge = await page.locator('.notice bdi').evaluate((name) => name.getBoundingClientRect().right);
    expect(edge).toBeLessThanOrEqual(360);
  });

  it('keeps what is typed and not saved while another place is looked at, and asks before it is lost', async () => {
    const { page } = await opened();
    const description = await leaveHalfTyped(page);
    await page.goBack();
    await page.getByText('Not saved yet.').waitFor();
    expect(await description.inputValue()).toBe('half typed');

    const asked = page.waitForEvent('dialog');
    await page.evaluate('setTimeout(() => location.reload())');
    const question = await asked;
    expect(question.type()).toBe('beforeunload');
    await question.dismiss();
    await press(page, /^Discard Changes$/);
    await page.getByText('Not saved yet.').waitFor({ state: 'detached' });
    expect([await description.inputValue(), await keyboardAt(page)]).toEqual(['', 'Save Changes']);
    await page.reload();
    expect(await description.inputValue()).toBe('');
  });

  it('takes for unsaved what is typed while a save is under way, and no more', async () => {
    const { page } = await opened();
    await page.getByRole('link', { name: 'Default App' }).click();
    const [name, description] = [page.getByLabel('Name', { exact: true }), page.getByLabel('Description')];
    const sent: unknown[] = [];
    await page.route(/\/clients\//, async (route) => {
      if (route.request().method() === 'PATCH') {
        sent.push(route.request().postDataJSON());
        if (sent.length === 1) await description.fill('typed meanwhile');
      }
      await route.continue();
    });
    await name.fill('Another name');
    await page.getByRole('button', { name: 'Save Changes' }).click();
    await told(page, /settings are saved/);
    await page.getByText('Not saved yet.').waitFor();
    await page.getByRole('button', { name: 'Save Changes' }).click();
    await page.getByText('Not saved yet.').waitFor({ state: 'detached' });
    await name.fill('Default App');
    await description.fill('');
    await page.getByRole('button', { name: 'Save Changes' }).click();
    await page.getByText('Not saved yet.').waitFor({ state: 'detached' });
    expect(sent).toEqual([{ name: 'Another name' }, { description: 'typed meanwhile' }, { name: 'Default App', description: '' }]);
  });

  it('says at a field what the tenant does not take of it, in plain words, until it is another', async () => {
    const { page, received } = await opened({ width: 360 });
    const wrong = page.locator('[aria-invalid]');
    const refused = async (press: () => Promise<void>, field: string, text: RegExp): Promise<void> => {
      await press();
      await page.getByRole('alert').filter({ hasText: text }).waitFor();
      expect([await keyboardAt(page), await wrong.count()]).toEqual([field, 1]);
      expect(await page.locator(`[id="${await wrong.getAttribute('aria-describedby')}"]`).textContent()).toMatch(text);
      expect(await page.getByText(/validation error/).count()).toBe(0);
    };
    const click = (name: string) => (): Promise<void> => page.getByRole('button', { name, exact: true }).click();
    await goTo(page, '#/apis');
    await click('Create API')();
    await page.getByRole('dialog').getByLabel('Name').fill('Orders again');
    await page.getByLabel('Identifier').fill('urn:orders');
    await refused(click('Create'), 'Identifier', /^There is an API with this identifier already\.$/);
    expect(await barriersIn(page)).toEqual([]);
    await page.getByLabel('Identifier').fill('urn:orders:2');
    expect(await wrong.count()).toBe(0);
    await page.getByText('character for character').waitFor();
    await page.getByRole('dialog').getByLabel('Name').fill('  ');
    await click('Create')();
    expect(await keyboardAt(page)).toBe('Name');
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'Orders', exact: true }).click();
    await page.getByRole('navigation', { name: 'Tabs' }).getByRole('link', { name: 'Permissions' }).click();
    await page.getByLabel('Permission', { exact: true }).fill(' read:orders ');
    await refused(click('Add'), 'Permission', /^The API has this permission already\.$/);

    await goTo(page, '#/applications');
    await page.getByRole('link', { name: 'clerk' }).click();
    await page.getByRole('navigation', { name: 'Tabs' }).getByRole('link', { name: 'Credentials' }).click();
    await page.getByLabel('Method').selectOption('None');
    await refused(click('Save Method'), 'Method', /must prove itself: choose another method\.$/);
    await page.getByLabel('Method').selectOption('Private Key JWT');
    await page.getByText('Add a public key first.').waitFor();
    await click('Add Public Key')();
    const key = page.getByLabel('Public key or certificate');
    await key.fill('no key');
    await refused(click('Add'), 'Public key or certificate', /^The tenant does not take this key\. It takes RSA keys/);
    await key.fill('-----BEGIN PRIVATE KEY-----');
    const calls = (await received()).length;
    await refused(click('Add'), 'Public key or certificate', /^This is a private key: keep it/);
    expect((await received()).length).toBe(calls);
  });

  it.each([360, 700])('has every tab of an API in sight, %i px wide', async (width) => {
    const { page } = await opened({ width });
    await goTo(page, '#/apis');
    await page.getByRole('link', { name: 'Orders', exact: true }).click();
    await page.getByRole('navigation', { name: 'Tabs' }).getByRole('link', { name: 'Test' }).click();
    const links = page.getByRole('navigation', { name: 'Tabs' }).getByRole('link');
    const edges = await links.evaluateAll((all) =>
      all.map((link) => [link.getBoundingClientRect().left, link.getBoundingClientRect().right]),
    );
    expect(Math.min(...edges.flat())).toBeGreaterThanOrEqual(0);
    expect(Math.max(...edges.flat())).toBeLessThanOrEqual(width);
  });

  it.each([360, 1280])('shows whole which section and which tab has the keyboard, %i px wide', async (width) => {
    const { page } = await opened({ width });
    await page.getByRole('link', { name: 'Default App' }).click();
    const cutOff = `(() => {
      const { outlineStyle, outlineOffset, outlineWidth } = getComputedStyle(document.activeElement);
      const reach = parseFloat(outlineOffset) + parseFloat(outlineWidth);
      const [own, room] = [document.activeElement, document.activeElement.closest('nav')].map((one) => one.getBoundingClientRect());
      return outlineStyle === 'none' || own.left - reach < room.left || own.top - reach < room.top || own.right + reach > room.right;
    })()`;
    for (const name of [/^Applications$/, /^Quotas$/, /^Settings$/, /^APIs$/]) {
      await tabTo(page, name);
      expect([name, await page.evaluate(cutOff)]).toEqual([name, false]);
    }
  });

  it('forgets what it told when another tab is gone to', async () => {
    const { page } = await opened();
    await page.getByRole('link', { name: 'Default App' }).click();
    await page.getByRole('button', { name: 'Save Changes' }).click();
    await told(page, /settings are saved/);
    await page.getByRole('navigation', { name: 'Tabs' }).getByRole('link', { name: 'Credentials' }).click();
    await heading(page, 'Default App');
    await page.getByText('settings are saved').waitFor({ state: 'detached' });
  });

  it.each([0, 100])(
    'keeps the entry of the log that has the keyboard in its place while others come, scrolled by %i px',
    async (scrolled) => {
      for (let entry = 0; entry < 12; entry += 1) await stage.tenant.askWith('wrong, for the log');
      const { page } = await opened({ width: 320 });
      await goTo(page, '#/logs');
      const details = page.getByRole('button', { name: /^Details of Token refused/ });
      await details.nth(1).focus();
      await page.evaluate(`scrollTo(0, ${scrolled})`);
      const focusedTop = (): Promise<number> => page.evaluate('document.activeElement.getBoundingClientRect().top');
      const [count, top] = [await details.count(), await focusedTop()];
      await stage.tenant.askWith('wrong, for the log');
      await expect.poll(() => details.count()).toBeGreaterThan(count);
      expect(Math.abs((await focusedTop()) - top)).toBeLessThan(2);
    },
  );
});
