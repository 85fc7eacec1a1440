import { hash } from 'node:crypto';
import type { Application, ApplicationProperties } from './application.ts';

const names = [
  'is_first_party',
  'app_type',
  'grant_types',
  'token_endpoint_auth_method',
  'client_authentication_methods',
  'default_organization',
  'token_quota',
  'organization_usage',
  'require_proof_of_possession',
  'third_party_security_mode',
  'is_token_endpoint_ip_header_trusted',
] as const;

/** Those properties of an application that issuing a token reads. Applications that have the same share one object. */
export type IssuingProperties = Omit<Pick<ApplicationProperties, (typeof names)[number]>, 'name'>;

/** What issuing a token reads of an application; its secrets only as their SHA-256. */
export interface IssuingApplication {
  readonly clientId: string;
  readonly name: string;
  readonly isGlobal: boolean;
  readonly secretDigest: Uint8Array;
  /** The secret before the last rotation, while its grace lasts. */
  readonly formerSecret: { readonly digest: Uint8Array; readonly validUntilMs: number } | undefined;
  readonly properties: IssuingProperties;
}

/** SHA-256 of a secret. */
export function secretDigest(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

/** The part of `properties` that issuing a token reads. */
export function issuingProperties(properties: ApplicationProperties): IssuingProperties {
  return Object.fromEntries(
    names.filter((name) => properties[name] !== undefined).map((name) => [name, properties[name]]),
  ) as IssuingProperties;
}

/** The part of `application` that issuing a token reads. */
export function issuingApplication({ clientId, clientSecret, isGlobal, properties, formerSecret }: Application): IssuingApplication {
  return {
    clientId,
    name: properties.name,
    isGlobal,
    secretDigest: secretDigest(clientSecret),
    formerSecret: formerSecret && { digest: secretDigest(formerSecret.secret), validUntilMs: formerSecret.validUntilMs },
    properties: issuingProperties(properties),
  };
}
