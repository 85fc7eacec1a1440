import { randomBytes } from 'node:crypto';
import type { Clock, Timer } from '@evertoken/client';
import type { AgentStanding, AppStanding, IssuerStanding, StatusUpdate, StoreStanding, TokenStanding } from './contract.ts';

/** All that the page shows, at one moment. */
export interface Standings {
  readonly agent: AgentStanding;
  readonly store: StoreStanding;
  readonly tokens: readonly TokenStanding[];
  readonly apps: readonly AppStanding[];
  readonly issuers: readonly IssuerStanding[];
}

/** A part of the standings, with the version in which it changed last. */
interface Part {
  readonly text: string;
  readonly version: number;
}

/** How often to look for changes while somebody watches, ms. */
const lookEveryMs = 1_000;

/**
 * Tells those who watch once a second what changed. While nobody watches, it does nothing. A page that comes back gets what changed in the meantime.
 */
export class StatusFeed {
  readonly #read: () => Standings;
  readonly #clock: Clock;
  /** Marks the versions of this process, so that those of an earlier one are recognised. */
  readonly #epoch = randomBytes(6).toString('hex');
  readonly #watchers = new Set<(update: StatusUpdate) => void>();
  #parts = new Map<string, Part>();
  #standings: Standings | undefined;
  #version = 0;
  #timer: Timer | undefined;

  constructor(read: () => Standings, clock: Clock) {
    this.#read = read;
    this.#clock = clock;
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  /** Sends everything, or what changed since the state `lastId`, and from then on each change. Answers a function that ends it. */
  watch(lastId: string | undefined, send: (update: StatusUpdate) => void): () => void {
    this.#look();
    send(this.#since(this.#versionOf(lastId)));
    this.#watchers.add(send);
    this.#lookLater();
    return () => {
      this.#watchers.delete(send);
      if (this.#watchers.size > 0) return;
      this.#timer?.cancel();
      this.#timer = undefined;
    };
  }

  /** Looks for changes now, because something has just been done that a page waits for. */
  refresh(): void {
    if (this.#watchers.size === 0) return;
    const before = this.#version;
    this.#look();
    if (this.#version === before) return;
    const update = this.#since(before);
    for (const send of this.#watchers) send(update);
  }

  #lookLater(): void {
    this.#timer ??= this.#clock.setTimer(() => {
      this.#timer = undefined;
      this.refresh();
      if (this.#watchers.size > 0) this.#lookLater();
    }, lookEveryMs);
  }

  /** Reads all standings, and gives the parts that changed a new version. */
  #look(): void {
    const standings = this.#read();
    const version = this.#version + 1;
    const parts = new Map<string, Part>();
    let isOther = false;
    for (const [key, value] of partsOf(standings)) {
      const text = JSON.stringify(value);
      const before = this.#parts.get(key);
      const isSame = before?.text === text;
      parts.set(key, isSame ? before : { text, version });
      isOther ||= !isSame;
    }
    // What is gone needs no message of its own: the lists of names in the agent's standing change.
    this.#parts = parts;
    this.#standings = standings;
    if (isOther) this.#version = version;
  }

  #since(version: number): StatusUpdate {
    const { agent, store, tokens, apps, issuers } = this.#standings as Standings;
    const isNew = (key: string): boolean => (this.#parts.get(key)?.version ?? 0) > version;
    const changed = {
      tokens: tokens.filter(({ name }) => isNew(`token ${name}`)),
      apps: apps.filter(({ name }) => isNew(`app ${name}`)),
      issuers: issuers.filter(({ issuer }) => isNew(`issuer ${issuer}`)),
    };
    return {
      id: `${this.#epoch}-${this.#version}`,
      isWhole: version === 0,
      now: this.#clock.now(),
      ...(isNew('agent') && { agent }),
      ...(isNew('store') && { store }),
      ...Object.fromEntries(Object.entries(changed).filter(([, list]) => list.length > 0)),
    };
  }

  #versionOf(id: string | undefined): number {
    const [epoch, version] = id?.split('-', 2) ?? [];
    const known = epoch === this.#epoch ? Number(version) : 0;
    return Number.isInteger(known) && known > 0 && known <= this.#version ? known : 0;
  }
}

function* partsOf({ agent, store, tokens, apps, issuers }: Standings): Generator<readonly [string, object]> {
  yield ['agent', agent];
  yield ['store', store];
  for (const token of tokens) yield [`token ${token.name}`, token];
  for (const app of apps) yield [`app ${app.name}`, app];
  for (const issuer of issuers) yield [`issuer ${issuer.issuer}`, issuer];
}
