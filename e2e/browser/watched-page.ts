import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContext, chromium, type Locator, type Page, type Request } from 'playwright-core';

/** What went on in a page that should not. */
export interface Trouble {
  readonly kind: 'console' | 'error' | 'foreign request' | 'failed request';
  readonly text: string;
}

/** A page in a browser of its own, with all that is wrong in it written down. */
export interface WatchedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of the console and the script, violations of the Content-Security-Policy, requests to another origin than `origin`. */
  readonly troubles: readonly Trouble[];
  /** Bodies and headers of everything that came. */
  readonly received: () => Promise<string>;
  close(): Promise<void>;
}

/** The browser of Debian, which knows no host but this machine. */
export function launchChromium(): Promise<Browser> {
  const executablePath = execFileSync('/bin/sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).trim();
  return chromium.launch({ executablePath, args: ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1'] });
}

/** Opens an empty page, `width` wide. Nothing but `origin` is to be asked for anything. */
export async function openWatchedPage(
  browser: Browser,
  {
    origin,
    width,
    isDark = false,
    ignoreHTTPSErrors = false,
  }: { origin: string; width: number; isDark?: boolean; ignoreHTTPSErrors?: boolean },
): Promise<WatchedPage> {
  const context = await browser.newContext({
    viewport: { width, height: 800 },
    colorScheme: isDark ? 'dark' : 'light',
    permissions: ['clipboard-read', 'clipboard-write'],
    ignoreHTTPSErrors,
  });
  const page = await context.newPage();
  const troubles: Trouble[] = [];
  const bodies: Promise<string>[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) troubles.push({ kind: 'console', text: message.text() });
  });
  page.on('pageerror', (error) => troubles.push({ kind: 'error', text: error.message }));
  page.on('request', (request) => {
    const url = request.url();
    if (new URL(url).origin !== origin && !url.startsWith('data:')) troubles.push({ kind: 'foreign request', text: url });
  });
  page.on('response', (response) => {
    // A stream has no end to wait for; what it brought stands in the page.
    if (response.headers()['content-type']?.startsWith('text/event-stream')) return;
    bodies.push(response.text().catch(() => ''));
  });
  return { page, context, troubles, received: async () => (await Promise.all(bodies)).join('\n'), close: () => context.close() };
}

/** What axe finds that keeps people out, or makes them lose their way. */
export async function barriersIn(page: Page): Promise<readonly string[]> {
  const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await page.evaluate(axe);
  const found = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')) as {
    readonly violations: readonly { readonly id: string; readonly impact: string; readonly nodes: readonly { readonly html: string }[] }[];
  };
  const grave = found.violations.filter(({ impact }) => impact !== 'minor');
  return grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
}

const focused = `(() => {
  const one = document.activeElement;
  if (one === null || one === document.body) return '';
  const label = one.getAttribute('aria-label') ?? one.labels?.[0]?.textContent ?? one.textContent ?? '';
  return label.replace(/\\s+/g, ' ').trim();
})()`;

/** Of what has the keyboard how it is called; empty where nothing has it. */
export async function keyboardAt(page: Page): Promise<string> {
  return String(await page.evaluate(focused));
}

/** Presses Tab, where it takes that, until what `name` fits has the keyboard, as a person does who looks for it. */
export async function tabTo(page: Page, name: RegExp, mostTabs = 120): Promise<void> {
  const passed: string[] = [];
  for (let tab = 0; tab < mostTabs; tab += 1) {
    const at = await keyboardAt(page);
    if (name.test(at)) return;
    await page.keyboard.press('Tab');
    passed.push(at.slice(0, 40));
  }
  throw new Error(`Tab leads to nothing that ${name} fits, but to: ${[...new Set(passed)].join(' | ')}`);
}

/** How much wider than its window a page is, px; more than none scrolls it sideways. */
export async function overhangOf(page: Page): Promise<number> {
  return Number(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'));
}

/** What stands there to read: as a person sees it, line by line. */
export async function textIn(place: Locator): Promise<string> {
  // biome-ignore lint/performance/useDomNodeTextContent: what is hidden, and in one line, is not what a person sees.
  return await place.evaluate((element) => (element as unknown as { readonly innerText: string }).innerText);
}

/** The requests of a page whose addresses fit, as they are made. */
export function requestsOf(page: Page, path: RegExp): readonly Request[] {
  const made: Request[] = [];
  page.on('request', (request) => {
    if (path.test(request.url())) made.push(request);
  });
  return made;
}
