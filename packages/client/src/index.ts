// The types name Symbol.asyncDispose, which a program's own `lib` may not have.
/// <reference lib="esnext.disposable" preserve="true" />

export { type Clock, type Random, systemClock, type Timer, type TimerOptions } from './clock.ts';
export { isTokenError, TokenError, type TokenErrorCode, type TokenErrorDetails } from './errors.ts';
export type { StoreOperation, TokenKeeperEvent, TokenKeeperEvents } from './events.ts';
export type { KeptToken } from './keep/kept-token.ts';
export { keepToken, TokenKeeper } from './keep/token-keeper.ts';
export type {
  AssertionAlgorithm,
  ClientAuthenticationMethod,
  DpopKeyPair,
  ExportableKey,
  Fetch,
  GetOptions,
  KeepOptions,
  PrivateKey,
  PrivateKeyMaterial,
  SecretSource,
  SigningKey,
  TokenKeeperOptions,
  TokenRequest,
  WaitOptions,
} from './options.ts';
export { defaultPolicy, type KeepingPolicy, type NumberRange, policyRanges } from './policy/keeping-policy.ts';
export type { KeptTokenStatus, QuotaReading, TokenRequestFacts, TokenState } from './status.ts';
export { MemoryStore } from './store/memory-store.ts';
export type { Lease, SharedTokenStore } from './store/shared-token-store.ts';
export type { StoredToken, TokenStore } from './store/token-store.ts';
export { AccessToken, type TokenClock, type TokenFacts, type TokenParts } from './token.ts';
export type { RequestLike } from './use/request-parts.ts';
