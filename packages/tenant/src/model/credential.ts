/** A public key that an application proves itself with; inert until the application's authentication methods name its id. */
export interface Credential {
  /** `cred_` and 22 characters. */
  readonly id: string;
  readonly clientId: string;
  readonly name: string | undefined;
  readonly credentialType: 'public_key';
  readonly kid: string;
  readonly alg: 'RS256' | 'RS384' | 'PS256';
  /** SPKI, PEM. */
  readonly publicKeyPem: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** Undefined: never. */
  readonly expiresAtMs: number | undefined;
}
