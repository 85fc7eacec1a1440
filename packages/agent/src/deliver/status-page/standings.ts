import type { KeptTokenStatus } from '@evertoken/client';
import type { App, AppDirectory } from '../../apps/app-directory.ts';
import { type AppUses, isNoApp } from '../../apps/app-uses.ts';
import type { BookedToken } from '../../tokens/booked-token.ts';
import { explainFailure } from '../../tokens/explain.ts';
import type { TokenBook } from '../../tokens/token-book.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { RunningAgent } from '../running-agent.ts';
import type { AgentStanding, AppStanding, FailureStanding, HeldStanding, StoreStanding, TokenStanding } from './contract.ts';
import type { TokenHistories } from './token-history.ts';

/** The state of `token` as the page shows it. */
export function tokenStanding(token: BookedToken, { metrics, histories }: { metrics: Metrics; histories: TokenHistories }): TokenStanding {
  const { request, state, isSuspect, isMinting, waiters, token: held, nextMintAt, lastMint, lastFailure, mints, quota } = token.status();
  const { name } = token;
  return {
    name,
    issuer: request.issuer,
    clientId: request.clientId,
    audience: request.audience ?? request.resource ?? null,
    organization: request.organization ?? null,
    state,
    isSuspect,
    isMinting,
    waiters,
    held: held === undefined ? null : heldStanding(held, request.scope),
    // While only the next attempt after a failure is planned, this is the moment of that attempt, which does not move.
    nextMintAt: steady(nextMintAt),
    lastMint: lastMint === undefined ? null : { ...lastMint, durationMs: Math.round(lastMint.durationMs), by: lastMint.by ?? null },
    failure: lastFailure === undefined ? null : failureStanding(lastFailure, token),
    mints,
    happened: histories.happened(name),
    quota: quota ?? [],
    apiLimit: metrics.apiLimitOf(name) ?? null,
  };
}

/** `at` in whole seconds. It is computed from the time left and the time now, which differs by some milliseconds at each look. */
function steady(at: number | undefined): number | null {
  return at === undefined ? null : Math.round(at / 1_000) * 1_000;
}

function heldStanding(held: NonNullable<KeptTokenStatus['token']>, asked: string | undefined): HeldStanding {
  const { fingerprint, scope = asked ?? null, askedAt, dueAt, urgentAt, usableUntil, expiresAt } = held;
  return { fingerprint, scope, askedAt, dueAt: Math.round(dueAt), urgentAt, usableUntil, expiresAt };
}

function failureStanding(failure: NonNullable<KeptTokenStatus['lastFailure']>, token: BookedToken): FailureStanding {
  const { what: message, meaning, step } = explainFailure(failure, token.config.places);
  const { at, code, retryable, count: attempts, nextAttemptAt } = failure;
  return { at, code, message, meaning, step, retryable, attempts, nextAttemptAt: Math.round(nextAttemptAt) };
}

/** The state of every app, then of the callers that are no app. */
export function appStandings(apps: AppDirectory, uses: AppUses, perSecond: (name: string) => number): readonly AppStanding[] {
  const known = apps.all;
  const others = uses.names.filter(isNoApp);
  return [...known, ...others.map((name) => ({ name }))].map((app) => {
    const { keys = [], tokens = [], proxy } = app as Partial<App>;
    const use = uses.of(app.name);
    return {
      name: app.name,
      reads: tokens,
      calls: [...(proxy?.keys() ?? [])],
      keysEnd: keys.map(({ notAfter }) => notAfter ?? null),
      handOuts: use?.handOuts ?? 0,
      proxied: use?.proxied ?? 0,
      refusals: use?.refusals ?? 0,
      // In whole seconds, so that an app in steady use is not sent again at each look.
      lastUsedAt: steady(use?.lastUsedAt),
      lastRefusal: use?.lastRefusal ?? null,
      perSecond: perSecond(app.name),
    };
  });
}

/** The state of the store. */
export function storeStanding({ keeper, shared }: TokenBook): StoreStanding {
  const { isSharedStoreDown: isDegraded, hasUnsavedTokens } = keeper;
  if (shared === undefined) return { kind: 'file', isDegraded, hasUnsavedTokens, writer: null, counts: null };
  const { failed, unreadable, leaseWaits } = shared.counts;
  return { kind: shared.kind, isDegraded, hasUnsavedTokens, writer: shared.writer, counts: { failed, unreadable, leaseWaits } };
}

/** The state of the agent itself. */
export function agentStanding(agent: RunningAgent, names: Pick<AgentStanding, 'tokens' | 'apps' | 'issuers'>): AgentStanding {
  const { generation, loadedAt, problem = null, needsRestart } = agent.config();
  return {
    version: agent.version,
    startedAt: agent.startedAt,
    listen: agent.urls(),
    config: { file: agent.configFile ?? null, generation, loadedAt, problem, needsRestart },
    ...names,
  };
}
