import { timingSafeEqual } from 'node:crypto';
import { sha256Of } from './app-key.ts';
import type { Rule } from './rule.ts';

/** A local program that uses the agent, and what it may. */
export interface App {
  readonly name: string;
  /** SHA-256 of each of its app keys, hex; several while one is being replaced. */
  readonly keyHashes: readonly string[];
  /** Names of the tokens that it may read. */
  readonly tokens: readonly string[];
  /** By token name: what it may call with that token through the proxy. */
  readonly proxy: ReadonlyMap<string, readonly Rule[]>;
}

/** Tells which app an app key belongs to. Takes the same time for every key, known or not. */
export class AppDirectory {
  readonly #entries: readonly { app: App; hash: Buffer }[];

  constructor(apps: readonly App[]) {
    this.#entries = apps.flatMap((app) => app.keyHashes.map((hash) => ({ app, hash: Buffer.from(hash, 'hex') })));
  }

  /** The app with this key. */
  findByKey(key: string): App | undefined {
    const presented = sha256Of(key);
    let found: App | undefined;
    // No early exit: the time taken must not tell which app the key is of.
    for (const { app, hash } of this.#entries) {
      if (timingSafeEqual(hash, presented)) found = app;
    }
    return found;
  }

  /** The app of this name, if the key is one of its own. */
  findByNameAndKey(name: string, key: string): App | undefined {
    const app = this.findByKey(key);
    return app?.name === name ? app : undefined;
  }
}

/** Whether `app` may know that the token `name` exists. */
export function mayKnow(app: App, name: string): boolean {
  return app.tokens.includes(name) || app.proxy.has(name);
}
