import type { AgentStanding, AppStanding, IssuerStanding, StatusUpdate, StoreStanding, TokenStanding } from '@evertoken/agent/contract';
import { batch, type Signal, signal } from '@preact/signals';

/** All that is known of the agent. What is shown of a token or an app follows its own signal, so that one change leaves all others alone. */
export interface StatusStore {
  readonly agent: Signal<AgentStanding | undefined>;
  readonly store: Signal<StoreStanding | undefined>;
  readonly tokens: Signal<readonly Signal<TokenStanding>[]>;
  readonly apps: Signal<readonly Signal<AppStanding>[]>;
  readonly issuers: Signal<readonly Signal<IssuerStanding>[]>;
  /** Takes what the agent sent. */
  take(update: StatusUpdate): void;
}

/** One that knows nothing yet. */
export function makeStatusStore(): StatusStore {
  const agent = signal<AgentStanding | undefined>(undefined);
  const store = signal<StoreStanding | undefined>(undefined);
  const tokens = namedList<TokenStanding>((token) => token.name);
  const apps = namedList<AppStanding>((app) => app.name);
  const issuers = namedList<IssuerStanding>((issuer) => issuer.issuer);
  return {
    agent,
    store,
    tokens: tokens.all,
    apps: apps.all,
    issuers: issuers.all,
    take(update) {
      batch(() => {
        tokens.take(update.tokens ?? []);
        apps.take(update.apps ?? []);
        issuers.take(update.issuers ?? []);
        if (update.store !== undefined) store.value = update.store;
        if (update.agent === undefined) return;
        agent.value = update.agent;
        tokens.arrange(update.agent.tokens);
        apps.arrange(update.agent.apps);
        issuers.arrange(update.agent.issuers);
      });
    },
  };
}

interface NamedList<T> {
  readonly all: Signal<readonly Signal<T>[]>;
  take(changed: readonly T[]): void;
  /** Shows those of these names, in this order, and forgets all others. */
  arrange(names: readonly string[]): void;
}

function namedList<T>(nameOf: (value: T) => string): NamedList<T> {
  const byName = new Map<string, Signal<T>>();
  const all = signal<readonly Signal<T>[]>([]);
  return {
    all,
    take(changed) {
      for (const value of changed) {
        const known = byName.get(nameOf(value));
        if (known === undefined) byName.set(nameOf(value), signal(value));
        else known.value = value;
      }
    },
    arrange(names) {
      const wanted = new Set(names);
      for (const name of byName.keys()) if (!wanted.has(name)) byName.delete(name);
      all.value = names.flatMap((name) => byName.get(name) ?? []);
    },
  };
}
