import type { Fetch } from '@evertoken/client';
import type { Accuse } from './broken-promise.ts';
import { IssuerClock } from './issuer-clock.ts';
import type { IssuerRules } from './issuer-rules.ts';
import { ASSERTION, type Outcome, type ToldQuota } from './issuer-watch.ts';
import type { RegisteredClient } from './registered-client.ts';
import type { WorldTime } from './world-time.ts';
import type { Happening } from './year-script.ts';

export type Trouble = Extract<Happening, { kind: 'outage' | 'latency' | 'rate limit' | 'quota' | 'same token' }>;

interface Reply {
  readonly outcome: Outcome;
  readonly status?: number;
  readonly headers?: Record<string, string>;
  /** Undefined: no answer, the connection fails. */
  readonly body?: string;
}

const QUOTA = 50;
const json = { 'content-type': 'application/json' };

/** An issuer without sockets: `fetch` for the client, a clock of its own, troubles as they are told. */
export class SimulatedIssuer {
  readonly clock: IssuerClock;
  readonly rules: IssuerRules;
  readonly #time: WorldTime;
  readonly #latencyMs: number;
  readonly #troubles: Trouble[] = [];
  readonly #clients = new Map<string, RegisteredClient>();

  constructor(time: WorldTime, rules: IssuerRules, accuse: Accuse, latencyMs: number) {
    this.#time = time;
    this.rules = rules;
    this.clock = new IssuerClock(time, accuse);
    this.#latencyMs = latencyMs;
  }

  register(clientId: string, client: RegisteredClient): void {
    this.#clients.set(clientId, client);
  }

  /** Trouble begins; the answer ends it. */
  begin(trouble: Trouble): () => void {
    this.#troubles.push(trouble);
    return () => this.#troubles.splice(this.#troubles.indexOf(trouble), 1);
  }

  /** Whether `client` with these proofs gets a token in time, whichever it tries first. */
  serves(client: RegisteredClient, proofs: readonly string[]): boolean {
    if (this.#now('outage') !== undefined || this.#now('rate limit') !== undefined) return false;
    const isValid = (proof: string) => (proof === ASSERTION ? this.clock.isKnown : client.accepts(proof));
    return proofs.some(isValid) && this.#latencyOf(client) * proofs.length < 9_500;
  }

  /** Whether all of some clients one after the other get theirs within the patience of a caller. */
  isPrompt(proofs: number): boolean {
    return this.latencyMs * proofs < 2_500;
  }

  /** Whether it hands out a token that it handed out before. */
  get repeats(): boolean {
    return this.#now('same token') !== undefined;
  }

  get latencyMs(): number {
    return this.#now('latency')?.latencyMs ?? this.#latencyMs;
  }

  readonly fetch: Fetch = (_url, init) => {
    const signal = init?.signal ?? undefined;
    // As `fetch` does: what is stopped before it begins is never sent.
    if (signal?.aborted) return Promise.reject(signal.reason);
    const parameters = new URLSearchParams(String(init?.body));
    const client = this.#clients.get(parameters.get('client_id') ?? '');
    if (client === undefined) throw new Error('A request came without the id of a client that is known.');
    const { watch } = client;
    const assertion = parameters.get('client_assertion');
    const proof = assertion === null ? (parameters.get('client_secret') ?? '') : ASSERTION;
    watch.asked(proof);
    const isProven = assertion === null ? client.accepts(proof) : this.clock.accepts(assertion, client);
    const reply = this.#replyTo(client, isProven);
    const tellClock = this.clock.expectAnswer();
    client.pending += 1;
    return new Promise((resolve, reject) => {
      const end = () => {
        client.pending -= 1;
        timer?.cancel();
        signal?.removeEventListener('abort', abort);
      };
      const abort = () => {
        end();
        watch.answered({ kind: 'cut off' }, null);
        reject(signal?.reason);
      };
      const answer = () => {
        end();
        const { outcome, status = 200, headers = {}, body } = reply;
        if (body === undefined) {
          watch.answered(outcome, null);
          reject(new TypeError('fetch failed', { cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }) }));
          return;
        }
        const { header, told } = this.#quota();
        tellClock();
        watch.answered(outcome, told);
        resolve(new Response(body, { status, headers: { date: this.clock.httpDate(), ...header, ...headers } }));
      };
      const isHanging = this.#now('outage')?.how === 'hangs';
      const timer = isHanging ? undefined : this.#time.clock.setTimer(answer, this.#latencyOf(client));
      signal?.addEventListener('abort', abort, { once: true });
    });
  };

  #latencyOf(client: RegisteredClient): number {
    return this.latencyMs + client.index;
  }

  #replyTo(client: RegisteredClient, isProven: boolean): Reply {
    const failure = { kind: 'failure' as const };
    switch (this.#now('outage')?.how) {
      case 'refuses connections':
      case 'hangs':
        return { outcome: failure };
      case 'answers 500':
        return { outcome: failure, status: 500, body: 'oops' };
      case 'answers 503':
        return { outcome: failure, status: 503, body: '<h1>Service unavailable</h1>', headers: { 'content-type': 'text/html' } };
      case 'answers 200 with HTML':
        return { outcome: failure, body: '<h1>Hello</h1>', headers: { 'content-type': 'text/html' } };
      case 'answers 200 with nothing':
        return { outcome: failure, body: '', headers: json };
      case undefined:
    }
    const limit = this.#now('rate limit');
    if (limit !== undefined) return this.#refuseFor(limit);
    if (!isProven)
      return { outcome: { kind: 'wrong proof' }, status: 401, body: JSON.stringify({ error: 'access_denied' }), headers: json };
    const { delivery, expiresIn } = client.issue(this.#latencyOf(client), this.repeats, this.clock.epochSeconds());
    const body = JSON.stringify({ access_token: delivery.value, token_type: 'Bearer', ...expiresIn });
    return { outcome: { kind: 'token', delivery }, body, headers: json };
  }

  /** The headers are made when the request comes; the `Date` they are read against is that of the same moment. */
  #refuseFor({ how, seconds }: Extract<Trouble, { kind: 'rate limit' }>): Reply {
    const asked = {
      'Retry-After': { 'retry-after': String(seconds) },
      'Retry-After as a date': { 'retry-after': this.clock.httpDate(seconds * 1000) },
      'X-RateLimit-Reset': { 'x-ratelimit-reset': String(this.clock.epochSeconds() + seconds) },
      'no header': {},
    }[how];
    const isHeard = how === 'Retry-After' || how === 'Retry-After as a date' || (how === 'X-RateLimit-Reset' && seconds <= 60);
    return {
      outcome: { kind: 'failure', isOfClient: true, ...(isHeard ? { retryAfterMs: seconds * 1000 } : {}) },
      status: 429,
      body: JSON.stringify({ error: 'too_many_requests' }),
      headers: { ...json, ...asked, date: this.clock.httpDate() },
    };
  }

  #quota(): { header: Record<string, string>; told: ToldQuota } {
    const quota = this.#now('quota');
    if (quota === undefined) return { header: {}, told: undefined };
    const { remaining, resetSeconds } = quota;
    return {
      header: { 'auth0-client-quota-limit': `b=per_hour;q=${QUOTA};r=${remaining};t=${resetSeconds}` },
      told: { remaining, resetsAtWallMs: this.#time.now().wallMs + resetSeconds * 1000 },
    };
  }

  #now<K extends Trouble['kind']>(kind: K): Extract<Trouble, { kind: K }> | undefined {
    return this.#troubles.findLast((trouble): trouble is Extract<Trouble, { kind: K }> => trouble.kind === kind);
  }
}
