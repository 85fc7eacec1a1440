import { z } from 'zod';

/** What a creator says of a credential. */
export interface CredentialCreation {
  readonly credential_type: 'public_key' | 'cert_subject_dn' | 'x509_cert';
  readonly name?: string | undefined;
  readonly pem?: string | undefined;
  readonly alg?: 'RS256' | 'RS384' | 'PS256' | undefined;
  readonly kid?: string | undefined;
  readonly expires_at?: string | undefined;
  readonly parse_expiry_from_cert?: boolean | undefined;
  readonly subject_dn?: string | undefined;
}

/** A credential as it is shown: never with its key. */
export interface ShownCredential {
  readonly id: string;
  readonly name?: string | undefined;
  readonly credential_type: 'public_key';
  readonly kid: string;
  readonly alg: 'RS256' | 'RS384' | 'PS256';
  readonly created_at: string;
  readonly updated_at: string;
  readonly expires_at?: string | null | undefined;
}

const name = z.string().max(128).describe('Friendly name for a credential.');
const alg = z
  .enum(['RS256', 'RS384', 'PS256'])
  .describe('Algorithm which will be used with the credential. Can be one of RS256, RS384, PS256. If not specified, RS256 will be used.');
const expiresAt = z.iso
  .datetime({ offset: true })
  .describe(
    'The ISO 8601 formatted date representing the expiration of the credential. If not specified (not recommended), the credential never expires.',
  );

/** Body of `POST /api/v2/clients/{id}/credentials`, and each credential of a new client. */
export const credentialCreation: z.ZodType<CredentialCreation> = z.strictObject({
  credential_type: z.enum(['public_key', 'cert_subject_dn', 'x509_cert']).describe('The type of credential.'),
  name: name.optional(),
  pem: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .describe('PEM-formatted public key (SPKI and PKCS1) or X509 certificate. Must be JSON escaped.'),
  alg: alg.optional(),
  kid: z
    .string()
    .regex(/^([0-9a-zA-Z-_]{10,64})$/)
    .optional()
    .describe('Optional kid (Key ID), used to uniquely identify the credential. If not specified, a kid value will be generated.'),
  expires_at: expiresAt.optional(),
  parse_expiry_from_cert: z
    .boolean()
    .optional()
    .describe('Parse expiry from x509 certificate. If true, attempts to parse the expiry date from the provided PEM.'),
  subject_dn: z.string().min(1).max(256).optional().describe('Subject Distinguished Name. Mutually exclusive with pem property.'),
});

/** Body of `PATCH /api/v2/clients/{id}/credentials/{credential_id}`. */
export const credentialPatch: z.ZodType<{ readonly expires_at?: string | null | undefined }> = z.strictObject({
  expires_at: expiresAt.nullable().optional(),
});

/** A credential as it is shown: never with its key. */
export const credentialShown: z.ZodType<ShownCredential> = z.strictObject({
  id: z.string(),
  name: name.optional(),
  credential_type: z.literal('public_key'),
  kid: z.string(),
  alg,
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  expires_at: z.iso.datetime().nullable().optional(),
});
