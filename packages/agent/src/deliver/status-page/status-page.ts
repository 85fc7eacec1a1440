import { type PageFiles, PageSite } from '@evertoken/service';
import type { AppUses } from '../../apps/app-uses.ts';
import type { BookedToken } from '../../tokens/booked-token.ts';
import type { Door, DoorParts } from '../door.ts';
import { type Exchange, sendJson } from '../exchange.ts';
import { readBody } from '../read-body.ts';
import { Refusal } from '../refusal.ts';
import type { RunningAgent } from '../running-agent.ts';
import { EventStream } from './event-stream.ts';
import { IssuerHealth } from './issuer-health.ts';
import { PageActions } from './page-actions.ts';
import { RequestRates } from './request-rates.ts';
import { agentStanding, appStandings, storeStanding, tokenStanding } from './standings.ts';
import type { Standings } from './status-feed.ts';
import { StatusFeed } from './status-feed.ts';
import { TokenHistories } from './token-history.ts';

/** The built page, and what to type for a link to it. */
export interface StatusPageFiles {
  readonly files: PageFiles;
  readonly command: string;
}

/** Pages that watch at once; a browser opens at most six to one address. */
const mostWatchers = 32;

/**
 * `/status/`: the state of the agent for its owner's browser, and the few things that can be done there. The files of the page are public and hold nothing
 * private; everything else needs the session that a one-time link begins. It shows no token and no secret, and no key but a new one that was asked for.
 */
export class StatusPage {
  readonly door: Door;
  readonly #site: PageSite;
  readonly #parts: DoorParts;
  readonly #command: string;
  readonly #feed: StatusFeed;
  readonly #histories: TokenHistories;
  readonly #actions: PageActions;
  readonly #streams = new Set<EventStream>();

  constructor(
    { files, command }: StatusPageFiles,
    parts: DoorParts & { readonly uses: AppUses; readonly agent: () => RunningAgent | undefined },
  ) {
    const { book, apps, uses, metrics, clock, log } = parts;
    this.#parts = parts;
    this.#command = command;
    this.#site = new PageSite({ files, base: '/status', title: 'the status page', command, now: () => clock.monotonic() });
    this.#histories = new TokenHistories(book.keeper, clock);
    this.#actions = new PageActions({ book, apps, log, configFile: () => parts.agent()?.configFile });
    const health = new IssuerHealth(book.keeper, book, clock);
    const rates = new RequestRates(uses, clock);
    let agent: RunningAgent | undefined;
    const read = (): Standings => {
      // An agent that has begun to stop is shown for a moment longer.
      agent = parts.agent() ?? agent;
      if (agent === undefined)
        throw new Refusal(503, 'not_ready', 'The agent starts. Try again in a moment.', { headers: { 'retry-after': '1' } });
      const tokens = book.tokens.map((token) => tokenStanding(token, { metrics, histories: this.#histories }));
      const people = appStandings(apps, uses, rates.next());
      const issuers = health.standings(book, clock.now());
      const names = {
        tokens: tokens.map(({ name }) => name),
        apps: people.map(({ name }) => name),
        issuers: issuers.map(({ issuer }) => issuer),
      };
      return { agent: agentStanding(agent, names), store: storeStanding(book), tokens, apps: people, issuers };
    };
    this.#feed = new StatusFeed(read, clock);
    this.door = {
      name: 'status_page',
      errorForm: 'problem',
      givesTokens: false,
      isStreaming: false,
      isPage: true,
      answers: ({ segments }) => segments[0] === 'status',
      answer: (exchange) => this.#answer(exchange),
    };
  }

  /** Path of a link that opens the page once, until `endsAt` of the monotonic clock. */
  newLink(): { readonly path: string; readonly endsAt: number } {
    return this.#site.newLink();
  }

  /** Forgets tokens that are no longer in the config, and sends the new state to the pages. */
  reconfigure(): void {
    this.#histories.keep(new Set(this.#parts.book.tokens.map(({ name }) => name)));
    this.#feed.refresh();
  }

  /** Ends the streams of all pages, which would keep the listeners from closing. */
  endStreams(): void {
    for (const stream of this.#streams) stream.end();
  }

  #answer(exchange: Exchange): Promise<void> | undefined {
    const { request, response, path } = exchange;
    if (this.#site.answer(request, response)) return undefined;
    const [, what, name = '', action] = path.segments;
    const { length } = path.segments;
    if (request.method === 'GET') {
      if (what === 'events' && length === 2) return this.#watch(exchange);
      if (what === 'history' && length === 3) {
        this.#mustRead(exchange);
        const { name: known } = this.#tokenNamed(name);
        sendJson(exchange, 200, { entries: this.#histories.of(known) }, ['cache-control', 'no-store']);
        return undefined;
      }
    }
    if (request.method === 'POST') {
      if (what === 'tokens' && action === 'mint' && length === 4) return this.#mint(exchange, name);
      if (what === 'keys' && length === 2) return this.#newKey(exchange);
    }
    throw new Refusal(404, 'not_found', 'There is nothing here.');
  }

  async #watch(exchange: Exchange): Promise<void> {
    this.#mustRead(exchange);
    const { request, response } = exchange;
    if (this.#streams.size >= mostWatchers) {
      throw new Refusal(503, 'too_many_pages', 'Too many pages are open. Close one.', { headers: { 'retry-after': '5' } });
    }
    const lastId = request.headers['last-event-id'];
    let stream: EventStream | undefined;
    // Asking keeps the session of an open page from ending as idle, and ends the stream of one that has ended.
    const mayGoOn = (): boolean => this.#site.mayRead(request);
    const stop = this.#feed.watch(typeof lastId === 'string' ? lastId : undefined, (update) => {
      stream ??= new EventStream(response, { clock: this.#parts.clock, mayGoOn });
      stream.send('status', update.id, update);
    });
    if (stream === undefined) return;
    this.#streams.add(stream);
    await stream.ended;
    stop();
    this.#streams.delete(stream);
  }

  async #mint(exchange: Exchange, name: string): Promise<void> {
    this.#mustChange(exchange);
    const token = this.#tokenNamed(name);
    try {
      sendJson(exchange, 200, await this.#actions.mint(token), ['cache-control', 'no-store']);
    } finally {
      this.#feed.refresh();
    }
  }

  async #newKey(exchange: Exchange): Promise<void> {
    this.#mustChange(exchange);
    const { app, tokens } = jsonOf(await readBody(exchange.request, this.#parts.clock));
    sendJson(exchange, 200, await this.#actions.newKey(app, tokens), ['cache-control', 'no-store']);
  }

  #tokenNamed(name: string): BookedToken {
    const token = this.#parts.book.find(name);
    if (token === undefined) throw new Refusal(404, 'unknown_token', 'There is no token of that name.');
    return token;
  }

  #mustRead({ request }: Exchange): void {
    if (!this.#site.mayRead(request)) throw this.#withoutSession();
  }

  #mustChange({ request }: Exchange): void {
    if (!this.#site.mayChange(request)) throw this.#withoutSession();
  }

  #withoutSession(): Refusal {
    const detail = `This page has no session with the agent; one ends with the agent, and when nobody has looked for long. Open the page again with \`${this.#command}\`.`;
    return new Refusal(401, 'session_missing', detail, { members: { command: this.#command } });
  }
}

function jsonOf(body: Buffer): { readonly app?: unknown; readonly tokens?: unknown } {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Told below.
  }
  throw new Refusal(400, 'invalid_request_body', 'The body is no JSON object.');
}
