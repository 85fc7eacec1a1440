import type { TokenState } from '@evertoken/client';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { TokenBook } from '../tokens/token-book.ts';

const states: readonly TokenState[] = ['empty', 'fresh', 'due', 'urgent', 'expired'];

/** What Prometheus reads. Labels hold names from the config alone, so their number is bounded. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #answers: Counter<'door' | 'status'>;
  readonly #proxyDuration: Histogram<'token'>;

  constructor(book: TokenBook, version: string) {
    const registers = [this.#registry];
    const mints = new Counter({
      name: 'evertoken_mints_total',
      help: 'Token requests to the issuer.',
      labelNames: ['token', 'outcome'],
      registers,
    });
    const rejections = new Counter({
      name: 'evertoken_rejections_total',
      help: 'Tokens that an API answered 401 to.',
      labelNames: ['token'],
      registers,
    });
    book.keeper.on('minted', ({ name }) => mints.inc({ token: name, outcome: 'minted' }));
    book.keeper.on('failed', ({ name, code }) => mints.inc({ token: name, outcome: code }));
    book.keeper.on('rejected', ({ name }) => rejections.inc({ token: name }));

    const gauge = (name: string, help: string, read: (status: ReturnType<TokenBook['tokens'][number]['status']>) => number): void => {
      new Gauge({
        name,
        help,
        labelNames: ['token'],
        registers,
        collect() {
          for (const token of book.tokens) this.set({ token: token.name }, read(token.status()));
        },
      });
    };
    gauge(
      'evertoken_token_remaining_seconds',
      'Seconds that the held token lives from now.',
      (status) => status.token?.remainingSeconds ?? 0,
    );
    gauge(
      'evertoken_token_runway_seconds',
      'Seconds for which callers are served if the issuer never answers again.',
      (status) => status.token?.runwaySeconds ?? 0,
    );
    gauge('evertoken_token_waiters', 'Callers that wait for a mint.', (status) => status.waiters);
    new Gauge({
      name: 'evertoken_token_state',
      help: '1 for the state that the token is in, 0 for the others.',
      labelNames: ['token', 'state'],
      registers,
      collect() {
        for (const token of book.tokens) {
          const { state: current } = token.status();
          for (const state of states) this.set({ token: token.name, state }, state === current ? 1 : 0);
        }
      },
    });
    const build = new Gauge({ name: 'evertoken_build_info', help: 'Always 1.', labelNames: ['version'], registers });
    build.set({ version }, 1);

    this.#answers = new Counter({
      name: 'evertoken_answers_total',
      help: 'Answers by door and HTTP status.',
      labelNames: ['door', 'status'],
      registers,
    });
    this.#proxyDuration = new Histogram({
      name: 'evertoken_proxy_duration_seconds',
      help: 'From the request to the last byte of the answer of a proxied call.',
      labelNames: ['token'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    });
  }

  countAnswer(door: string, status: number): void {
    this.#answers.inc({ door, status: String(status) });
  }

  observeProxied(token: string, ms: number): void {
    this.#proxyDuration.observe({ token }, ms / 1000);
  }

  /** The exposition and its media type. */
  async read(): Promise<{ type: string; text: string }> {
    return { type: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}
