export { type Clock, type Random, systemClock, type Timer } from './clock.ts';
export { isTokenError, TokenError, type TokenErrorCode, type TokenErrorDetails } from './errors.ts';
export type { TokenKeeperEvent, TokenKeeperEvents } from './events.ts';
export type { ClientAuthenticationMethod, Fetch, SecretSource, TokenKeeperOptions, TokenRequest } from './options.ts';
export { defaultPolicy, type KeepingPolicy } from './policy/keeping-policy.ts';
export type { KeptTokenStatus, TokenRequestFacts, TokenState } from './status.ts';
export type { StoredToken, TokenStore } from './store/token-store.ts';
export { AccessToken, type TokenFacts } from './token.ts';
