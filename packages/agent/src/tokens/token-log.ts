import type { TokenKeeper } from '@evertoken/client';
import type { Log } from '@evertoken/service';
import type { ConfigPlaces } from '../config/agent-config.ts';
import { explainFailure } from './explain.ts';

/** Writes a line for each change in the life of the keeper's tokens. `placesOf` tells where the token of a name is configured now. */
export function logTokens(keeper: TokenKeeper, placesOf: (name: string) => ConfigPlaces | undefined, log: Log): void {
  keeper.on('minted', ({ name, fingerprint, durationMs, lifetimeMs, dueAt }) => {
    const next = iso(dueAt);
    const facts = {
      event: 'token.minted',
      token: name,
      fingerprint,
      lifetime_s: lifetimeMs / 1000,
      duration_ms: Math.round(durationMs),
      next_mint_at: next,
    };
    log.info(facts, `minted ${name} ${fingerprint}, next at ${next}`);
  });
  keeper.on('adopted', ({ name, fingerprint, expiresAt, dueAt, by }) => {
    const next = iso(dueAt);
    const facts = { event: 'token.adopted', token: name, fingerprint, expires_at: iso(expiresAt), next_mint_at: next, minted_by: by };
    const whose = by === undefined ? '' : `, minted by ${by}`;
    log.info(facts, `adopted ${name} ${fingerprint} from the store${whose}, next mint at ${next}`);
  });
  keeper.on('failed', ({ name, code, message, retryable, details, count, retryInMs, durationMs }) => {
    const places = placesOf(name);
    const help = places === undefined ? undefined : explainFailure({ code, message, details }, places);
    const facts = {
      event: 'token.mint_failed',
      token: name,
      code,
      retryable,
      attempts: count,
      retry_in_s: Math.round(retryInMs / 1000),
      duration_ms: Math.round(durationMs),
      meaning: help?.meaning,
      step: help?.step,
    };
    if (retryable) log.warn(facts, `could not mint ${name}: ${message}`);
    else log.error(facts, `could not mint ${name}: ${message}`);
  });
  keeper.on('rejected', ({ name, fingerprint, isMinting, refusedForMs }) => {
    const facts = {
      event: 'token.rejected',
      token: name,
      fingerprint,
      is_minting: isMinting,
      refused_for_s: Math.round(refusedForMs / 1000),
    };
    log.warn(facts, `an API refused ${name} ${fingerprint}; ${isMinting ? 'a new one is minted' : 'no new one may be minted yet'}`);
  });
  keeper.on('rejectedAfterMint', ({ name, fingerprint, refusedForMs }) => {
    const facts = { event: 'token.rejected_after_mint', token: name, fingerprint, refused_for_s: Math.round(refusedForMs / 1000) };
    log.error(facts, `an API refused the new ${name} too; check its audience, its issuer and the clock of this machine`);
  });
  keeper.on('lifetimeAssumed', ({ name, lifetimeMs }) => {
    log.warn({ event: 'token.lifetime_assumed', token: name, lifetime_s: lifetimeMs / 1000 }, `the issuer named no lifetime for ${name}`);
  });
  keeper.on('secretRotated', ({ name, from, to }) => {
    log.warn(
      { event: 'token.secret_rotated', token: name, from, to },
      `the issuer took another secret of ${name} than before: number ${to + 1}`,
    );
  });
  keeper.on('quotaLow', ({ name, owner, bucket, quota, remaining, resetsAt }) => {
    const facts = { event: 'token.quota_low', token: name, owner, bucket, quota, remaining, resets_at: iso(resetsAt) };
    log.warn(facts, `${remaining} of ${quota} tokens ${bucket} are left to the ${owner} of ${name}; early mints wait`);
  });
  keeper.on('storeDegraded', ({ name, operation, message, isShared }) => {
    const facts = { event: 'token.store_degraded', store: storeOf(isShared), token: name, operation };
    log.warn(facts, `the ${facts.store} store could not ${operation} ${name}: ${message}`);
  });
  keeper.on('storeRecovered', ({ downMs, isShared }) => {
    const facts = { event: 'token.store_recovered', store: storeOf(isShared), down_s: Math.round(downMs / 1000) };
    const what = isShared ? 'works' : 'takes tokens';
    log.info(facts, `the ${facts.store} store ${what} again, after ${facts.down_s} s`);
  });
}

/** The store that a fleet shares, or the agent's own, `store.file`. */
function storeOf(isShared: true | undefined): 'shared' | 'own' {
  return isShared ? 'shared' : 'own';
}

function iso(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
