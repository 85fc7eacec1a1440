import { hash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '@evertoken/client';
import type { Rule } from './rule.ts';

/** One key of an app, as the config holds it. */
export interface AppKey {
  /** SHA-256 of the key, hex. */
  readonly hash: string;
  /** Epoch ms from which the key is no longer accepted; undefined for a key without an end. */
  readonly notAfter: number | undefined;
}

/** How many requests an app may make. */
export interface Rate {
  /** Steady rate, a second; may be below 1. */
  readonly perSecond: number;
  /** How many may come at once after a rest, at least 1. */
  readonly burst: number;
}

/** A local program that uses the agent, and what it may. */
export interface App {
  readonly name: string;
  /** Its app keys: several while one is being replaced, none where the app is known by its own unix socket. */
  readonly keys: readonly AppKey[];
  /** Names of the tokens that it may read. */
  readonly tokens: readonly string[];
  /** By token name: what it may call with that token through the proxy. */
  readonly proxy: ReadonlyMap<string, readonly Rule[]>;
  /** Bounds reads and calls alike; undefined for the default: reads are free, calls are bounded. */
  readonly rate: Rate | undefined;
}

interface KeyEntry {
  readonly app: App;
  /** The hex digits, as bytes. */
  readonly hashText: Buffer;
  readonly notAfter: number;
}

/** A key that was presented on a connection and accepted, and the app that it belongs to. */
interface ProvedKey {
  readonly key: string;
  readonly entry: KeyEntry;
}

/** Tells which app an app key belongs to. Takes the same time for every key, known or not. */
export class AppDirectory {
  readonly #clock: Pick<Clock, 'now'>;
  #apps: ReadonlyMap<string, App> = new Map();
  #keys: readonly KeyEntry[] = [];
  #proved = new WeakMap<object, ProvedKey>();
  readonly #digest = Buffer.alloc(64);

  constructor(apps: readonly App[], clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
    this.replace(apps);
  }

  /** From now on knows these apps and no others. Requests under way finish with the apps that they began with. */
  replace(apps: readonly App[]): void {
    this.#proved = new WeakMap();
    this.#apps = new Map(apps.map((app) => [app.name, app]));
    this.#keys = apps.flatMap((app) =>
      app.keys.map(({ hash: hex, notAfter = Number.POSITIVE_INFINITY }) => ({
        app,
        hashText: Buffer.from(hex.toLowerCase(), 'latin1'),
        notAfter,
      })),
    );
  }

  /** How many there are. */
  get size(): number {
    return this.#apps.size;
  }

  /** All of them, in the order of the config. */
  get all(): readonly App[] {
    return [...this.#apps.values()];
  }

  /** The app of this name. Does not check that the caller is this app. */
  find(name: string): App | undefined {
    return this.#apps.get(name);
  }

  /** The app with this key, if the key has not ended. A key that was accepted on `connection` before is compared directly there, without a digest. */
  findByKey(key: string, connection?: object): App | undefined {
    const proved = connection && this.#proved.get(connection);
    const entry = proved !== undefined && isSame(key, proved.key) ? proved.entry : this.#entryOf(key);
    if (entry === undefined || this.#clock.now() >= entry.notAfter) return undefined;
    if (connection !== undefined && entry !== proved?.entry) this.#proved.set(connection, { key, entry });
    return entry.app;
  }

  /** The app of this name, if the key is one of its own. */
  findByNameAndKey(name: string, key: string, connection?: object): App | undefined {
    const app = this.findByKey(key, connection);
    return app?.name === name ? app : undefined;
  }

  #entryOf(key: string): KeyEntry | undefined {
    // The digest as hex text in a buffer that is reused: three times as fast as a new buffer with the bytes of the digest.
    this.#digest.write(hash('sha256', key, 'hex'), 'latin1');
    let found: KeyEntry | undefined;
    // No early exit: the time taken must not tell to which app the key belongs, nor that it was valid once.
    for (const entry of this.#keys) if (timingSafeEqual(entry.hashText, this.#digest)) found = entry;
    return found;
  }
}

/** Whether `app` may know that the token `name` exists. */
export function mayKnow(app: App, name: string): boolean {
  return app.tokens.includes(name) || app.proxy.has(name);
}

// Several programs may share a connection through a proxy of their own. So two keys of the same length take the same time to compare, wherever they differ.
function isSame(key: string, proved: string): boolean {
  if (key.length !== proved.length) return false;
  let difference = 0;
  for (let at = 0; at < key.length; at += 1) difference |= key.charCodeAt(at) ^ proved.charCodeAt(at);
  return difference === 0;
}
