export { type Clock, type Random, systemClock, type Timer, type TimerOptions } from './clock.ts';
export { isTokenError, TokenError, type TokenErrorCode, type TokenErrorDetails } from './errors.ts';
export type { StoreOperation, TokenKeeperEvent, TokenKeeperEvents } from './events.ts';
export { KeptToken } from './keep/kept-token.ts';
export { keepToken, TokenKeeper } from './keep/token-keeper.ts';
export { isCertificateCode } from './mint/certificate-code.ts';
export { IssuerDirectory } from './mint/issuer-directory.ts';
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
export { defaultPolicy, type KeepingPolicy } from './policy/keeping-policy.ts';
export { type HeaderReader, retryAfterOf } from './policy/retry-after.ts';
export type { KeptTokenStatus, QuotaReading, TokenRequestFacts, TokenState } from './status.ts';
export { MemoryStore } from './store/memory-store.ts';
export type { Lease, SharedTokenStore } from './store/shared-token-store.ts';
export type { StoredToken, TokenStore } from './store/token-store.ts';
export { AccessToken, type TokenFacts } from './token.ts';
