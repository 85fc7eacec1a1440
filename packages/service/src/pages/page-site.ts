import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PageFiles } from './page-files.ts';
import { pageHeaders } from './page-headers.ts';
import { type PageSessionLimits, PageSessions } from './page-sessions.ts';
import { sendRefusedPage } from './refused-page.ts';
import { isSameOrigin } from './same-origin.ts';
import { type SessionCookie, sessionCookie } from './session-cookie.ts';

/** What a site of pages is made of. */
export interface PageSiteOptions {
  readonly files: PageFiles;
  /** Such as `/status`: the pages are at `/status/`, and no other path is theirs. */
  readonly base: string;
  /** What it is called in the page that refuses, such as `the dashboard`. */
  readonly title: string;
  /** What to type for a link, such as `npx evertoken open`. */
  readonly command: string;
  /** Milliseconds. */
  readonly now: () => number;
  readonly limits?: Partial<PageSessionLimits>;
}

/**
 * Pages of a process for its owner: files, one-time links, and the sessions that they begin.
 *
 * The files themselves are given to everyone, as they hold no data. They have to be: where another site, or a one-time link, leads to a page, the browser does
 * not send the strict session cookie with that request. It does with the requests that the page makes; those are judged by `mayRead` and `mayChange`.
 */
export class PageSite {
  readonly #options: PageSiteOptions;
  readonly #sessions: PageSessions;
  readonly #cookie: SessionCookie;

  constructor(options: PageSiteOptions) {
    this.#options = options;
    this.#sessions = new PageSessions({ now: options.now, limits: options.limits });
    this.#cookie = sessionCookie(`evertoken${options.base.replaceAll('/', '-')}`, options.base);
  }

  /** Path of a link that opens the pages once, until `endsAt`. */
  newLink(): { path: string; endsAt: number } {
    const { code, endsAt } = this.#sessions.newCode();
    return { path: `${this.#options.base}/open/${code}`, endsAt };
  }

  /** Answers GET and HEAD for files and links, and `POST …/session/end`. False for all else, which is then untouched. */
  answer(request: IncomingMessage, response: ServerResponse): boolean {
    const { base, files } = this.#options;
    const { method, url = '' } = request;
    const [path = ''] = url.split('?', 1);
    if (method === 'POST' && path === `${base}/session/end`) {
      this.#endSession(request, response);
      return true;
    }
    if (method !== 'GET' && method !== 'HEAD') return false;
    if (path === base) {
      response.writeHead(308, { ...pageHeaders, Location: `${base}/` }).end();
      return true;
    }
    if (!path.startsWith(`${base}/`)) return false;
    const name = path.slice(base.length + 1);
    if (name.startsWith('open/')) {
      this.#open(request, response, name.slice('open/'.length));
      return true;
    }
    return files.answer(request, response, name);
  }

  /** Whether the request belongs to a living session and was not sent by another site. Counts as activity of the session. */
  mayRead(request: IncomingMessage): boolean {
    const site = request.headers['sec-fetch-site'];
    const isForeign = site !== undefined && site !== 'same-origin' && site !== 'none';
    const hasForeignOrigin = request.headers.origin !== undefined && !isSameOrigin(request);
    return !isForeign && !hasForeignOrigin && this.#livingIds(request).length > 0;
  }

  /** Whether the request belongs to a living session and was sent by a page of this same origin. */
  mayChange(request: IncomingMessage): boolean {
    return isSameOrigin(request) && this.#livingIds(request).length > 0;
  }

  #livingIds(request: IncomingMessage): string[] {
    return this.#cookie.idsIn(request).filter((id) => this.#sessions.isLiving(id));
  }

  #open(request: IncomingMessage, response: ServerResponse, code: string): void {
    const hasBody = request.method === 'GET';
    // What looks ahead for a person must not use up the link.
    const isAhead = /\bprefetch\b/.test(String(request.headers['sec-purpose'] ?? request.headers['purpose'] ?? ''));
    if (!hasBody || isAhead) {
      response.writeHead(503, { ...pageHeaders, 'Cache-Control': 'no-store' }).end();
      return;
    }
    const id = this.#sessions.redeem(code);
    if (id === undefined) {
      this.#refuse(response, hasBody);
      return;
    }
    const cookie = this.#cookie.header(request, id);
    const location = `${this.#options.base}/`;
    response.writeHead(303, { ...pageHeaders, 'Cache-Control': 'no-store', 'Set-Cookie': cookie, Location: location }).end();
  }

  #endSession(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    if (!isSameOrigin(request)) {
      response.writeHead(403, { ...pageHeaders, 'Cache-Control': 'no-store' }).end();
      return;
    }
    for (const id of this.#cookie.idsIn(request)) this.#sessions.end(id);
    const cookie = this.#cookie.header(request, undefined);
    response.writeHead(204, { ...pageHeaders, 'Cache-Control': 'no-store', 'Set-Cookie': cookie }).end();
  }

  #refuse(response: ServerResponse, hasBody: boolean): void {
    const { title, command } = this.#options;
    const page = {
      title: 'This link opens nothing',
      text: `A link to ${title} works once, and soon after it was made. This one was used already, is too old, or was made before a restart.`,
      command,
    };
    sendRefusedPage(response, page, { hasBody });
  }
}
