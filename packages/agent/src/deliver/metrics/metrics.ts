import type { TokenKeeper } from '@evertoken/client';
import type { TokenBook } from '../../tokens/token-book.ts';
import { headerOf } from '../../upstream/upstream.ts';
import { Durations } from './durations.ts';
import type { Family } from './family.ts';
import { storeFamilies } from './store-families.ts';
import { Tally } from './tally.ts';
import { tokenFamilies } from './token-families.ts';
import { type Upkeep, upkeepFamilies } from './upkeep-families.ts';

/** What Prometheus reads. Labels hold names from the config alone, so their number is bounded. */
export class Metrics {
  readonly #answers = new Tally('counter', { name: 'evertoken_answers_total', help: 'Answers by door and HTTP status.' }, [
    'door',
    'status',
  ]);
  readonly #proxyDuration = new Durations(
    { name: 'evertoken_proxy_duration_seconds', help: 'From the request to the last byte of the answer of a proxied call.' },
    ['app', 'token'],
  );
  readonly #upstreamAnswers = new Tally(
    'counter',
    { name: 'evertoken_upstream_answers_total', help: 'Answers of APIs through the proxy.' },
    ['token', 'status'],
  );
  readonly #upstreamLimit = new Tally(
    'gauge',
    { name: 'evertoken_upstream_ratelimit_limit', help: 'What an API said last that its rate limit is.' },
    ['token'],
  );
  readonly #upstreamRemaining = new Tally(
    'gauge',
    { name: 'evertoken_upstream_ratelimit_remaining', help: 'What an API said last that is left of it.' },
    ['token'],
  );
  readonly #families: readonly Family[];
  #reading: Promise<{ type: string; text: string }> | undefined;

  constructor(book: TokenBook, upkeep: Upkeep, version: string) {
    this.#families = [
      ...keeperFamilies(book.keeper),
      ...tokenFamilies(book),
      ...storeFamilies(book),
      ...upkeepFamilies(upkeep),
      { name: 'evertoken_build_info', help: 'Always 1.', type: 'gauge', samples: () => [{ labels: { version }, value: 1 }] },
      this.#answers,
      this.#proxyDuration,
      this.#upstreamAnswers,
      this.#upstreamLimit,
      this.#upstreamRemaining,
    ];
  }

  countAnswer(door: string, status: number): void {
    this.#answers.count(door, status);
  }

  observeProxied({ app, token }: { app: string; token: string }, ms: number): void {
    this.#proxyDuration.observe(app, token, ms);
  }

  /** Counts an API's answer by its status, and remembers what its headers say of the rate limit. */
  noteUpstream(token: string, status: number, headers: readonly string[]): void {
    this.#upstreamAnswers.count(token, status);
    const limit = wholeNumber(headerOf(headers, 'x-ratelimit-limit'));
    const remaining = wholeNumber(headerOf(headers, 'x-ratelimit-remaining'));
    if (limit !== undefined) this.#upstreamLimit.set(token, limit);
    if (remaining !== undefined) this.#upstreamRemaining.set(token, remaining);
  }

  /** The rate limit as the API of `token` told it last; undefined where it never did. */
  apiLimitOf(token: string): { readonly limit: number; readonly remaining: number } | undefined {
    const [limit, remaining] = [this.#upstreamLimit.get(token), this.#upstreamRemaining.get(token)];
    return limit === undefined || remaining === undefined ? undefined : { limit, remaining };
  }

  /** The exposition and its media type. Whoever asks while it is written gets the same: it takes longer than all else that is answered without a key. */
  read(): Promise<{ type: string; text: string }> {
    this.#reading ??= this.#write().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #write(): Promise<{ type: string; text: string }> {
    // The metrics of many agents are never read, so the code that writes them is loaded at the first reading.
    const { exposition } = await import('./exposition.ts');
    return exposition(this.#families);
  }
}

/** What happens to tokens. */
function keeperFamilies(keeper: TokenKeeper): readonly Family[] {
  const mints = new Tally('counter', { name: 'evertoken_mints_total', help: 'Token requests to the issuer.' }, ['token', 'outcome']);
  const adoptions = new Tally(
    'counter',
    { name: 'evertoken_adoptions_total', help: 'Tokens taken from the store in place of minting one.' },
    ['token'],
  );
  const rejections = new Tally('counter', { name: 'evertoken_rejections_total', help: 'Tokens that an API answered 401 to.' }, ['token']);
  const storeFailures = new Tally(
    'counter',
    {
      name: 'evertoken_store_failures_total',
      help: 'Times that the shared store went away, or that the disk did not take or give a token.',
    },
    ['operation'],
  );
  keeper.on('minted', ({ name }) => mints.count(name, 'minted'));
  keeper.on('failed', ({ name, code }) => mints.count(name, code));
  keeper.on('adopted', ({ name }) => adoptions.count(name));
  keeper.on('rejected', ({ name }) => rejections.count(name));
  keeper.on('storeDegraded', ({ operation }) => storeFailures.count(operation));
  return [mints, adoptions, rejections, storeFailures];
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
