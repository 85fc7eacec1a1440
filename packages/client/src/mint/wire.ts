// What else talks to issuers and APIs reads as this package does: the entry `@evertoken/client/wire`.
export { type HeaderReader, retryAfterOf } from '../policy/retry-after.ts';
export { isCertificateCode } from './certificate-code.ts';
export { IssuerDirectory } from './issuer-directory.ts';
