import { TokenError } from '../errors.ts';
import { detailsOf } from '../mint/failure.ts';
import type { TokenRequestFacts } from '../status.ts';

/** What is known of a mint that somebody waits for. */
export interface MintUnderWay {
  readonly name: string;
  readonly facts: TokenRequestFacts;
  readonly isMinting: boolean;
  readonly minter: {
    /** Since when the issuer is asked, or its turn waited for, ms; undefined where neither is so. */
    readonly stage: { readonly isAsked: boolean; readonly forMs: number } | undefined;
    /** The failure of the attempt before, where it failed. */
    currentFailure(): TokenError | undefined;
  };
}

/** The keeper was closed, or keeps this token no longer. */
export function closed({ name, isDropped }: { readonly name: string; readonly isDropped: boolean }): TokenError {
  const quoted = JSON.stringify(name);
  const message = isDropped
    ? `${quoted} is kept no longer: nobody read it for long, or too many others came. Keep it again.`
    : `The keeper of ${quoted} was closed.`;
  return new TokenError('closed', message, { retryable: false });
}

/** The caller's patience ended before the shared mint: with what it waited for, and the failure of the attempt before as its cause. */
export function outOfPatience(mint: MintUnderWay, ms: number): TokenError {
  const cause = mint.minter.currentFailure();
  const before = cause === undefined ? '' : ` The attempt before failed with ${cause.code}.`;
  const message = `No token for ${JSON.stringify(mint.name)} within ${whole(ms)} ms: ${reasonOf(mint)}.${before}`;
  const { status, oauthError, systemCode } = cause?.details ?? {};
  const details = detailsOf(
    { request: mint.facts },
    {
      ...(status === undefined ? {} : { status }),
      ...(oauthError === undefined ? {} : { oauthError }),
      ...(systemCode === undefined ? {} : { systemCode }),
    },
  );
  return new TokenError('wait_timeout', message, { retryable: true, retryAfterMs: 1_000, details, cause });
}

function reasonOf({ facts, isMinting, minter: { stage } }: MintUnderWay): string {
  const issuer = facts.tokenEndpoint ?? facts.issuer;
  if (stage === undefined) return isMinting ? 'another process asks the issuer, and has none yet' : 'the issuer is not asked now';
  if (stage.isAsked) return `the request to ${issuer} began ${whole(stage.forMs)} ms ago and has had no whole answer`;
  return `the request to ${issuer} has waited ${whole(stage.forMs)} ms for its turn, behind other requests of this keeper`;
}

function whole(ms: number): number {
  return Math.max(0, Math.round(ms));
}

/** A usable token is held, but not one that lives as long as the caller needs. */
export function tooShort(name: string, neededMs: number, cause: unknown, pauseMs: number): TokenError {
  const message = `No token for ${JSON.stringify(name)} that lives ${Math.ceil(neededMs / 1000)} s more could be had.`;
  return new TokenError('min_ttl_unmet', message, { retryable: true, retryAfterMs: Math.max(1_000, Math.ceil(pauseMs)), cause });
}
