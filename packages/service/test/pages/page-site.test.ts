import { describe, expect, it } from 'vitest';
import { type Answer, cookieOf, openSite } from './a-site.ts';

const minuteMs = 60_000;

const mayOf = ({ body }: Answer): unknown => JSON.parse(body.toString());
const everything = { read: true, change: true };
const readingAlone = { read: true, change: false };
const nothing = { read: false, change: false };

/** A site with a session that was begun by its link. */
async function signedIn(options: Parameters<typeof openSite>[0] = {}) {
  const opened = await openSite(options);
  const cookie = cookieOf(await opened.ask(opened.site.newLink().path));
  const may = async (headers: Record<string, string> = {}): Promise<unknown> =>
    mayOf(await opened.ask('/page/may', { headers: { cookie, ...headers } }));
  return { ...opened, cookie, may, own: { origin: opened.origin, 'sec-fetch-site': 'same-origin' } };
}

describe('a one-time link', () => {
  it('opens the page, and leaves its code in no address', async () => {
    const { site, ask } = await openSite();
    const opened = await ask(site.newLink().path);
    expect(opened.status).toBe(303);
    expect(opened.headers).toMatchObject({ location: '/page/', 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
    expect(opened.headers['set-cookie']).toEqual([
      expect.stringMatching(/^evertoken-page-\d+=[\w-]{43}; Path=\/page; HttpOnly; SameSite=Strict$/),
    ]);
    expect(site.newLink().path).toMatch(/^\/page\/open\/[\w-]{43}$/);
  });

  it('sets a cookie for https alone where it came over https', async () => {
    const { site, ask } = await openSite({ kind: 'https' });
    const [cookie] = (await ask(site.newLink().path)).headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/^__Secure-evertoken-page-\d+=[\w-]{43}; Path=\/page; HttpOnly; SameSite=Strict; Secure$/);
  });

  it('opens nothing a second time, and the page that says so has no script and tells what to type', async () => {
    const { site, ask } = await openSite();
    const { path } = site.newLink();
    await ask(path);
    const refused = await ask(path);
    expect(refused.status).toBe(403);
    expect(refused.headers['set-cookie']).toBeUndefined();
    expect(refused.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(refused.headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-/);
    const text = refused.body.toString();
    expect(text).toContain('<code>npx evertoken &lt;open&gt;</code>');
    expect(text).not.toContain('<script');
    expect(text).not.toContain(path.split('/').at(-1));
  });

  it('opens nothing after a minute, and does until then', async () => {
    let now = 0;
    const { site, ask } = await openSite({ now: () => now });
    const [early, late] = [site.newLink(), site.newLink()];
    expect(early.endsAt).toBe(minuteMs);
    now = minuteMs - 1;
    expect((await ask(early.path)).status).toBe(303);
    now = minuteMs;
    expect((await ask(late.path)).status).toBe(403);
  });

  it.each(['', 'guess', 'A'.repeat(43), '%2e%2e'])('opens nothing with a code that was never made: %j', async (code) => {
    const { site, ask } = await openSite();
    site.newLink();
    expect((await ask(`/page/open/${code}`)).status).toBe(403);
  });

  it('is not used up by what looks ahead for a person', async () => {
    const { site, ask } = await openSite();
    const { path } = site.newLink();
    for (const ahead of [{ 'sec-purpose': 'prefetch;prerender' }, { purpose: 'prefetch' }]) {
      expect((await ask(path, { headers: ahead })).status).toBe(503);
    }
    expect((await ask(path, { method: 'HEAD' })).status).toBe(503);
    expect((await ask(path)).status).toBe(303);
  });

  it('gives way to newer ones when there are many', async () => {
    const { site, ask } = await openSite({ limits: { links: 2 } });
    const paths = [site.newLink(), site.newLink(), site.newLink()].map(({ path }) => path);
    expect(await Promise.all(paths.map(async (path) => (await ask(path)).status))).toEqual([403, 303, 303]);
  });
});

describe('a session', () => {
  it('lets the page read and change', async () => {
    const { may, own } = await signedIn();
    expect(await may(own)).toEqual(everything);
    expect(await may({ 'sec-fetch-site': 'same-origin' })).toEqual(everything);
    expect(await may({ origin: own.origin })).toEqual(everything);
  });

  it('lets nobody in without its cookie, or with another one', async () => {
    const { may, own, cookie } = await signedIn();
    expect(await may({ ...own, cookie: '' })).toEqual(nothing);
    expect(await may({ ...own, cookie: `${cookie.slice(0, -1)}${cookie.endsWith('A') ? 'B' : 'A'}` })).toEqual(nothing);
    expect(await may({ ...own, cookie: cookie.replace('evertoken-page', 'other') })).toEqual(nothing);
  });

  it('is found beside what another page of the host has put there', async () => {
    const { may, own, cookie } = await signedIn();
    const [name] = cookie.split('=');
    expect(await may({ ...own, cookie: `a=b; ${name}=tossed; ${cookie}` })).toEqual(everything);
  });

  it.each([
    ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['another port of the same host', { origin: 'http://localhost:1', 'sec-fetch-site': 'same-site' }],
    ['an origin that hides', { origin: 'null' }],
    ['a site that hides its origin', { 'sec-fetch-site': 'cross-site' }],
    ['an origin that only looks like it', { origin: 'http://localhost.evil.example' }],
  ])('lets %s do nothing', async (_who, headers) => {
    const { may } = await signedIn();
    expect(await may(headers)).toEqual(nothing);
  });

  it('lets what does not say where it comes from read, and change nothing', async () => {
    const { may } = await signedIn();
    expect(await may()).toEqual(readingAlone);
    expect(await may({ 'sec-fetch-site': 'none' })).toEqual(readingAlone);
  });

  it('does not take http for the origin of an https listener', async () => {
    const { may, origin } = await signedIn({ kind: 'https' });
    expect(await may({ origin })).toEqual(everything);
    expect(await may({ origin: origin.replace('https:', 'http:') })).toEqual(nothing);
  });

  it('ends when it was idle for half an hour, and lives on with each request', async () => {
    let now = 0;
    const { may, own } = await signedIn({ now: () => now });
    for (const at of [29, 58, 87]) {
      now = at * minuteMs;
      expect(await may(own)).toEqual(everything);
    }
    now = (87 + 30) * minuteMs;
    expect(await may(own)).toEqual(nothing);
  });

  it('ends after twelve hours, however busy', async () => {
    let now = 0;
    const { may, own } = await signedIn({ now: () => now });
    for (; now < 720 * minuteMs; now += 20 * minuteMs) expect(await may(own)).toEqual(everything);
    expect(await may(own)).toEqual(nothing);
  });

  it('gives way when there are many, the one that was idle for longest first', async () => {
    let now = 0;
    const { site, ask, may, own } = await signedIn({ now: () => now, limits: { sessions: 2 } });
    now = 1;
    const second = cookieOf(await ask(site.newLink().path));
    now = 2;
    expect(await may(own)).toEqual(everything);
    now = 3;
    const third = cookieOf(await ask(site.newLink().path));
    expect(await may(own)).toEqual(everything);
    expect(await may({ ...own, cookie: third })).toEqual(everything);
    expect(await may({ ...own, cookie: second })).toEqual(nothing);
  });

  it('is ended by the page, and by no other site', async () => {
    const { ask, may, own, cookie } = await signedIn();
    const foreign = await ask('/page/session/end', { method: 'POST', headers: { cookie, origin: 'https://evil.example' } });
    expect(foreign.status).toBe(403);
    expect(await may(own)).toEqual(everything);
    const ended = await ask('/page/session/end', { method: 'POST', headers: { cookie, ...own } });
    expect(ended.status).toBe(204);
    expect(ended.headers['set-cookie']?.[0]).toContain('Max-Age=0');
    expect(await may(own)).toEqual(nothing);
  });

  it('of one process opens no other', async () => {
    const { cookie } = await signedIn();
    const { ask, origin } = await openSite();
    const headers = { cookie, origin, 'sec-fetch-site': 'same-origin' };
    expect(mayOf(await ask('/page/may', { headers }))).toEqual(nothing);
  });
});

describe('the address without a slash', () => {
  it('leads to the page', async () => {
    const { ask } = await openSite();
    const moved = await ask('/page');
    expect(moved.status).toBe(308);
    expect(moved.headers.location).toBe('/page/');
  });
});
