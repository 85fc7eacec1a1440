import { appendFile } from 'node:fs/promises';
import { issueTokens, refuseWith } from '@evertoken/testkit';
import type { Browser, Page, Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { missingPrograms } from '../scripts/debian-programs.mjs';
import { type AgentWithPage, startAgentWithPage } from './browser/agent-with-page.ts';
import { serveForeignPage } from './browser/foreign-page.ts';
import {
  barriersIn,
  keyboardAt,
  launchChromium,
  openWatchedPage,
  overhangOf,
  tabTo,
  textIn,
  type WatchedPage,
} from './browser/watched-page.ts';
import { shell } from './evertoken.ts';

const isMissing = missingPrograms('e2e/status-page.test.ts').length > 0;
if (isMissing) console.warn('SKIPPED: the tests of the status page: Chromium is not installed here.');

describe.skipIf(isMissing)('the status page of the agent', { timeout: 120_000 }, () => {
  let browser: Browser;
  let agent: AgentWithPage;
  beforeAll(async () => {
    [browser, agent] = await Promise.all([launchChromium(), startAgentWithPage({ tokens: ['orders', 'reports'], expiresIn: 3_600 })]);
  });
  afterAll(async () => {
    await browser?.close();
    await agent?.close();
  });

  async function open(of: AgentWithPage, width: number, setting: { isDark?: boolean } = {}): Promise<WatchedPage> {
    const watched = await openWatchedPage(browser, { origin: of.origin, width, ...setting });
    onTestFinished(() => watched.close());
    await watched.page.goto(await of.link());
    await watched.page.getByRole('heading', { name: 'orders' }).waitFor();
    return watched;
  }
  const cardOf = (page: Page, token: string) => page.getByRole('article', { name: `Token ${token}`, exact: true });
  const textOf = (page: Page) => textIn(page.locator('body'));

  it.each([
    [360, 'orders'],
    [1440, 'reports'],
  ])('is used with the keyboard alone at %i px: mint %s now, the curl command, a new app key, the history', async (width, name) => {
    const { page, troubles, received } = await open(agent, width);
    const dialog = page.getByRole('dialog');
    const press = async (label: RegExp, key = 'Enter') => {
      await tabTo(page, label);
      await page.keyboard.press(key);
    };
    expect(page.url()).toBe(`${agent.origin}/status/`);
    expect(await textOf(page)).toMatch(/2 kept, all well[\s\S]*orders[\s\S]*fresh[\s\S]*left[\s\S]*survives an outage of/);

    const mintNow = async () => {
      await press(new RegExp(`^Mint now: ${name}$`));
      await page.getByRole('dialog', { name: `Mint ${name} now` }).waitFor();
      await press(/^Mint now$/);
      await page.getByRole('button', { name: 'Close' }).waitFor();
      const said = await textIn(dialog.getByRole('status'));
      await page.keyboard.press('Enter');
      await dialog.waitFor({ state: 'detached' });
      return said;
    };
    expect(await mintNow()).toMatch(new RegExp(`^${name} is now [0-9a-f]{16}\\.$`));
    expect(await mintNow()).toMatch(/a moment ago.* It may be minted again in \d+ s\.$/);

    await press(new RegExp(`^Use with curl: ${name}$`));
    await page.getByRole('dialog', { name: `Use ${name} with curl` }).waitFor();
    await press(/^Copy the command$/);
    await page.getByText('copied', { exact: true }).waitFor();
    const command = String(await page.evaluate('navigator.clipboard.readText()'));
    expect(command).toBe(`curl -H "Authorization: Bearer $EVERTOKEN_APP_KEY" ${agent.origin}/v1/tokens/${name}`);
    const ran = await shell(command, { env: { EVERTOKEN_APP_KEY: agent.appKey } });
    expect(JSON.parse(ran.stdout)).toMatchObject({ state: 'fresh' });
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });

    await press(/^Make an app key$/);
    await page.getByRole('dialog', { name: 'Make an app key' }).waitFor();
    await tabTo(page, /^Name of the app$/);
    await page.keyboard.type(`nightly-${width}`);
    await press(/^orders$/, 'Space');
    await press(/^Make the key$/);
    const key = await textIn(page.locator('.key'));
    const lines = await textIn(page.getByRole('dialog').locator('pre').last());
    await press(/^I have the key$/);
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await page.content()).not.toContain(key);

    await appendFile(agent.configFile, `${lines}\n`);
    await page.getByRole('rowheader', { name: `nightly-${width}` }).waitFor();
    const read = await fetch(`${agent.origin}/v1/tokens/orders`, { headers: { authorization: `Bearer ${key}` } });
    expect(read.status).toBe(200);
    const { access_token: token } = (await read.json()) as { access_token: string };
    await expect.poll(() => textIn(page.getByRole('row', { name: `nightly-${width}` }))).toMatch(/\b1\b/);

    await press(/^History/);
    await expect.poll(() => textIn(cardOf(page, 'orders').getByRole('table'))).toMatch(/minted\s+[0-9a-f]{16}/);

    expect(await overhangOf(page)).toBe(0);
    expect(troubles).toEqual([]);
    const shown = `${await page.content()}\n${(await received()).replaceAll(key, '')}`;
    for (const secret of [token, 'issuer-s3cret', agent.appKey, key]) expect(shown.includes(secret)).toBe(false);
  });

  const looks = [360, 1440].flatMap((width) => [[width, true] as const, [width, false] as const]);
  it.each(looks)('keeps nobody out at %i px, dark: %s', async (width, isDark) => {
    const { page, troubles } = await open(agent, width, { isDark });
    await page.locator('summary', { hasText: 'History' }).first().click();
    await page.getByRole('table').first().waitFor();
    expect(await barriersIn(page)).toEqual([]);
    for (const button of ['Mint now: orders', 'Use with curl: orders', 'Make an app key']) {
      await page.getByRole('button', { name: button }).click();
      await page.getByRole('dialog').waitFor();
      expect(await barriersIn(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    expect(troubles).toEqual([]);
  });

  it('keeps the dialog of a token that is being minted', async () => {
    const { page } = await open(agent, 1440);
    const asked: Route[] = [];
    await page.route(/\/mint$/, (route) => void asked.push(route));
    for (const name of ['Mint now: orders', 'Mint now']) await page.getByRole('button', { name, exact: true }).click();
    await expect.poll(() => asked.length).toBe(1);
    for (const key of ['Escape', 'Escape']) await page.keyboard.press(key);
    await asked[0]?.fulfill({ json: { isMinted: false, message: 'Not now.' } });
    await page.getByRole('dialog').filter({ hasText: 'Not now.' }).waitFor();
  });

  it('draws the stretches of a life in the colours of the system too', async () => {
    const { page } = await open(agent, 1440);
    await page.emulateMedia({ forcedColors: 'active' });
    const colours = `['fresh', 'due', 'urgent', 'over'].map((stretch) => getComputedStyle(document.querySelector('.stretch.' + stretch)).backgroundColor)`;
    expect(new Set((await page.evaluate(colours)) as string[]).size).toBe(4);
  });

  it('moves the bar of a life while somebody looks, and says the same in words', async () => {
    const short = await startAgentWithPage({ tokens: ['orders'], expiresIn: 30 });
    onTestFinished(() => short.close());
    const { page } = await open(short, 1440);
    const life = page.getByRole('meter', { name: 'Life of orders' });
    const lived = async () => Number(await life.getAttribute('aria-valuenow'));
    const width = async () => (await life.boundingBox())?.width ?? 0;
    const [before, widthBefore] = [await lived(), await width()];
    await expect.poll(lived).toBeGreaterThanOrEqual(before + 2);
    expect(await width()).toBeGreaterThan(widthBefore);
    expect(await life.getAttribute('aria-valuetext')).toMatch(/^\d+ s left of 30 s$/);
    // By itself: the successor is there, and its life begins anew.
    await expect.poll(lived).toBeLessThan(before + 2);
  });

  it('tells why a token cannot be had, what that means and what mends it, and when it is mended', async () => {
    const troubled = await startAgentWithPage({ tokens: ['orders'], expiresIn: 5 });
    onTestFinished(() => troubled.close());
    const { page } = await open(troubled, 1440);
    troubled.issuer.answer(refuseWith(401, 'access_denied', 'Unauthorized'));
    await expect.poll(() => textOf(page)).toMatch(/To mend:[\s\S]*tried again/);
    await expect.poll(() => textOf(page)).toMatch(/expired[\s\S]*Programs get none/);
    expect(await page.title()).toBe('1 to look at · Evertoken agent');
    await expect.poll(() => textIn(page.getByRole('row', { name: new URL(troubled.issuer.url).host }))).toMatch(/refused the last request/);
    troubled.issuer.answer(issueTokens(600));
    await expect.poll(() => textOf(page), { timeout: 50_000 }).toMatch(/all well/);
  });

  it('keeps the dialog and the card of a token that is well again, where only those that need a look are shown', async () => {
    const names = Array.from({ length: 8 }, (_, at) => `token-${at}`);
    const troubled = await startAgentWithPage({ tokens: ['orders', ...names], expiresIn: 5 });
    onTestFinished(() => troubled.close());
    const { page } = await open(troubled, 1440);
    troubled.issuer.answer(refuseWith(503, 'temporarily_unavailable', 'Later'));
    await expect.poll(() => textOf(page)).toMatch(/9 need a look/);
    await page.getByLabel('Only those that need a look').check();
    await page.getByRole('button', { name: 'Use with curl: token-3' }).click();
    troubled.issuer.answer(issueTokens(600));
    await expect.poll(() => textOf(page), { timeout: 50_000 }).toMatch(/all well/);
    await page.getByRole('dialog', { name: 'Use token-3 with curl' }).waitFor();
    await page.keyboard.press('Escape');
    expect(await keyboardAt(page)).toBe('Use with curl: token-3');
    // Chosen anew, there is none.
    await page.getByLabel('Only those that need a look').uncheck();
    await page.getByLabel('Only those that need a look').check();
    await page.getByText('None of them fits.').waitFor();
  });

  it('is open in many tabs at once, of which a browser has connections for six', async () => {
    const { page, context } = await open(agent, 1440);
    const hide = `Object.defineProperty(document, 'hidden', { configurable: true, value: true });
      document.dispatchEvent(new Event('visibilitychange'));`;
    await page.evaluate(hide);
    for (let tab = 2; tab <= 8; tab += 1) {
      const next = await context.newPage();
      await next.goto(`${agent.origin}/status/`);
      await next.locator('summary', { hasText: 'History' }).first().click();
      await next.getByRole('table').first().waitFor();
      await next.evaluate(hide);
    }
    await page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))");
    await page.locator('.hearing', { hasText: 'Live' }).waitFor();
  });

  it('says that it is not of this moment while the agent is away, and is again when the agent and the session are', async () => {
    const { page, context } = await open(agent, 360);
    await page.evaluate('scrollTo(0, 1e6)');
    await agent.stop();
    await expect.poll(() => textOf(page)).toMatch(/Not of this moment[\s\S]*Trying again\.[\s\S]*Last heard \d+ s ago\./);
    expect(await page.evaluate("scrollY > 800 && document.querySelector('.hearing').getBoundingClientRect().top >= 0")).toBe(true);
    // What changes each second is not read out each second.
    expect(await textIn(page.locator('.hearing').getByRole('status'))).not.toMatch(/\d/);
    await agent.start();
    await expect.poll(() => textOf(page)).toMatch(/No session[\s\S]*\bopen\b/);
    const fits = "parseFloat(getComputedStyle(document.body.parentNode).scrollPaddingTop) >= document.querySelector('.top').offsetHeight";
    expect(await page.evaluate(fits)).toBe(true);
    const other = await context.newPage();
    await other.goto(await agent.link());
    await expect.poll(() => textOf(page)).toMatch(/Live/);
    expect(await textOf(page)).toMatch(/orders[\s\S]*fresh/);
  });

  it('is opened over https too, with a cookie that goes over https alone', async () => {
    const url = await agent.linkOverTls();
    const { origin } = new URL(url);
    const { page, context, troubles, close } = await openWatchedPage(browser, { origin, width: 1440, ignoreHTTPSErrors: true });
    onTestFinished(close);
    await page.goto(url);
    await page.getByRole('heading', { name: 'orders' }).waitFor();
    const cookies = await context.cookies(`${origin}/status/`);
    expect(cookies).toEqual([expect.objectContaining({ httpOnly: true, sameSite: 'Strict', secure: true, path: '/status' })]);
    expect(troubles).toEqual([]);
  });

  describe('whoever should not see it', () => {
    const visit = async (url: string) => {
      const context = await browser.newContext();
      onTestFinished(() => context.close());
      const page = await context.newPage();
      const answer = await page.goto(url);
      return { page, status: answer?.status() };
    };

    it('gets nothing by a link that was used before, and is told how to get one', async () => {
      const link = await agent.link();
      await visit(link);
      const { page, status } = await visit(link);
      expect(status).toBe(403);
      expect(await textOf(page)).toMatch(/opens nothing[\s\S]*\bopen\b/);
    });

    it('gets nothing by a link that was never made', async () => {
      const link = await agent.link();
      expect((await visit(link.replace(/.{8}$/, 'AAAAAAAA'))).status).toBe(403);
      expect((await visit(link)).status).toBe(200);
    });

    it('sees nothing in another browser, and is told how to get in', async () => {
      await open(agent, 1440);
      const { page } = await visit(`${agent.origin}/status/`);
      await expect.poll(() => textOf(page)).toMatch(/No session[\s\S]*\bopen\b/);
      expect(await textOf(page)).not.toMatch(/orders/);
    });

    it('can have nothing done from a page of another site, in the browser of who may', async () => {
      const { page, context } = await open(agent, 1440);
      const minted = agent.issuer.requests.length;
      const target = `${agent.origin}/status/tokens/orders/mint`;
      const foreign = await serveForeignPage(`<form method="post" action="${target}"><button>win</button></form>`);
      onTestFinished(() => foreign.close());
      const other = await context.newPage();
      await other.goto(foreign.url);
      const [answer] = await Promise.all([other.waitForResponse(target), other.getByRole('button').click()]);
      expect(answer.status()).toBe(403);
      await other.goto(foreign.url);
      const fetched = `fetch(${JSON.stringify(target)}, { method: 'POST', mode: 'no-cors', credentials: 'include' }).then(() => 'sent')`;
      await Promise.all([
        other.waitForResponse(target).then(async (refused) => expect(refused.status()).toBe(403)),
        other.evaluate(fetched),
      ]);
      expect(agent.issuer.requests).toHaveLength(minted);
      // The very same from the page itself is done.
      const own = await page.evaluate(`fetch('tokens/orders/mint', { method: 'POST' }).then((answer) => answer.status)`);
      expect(own).toBe(200);
    });

    it('cannot show it in a frame of theirs', async () => {
      const { context } = await open(agent, 1440);
      const foreign = await serveForeignPage(`<iframe src="${agent.origin}/status/"></iframe>`);
      onTestFinished(() => foreign.close());
      const other = await context.newPage();
      const framed = other.waitForResponse(`${agent.origin}/status/`);
      await other.goto(foreign.url);
      const answer = await framed;
      expect([answer.status(), await answer.text()]).toEqual([403, expect.stringContaining('browser_refused')]);
    });
  });
});
