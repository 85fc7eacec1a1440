import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { missingPrograms } from '../scripts/debian-programs.mjs';
import { aDashboard } from './browser/a-dashboard.ts';
import { goTo, heading, readApi } from './browser/dashboard-page.ts';
import { requestsOf } from './browser/watched-page.ts';

describe.skipIf(missingPrograms('e2e/dashboard-logs.test.ts').length > 0)('the log in the dashboard', { timeout: 240_000 }, () => {
  const stage = aDashboard('clients: []\n');
  const opened = async (): Promise<Page> => (await stage.opened()).page;

  it('shows what a filter lets through that was chosen in a pause, read when its typing rests, and as far back as it goes', async () => {
    const page = await opened();
    const refuseTokens = `(async () => {
      const body = JSON.stringify({ grant_type: 'client_credentials', client_id: ${JSON.stringify(stage.tenant.clientId)}, client_secret: 'wrong' });
      const refuse = () => fetch('/oauth/token', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      for (let at = 0; at < 1_120; at += 10) await Promise.all(Array.from({ length: 10 }, refuse));
    })()`;
    await page.evaluate(refuseTokens);
    // The tenant writes its log a moment later.
    const query = new URLSearchParams({ page: '0', per_page: '1', include_totals: 'true', q: 'type:"feccft"' });
    await expect.poll(() => readApi(page, `/api/v2/logs?${query}`)).toMatchObject({ total: 1_120 });
    await goTo(page, '#/logs');
    await page.getByText(/^The newest \d+ are shown\.$/).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Paused.').waitFor();
    const reads = requestsOf(page, /\/api\/v2\/logs/);
    const rows = page.locator('table.list tbody tr');
    await page.getByLabel('Type', { exact: true }).selectOption('Management API call failed');
    await page.getByText('No entry.').waitFor();
    await page.getByLabel('Type', { exact: true }).selectOption('Token refused');
    await expect.poll(() => rows.count()).toBe(100);
    expect(await rows.filter({ hasText: 'Token refused' }).count()).toBe(100);
    for (let shown = 200; shown < 1_120; shown += 100) {
      await page.getByRole('button', { name: 'Older' }).click();
      await page.getByText(`The newest ${shown.toLocaleString('en')} are shown.`).waitFor();
    }
    await page.getByRole('button', { name: 'Older' }).click();
    await page.getByText('All are shown.').waitFor();
    expect([await rows.count(), await page.evaluate('document.activeElement.textContent')]).toEqual([1_120, 'Older']);
    // Each filter asks for the newest entry of all, and for its own.
    expect(reads.length).toBe(15);
    const typeAll = `((field) => {
      for (let length = 1; length <= ${stage.tenant.clientId.length}; length += 1) {
        field.value = ${JSON.stringify(stage.tenant.clientId)}.slice(0, length);
        field.dispatchEvent(new Event('input', { bubbles: true }));
      }
    })(document.querySelector('main input[type=search]'))`;
    await page.evaluate(typeAll);
    await expect
      .poll(() => reads.some((read) => decodeURIComponent(read.url()).includes(`client_id:"${stage.tenant.clientId}"`)))
      .toBe(true);
    expect(reads.length).toBe(17);
  });

  it('has the filter that was chosen, where one comes back to it', async () => {
    const page = await opened();
    await goTo(page, '#/logs');
    await page.getByLabel('Type', { exact: true }).selectOption('Token refused');
    await page.getByLabel('Client ID').fill('no" OR "body\\');
    await page.getByText('No entry.').waitFor();
    await goTo(page, '#/apis');
    await heading(page, 'APIs');
    await page.goBack();
    await page.getByText('No entry.').waitFor();
    const chosen = [page.getByLabel('Type', { exact: true }), page.getByLabel('Client ID')].map((field) => field.inputValue());
    expect(await Promise.all(chosen)).toEqual(['feccft', 'no" OR "body\\']);
  });

  it('shows every entry that several nodes write, in its order, also one that comes late', async () => {
    const page = await opened();
    const entry = (second: number) => ({
      log_id: `90020261130120000${second}`,
      date: `2026-11-30T12:00:0${second}.000Z`,
      description: `of ${second}`,
    });
    const entries = [entry(1), entry(5)];
    let reads = 0;
    await page.route(/\/api\/v2\/logs\?/, async (route) => {
      const from = new URL(route.request().url()).searchParams.get('from');
      const sorted = entries.toSorted((a, b) => a.log_id.localeCompare(b.log_id));
      await route.fulfill({ json: from === null ? sorted.reverse() : sorted.filter(({ log_id: id }) => id > from) });
      reads += 1;
      // Of another node, once the page has begun.
      if (reads === 2) entries.push(entry(4));
    });
    await goTo(page, '#/logs');
    await page.getByText('of 4').waitFor();
    expect(await page.locator('table.list tbody td[data-label=Description]').allTextContents()).toEqual(['of 5', 'of 4', 'of 1']);
  });

  it('is not said to be tried again in a pause, where it is not', async () => {
    const page = await opened();
    await goTo(page, '#/logs');
    // Of a log that has been read: before that, a pause goes on trying.
    await page.getByRole('button', { name: 'Older' }).waitFor();
    await page.route(/\/api\/v2\/logs/, (route) => route.abort());
    await page.getByText('Trying again.').waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Paused.', { exact: true }).waitFor();
    await page.unrouteAll();
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('Live: new entries appear by themselves.').waitFor();
  });
});
