import type { KeptTokenStatus, TokenState } from '@evertoken/client';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { TokenBook } from '../tokens/token-book.ts';
import { headerOf } from '../upstream/upstream.ts';

const states: readonly TokenState[] = ['empty', 'fresh', 'due', 'urgent', 'expired'];

/** What Prometheus reads. Labels hold names from the config alone, so their number is bounded. */
export class Metrics {
  readonly #book: TokenBook;
  readonly #registry = new Registry();
  /** By door and status; put into a metric when somebody reads them, because each answer counts. */
  readonly #answers = new Map<string, Map<number, number>>();
  readonly #proxyDuration: Histogram<'app' | 'token'>;
  readonly #upstreamAnswers: Counter<'token' | 'status'>;
  readonly #upstreamLimit: Gauge<'token'>;
  readonly #upstreamRemaining: Gauge<'token'>;

  constructor(book: TokenBook, version: string) {
    this.#book = book;
    this.#countEvents();
    this.#watchTokens();
    this.#watchQuotas();
    const build = this.#gauge('evertoken_build_info', 'Always 1.', ['version']);
    build.set({ version }, 1);
    const answers = this.#answers;
    new Counter({
      name: 'evertoken_answers_total',
      help: 'Answers by door and HTTP status.',
      labelNames: ['door', 'status'],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [door, counts] of answers) for (const [status, count] of counts) this.inc({ door, status: String(status) }, count);
      },
    });
    this.#proxyDuration = new Histogram({
      name: 'evertoken_proxy_duration_seconds',
      help: 'From the request to the last byte of the answer of a proxied call.',
      labelNames: ['app', 'token'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers: [this.#registry],
    });
    this.#upstreamAnswers = this.#counter('evertoken_upstream_answers_total', 'Answers of APIs through the proxy.', ['token', 'status']);
    this.#upstreamLimit = this.#gauge('evertoken_upstream_ratelimit_limit', 'What an API said last that its rate limit is.', ['token']);
    this.#upstreamRemaining = this.#gauge('evertoken_upstream_ratelimit_remaining', 'What an API said last that is left of it.', ['token']);
  }

  countAnswer(door: string, status: number): void {
    const counts = this.#answers.get(door);
    if (counts === undefined) this.#answers.set(door, new Map([[status, 1]]));
    else counts.set(status, (counts.get(status) ?? 0) + 1);
  }

  observeProxied(labels: { app: string; token: string }, ms: number): void {
    this.#proxyDuration.observe(labels, ms / 1000);
  }

  /** Takes the status of an API's answer, and what it says of its rate limit. */
  noteUpstream(token: string, status: number, headers: readonly string[]): void {
    this.#upstreamAnswers.inc({ token, status: String(status) });
    const [limit, remaining] = ['x-ratelimit-limit', 'x-ratelimit-remaining'].map((name) => wholeNumber(headerOf(headers, name)));
    if (limit !== undefined) this.#upstreamLimit.set({ token }, limit);
    if (remaining !== undefined) this.#upstreamRemaining.set({ token }, remaining);
  }

  /** The exposition and its media type. */
  async read(): Promise<{ type: string; text: string }> {
    return { type: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  #countEvents(): void {
    const { keeper } = this.#book;
    const mints = this.#counter('evertoken_mints_total', 'Token requests to the issuer.', ['token', 'outcome']);
    const adoptions = this.#counter('evertoken_adoptions_total', 'Tokens taken from the store in place of minting one.', ['token']);
    const rejections = this.#counter('evertoken_rejections_total', 'Tokens that an API answered 401 to.', ['token']);
    const storeFailures = this.#counter('evertoken_store_failures_total', 'Times that the store could not be used.', ['operation']);
    keeper.on('minted', ({ name }) => mints.inc({ token: name, outcome: 'minted' }));
    keeper.on('failed', ({ name, code }) => mints.inc({ token: name, outcome: code }));
    keeper.on('adopted', ({ name }) => adoptions.inc({ token: name }));
    keeper.on('rejected', ({ name }) => rejections.inc({ token: name }));
    keeper.on('storeDegraded', ({ operation }) => storeFailures.inc({ operation }));
  }

  #watchTokens(): void {
    const watch = (name: string, help: string, read: (status: KeptTokenStatus) => number): void => {
      this.#gauge(name, help, ['token'], (gauge) => {
        for (const token of this.#book.tokens) gauge.set({ token: token.name }, read(token.status()));
      });
    };
    watch('evertoken_token_remaining_seconds', 'Seconds that the held token lives from now.', ({ token }) => token?.remainingSeconds ?? 0);
    watch(
      'evertoken_token_runway_seconds',
      'Seconds for which callers are served if the issuer never answers again.',
      ({ token }) => token?.runwaySeconds ?? 0,
    );
    watch('evertoken_token_waiters', 'Callers that wait for a mint.', ({ waiters }) => waiters);
    watch('evertoken_token_is_suspect', '1 for a token that an API refused and that has no successor yet.', ({ isSuspect }) =>
      isSuspect ? 1 : 0,
    );
    this.#gauge('evertoken_token_state', '1 for the state that the token is in, 0 for the others.', ['token', 'state'], (gauge) => {
      for (const token of this.#book.tokens) {
        const { state: current } = token.status();
        for (const state of states) gauge.set({ token: token.name, state }, state === current ? 1 : 0);
      }
    });
  }

  #watchQuotas(): void {
    const labels = ['token', 'owner', 'bucket'] as const;
    const watch = (name: string, help: string, member: 'quota' | 'remaining'): void => {
      this.#gauge(name, help, labels, (gauge) => {
        for (const token of this.#book.tokens) {
          for (const reading of token.status().quota ?? []) {
            gauge.set({ token: token.name, owner: reading.owner, bucket: reading.bucket }, reading[member]);
          }
        }
      });
    };
    watch('evertoken_issuer_quota', 'Tokens that the issuer gives in the period of the bucket.', 'quota');
    watch('evertoken_issuer_quota_remaining', 'How many of them are left.', 'remaining');
  }

  #counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.#registry] });
  }

  /** A gauge; with `collect` one that is set anew each time that somebody reads it. */
  #gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    collect?: (gauge: Gauge<Label>) => void,
  ): Gauge<Label> {
    const options = { name, help, labelNames: [...labelNames], registers: [this.#registry] };
    if (collect === undefined) return new Gauge(options);
    return new Gauge<Label>({
      ...options,
      collect() {
        // A reload may have taken tokens away.
        this.reset();
        collect(this);
      },
    });
  }
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
