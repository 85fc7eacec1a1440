import { type LookupAddress, lookup as lookupByNode } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { Clock } from '@evertoken/client';

/** Asks the system for all addresses of a name; Node's `dns.lookup`, or what a test puts in its place. */
export type AskSystem = (host: string, done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void) => void;

/** For so long an answer is good for other connections too. The system does not say for how long it is. */
const freshMs = 5_000;
/** An address may be older than this only where there is no other: it is tried for as long as the name cannot be looked up. */
const usableMs = 3_600_000;

type Answer = (error: NodeJS.ErrnoException | undefined, addresses: LookupAddress[]) => void;

interface Known {
  readonly error: NodeJS.ErrnoException | undefined;
  readonly addresses: LookupAddress[];
}

/** What is known of one name. */
interface Host {
  addresses: LookupAddress[] | undefined;
  answeredAt: number;
  error: NodeJS.ErrnoException | undefined;
  /** Until when the error is answered again without asking. */
  failsUntil: number;
  /** Whoever waits for the answer that is on its way. */
  waiting: Set<() => void> | undefined;
}

/**
 * Looks names up for connections. The system's own way (`getaddrinfo`: hosts file, search domains) is a call that blocks one of a few threads, for many seconds where
 * no name server answers, and that nothing can cancel. So that names which do not answer cost the others nothing: a name is asked for once at a time, after a failure
 * not again for as long as that took, and whoever waits longer than `timeoutMs` goes on with the addresses of before, or fails.
 */
export class HostLookup {
  readonly #timeoutMs: number;
  readonly #clock: Pick<Clock, 'monotonic' | 'setTimer'>;
  readonly #ask: AskSystem;
  /** Names stand in the config, so they are few. */
  readonly #hosts = new Map<string, Host>();

  constructor({ timeoutMs, clock, ask = askNode }: { timeoutMs: number; clock: Pick<Clock, 'monotonic' | 'setTimer'>; ask?: AskSystem }) {
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
    this.#ask = ask;
  }

  /** What `net.connect` takes as `lookup`. Fails with the system's error; with `EAI_AGAIN` also where it takes too long. */
  readonly lookup: LookupFunction = (name, options, callback) => {
    const answer: Answer = (error, addresses) => {
      const [first] = addresses;
      if (error !== undefined || first === undefined) callback(error ?? noAddress(name), '');
      else if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    };
    this.#find(name.toLowerCase(), answer);
  };

  #find(name: string, answer: Answer): void {
    const known = this.#knownOf(name);
    if (known !== undefined) {
      answer(known.error, known.addresses);
      return;
    }
    const host = this.#hostOf(name);
    if (host.waiting === undefined) this.#askFor(name, host);
    const settle = (): void => {
      timer.cancel();
      host.waiting?.delete(settle);
      const { error, addresses } = this.#bestOf(host, host.waiting === undefined ? host.error : tooLate(name));
      answer(error, addresses);
    };
    const timer = this.#clock.setTimer(settle, this.#timeoutMs);
    host.waiting?.add(settle);
  }

  /** What can be answered without asking, and without waiting for an answer that is on its way. */
  #knownOf(name: string): Known | undefined {
    // RFC 6761 §6.3: it is this machine, whatever a name server says.
    if (name === 'localhost' || name.endsWith('.localhost')) return { error: undefined, addresses: loopback };
    const { addresses, answeredAt, error, failsUntil, waiting } = this.#hostOf(name);
    const now = this.#clock.monotonic();
    if (waiting !== undefined) return undefined;
    if (addresses !== undefined && now - answeredAt < freshMs) return { error: undefined, addresses };
    return error !== undefined && now < failsUntil ? this.#bestOf(this.#hostOf(name), error) : undefined;
  }

  /** After a failure the addresses of before are better than none. */
  #bestOf({ addresses, answeredAt }: Host, error: NodeJS.ErrnoException | undefined): Known {
    const isUsable = addresses !== undefined && this.#clock.monotonic() - answeredAt < usableMs;
    return isUsable ? { error: undefined, addresses } : { error, addresses: [] };
  }

  #hostOf(name: string): Host {
    let host = this.#hosts.get(name);
    if (host === undefined) {
      host = { addresses: undefined, answeredAt: 0, error: undefined, failsUntil: 0, waiting: undefined };
      this.#hosts.set(name, host);
    }
    return host;
  }

  #askFor(name: string, host: Host): void {
    const waiting = new Set<() => void>();
    host.waiting = waiting;
    const askedAt = this.#clock.monotonic();
    this.#ask(name, (error, addresses) => {
      const now = this.#clock.monotonic();
      host.waiting = undefined;
      host.error = error ?? undefined;
      if (error === null) [host.addresses, host.answeredAt] = [addresses, now];
      else host.failsUntil = now + (now - askedAt);
      for (const settle of waiting) settle();
    });
  }
}

const loopback: LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

function askNode(host: string, done: Parameters<AskSystem>[1]): void {
  lookupByNode(host, { all: true }, done);
}

function tooLate(name: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`The name ${name} was not looked up in time.`), { code: 'EAI_AGAIN', syscall: 'getaddrinfo' });
}

function noAddress(name: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`The name ${name} has no address.`), { code: 'ENOTFOUND', syscall: 'getaddrinfo' });
}
