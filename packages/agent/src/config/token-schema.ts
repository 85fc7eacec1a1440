import { z } from 'zod';
import { type Reference, referenceSchema, referencesSchema, strict, textSchema } from './schema-parts.ts';

/** How a client may authenticate itself, as `token_endpoint_auth_method` names it. */
type AuthenticationMethod = 'client_secret_post' | 'client_secret_basic' | 'private_key_jwt';

/** A token as the file has it. */
export interface TokenEntry {
  domain?: Reference | undefined;
  issuer?: Reference | undefined;
  token_endpoint?: Reference | undefined;
  client_id: Reference;
  client_secret?: Reference | Reference[] | undefined;
  private_key?: Reference | undefined;
  alg?: 'RS256' | 'PS256' | 'ES256' | undefined;
  kid?: string | undefined;
  token_endpoint_auth_method?: AuthenticationMethod | undefined;
  audience?: Reference | undefined;
  resource?: string | undefined;
  scope?: string | string[] | undefined;
  organization?: string | undefined;
  parameters?: Record<string, string> | undefined;
  api?: string | undefined;
  api_read_timeout_ms?: number | undefined;
}

const readTimeoutProblem = 'expected whole milliseconds from 1000 to 86400000, which is a day';

const scopeSchema: z.ZodType<string | string[]> = z.union([z.string(), z.array(z.string().regex(/^\S+$/))], {
  error: 'expected scopes as a list, or as one text separated by spaces',
});

/** One entry of `tokens`. */
export const tokenSchema: z.ZodType<TokenEntry> = strict({
  domain: referenceSchema
    .meta({
      description: 'Auth0 domain: names the issuer, its token endpoint and, unless given, the audience of its Management API.',
      examples: ['acme.eu.auth0.com'],
    })
    .optional(),
  issuer: referenceSchema
    .meta({
      description: 'URL of any OAuth 2 issuer whose metadata names the token endpoint (RFC 8414, OpenID Connect Discovery).',
      examples: ['https://login.example.com/realms/prod'],
    })
    .optional(),
  token_endpoint: referenceSchema
    .meta({
      description: 'URL of the token endpoint, for an issuer without metadata.',
      examples: ['https://login.example.com/oauth/token'],
    })
    .optional(),
  client_id: referenceSchema.meta({ description: 'Client id of the application at the issuer.', examples: [{ env: 'AUTH0_CLIENT_ID' }] }),
  client_secret: referencesSchema
    .meta({
      description:
        'Its secret, or up to three to be tried in order while one is being rotated. A file or command is read anew at each mint.',
      examples: [{ file: '/run/secrets/auth0-client-secret' }],
    })
    .optional(),
  private_key: referenceSchema
    .meta({
      description: 'In place of a secret: the private key (PEM or JWK) that signs the assertions of private_key_jwt (RFC 7523).',
      examples: [{ file: '/run/secrets/auth0-private-key.pem' }],
    })
    .optional(),
  alg: z
    .enum(['RS256', 'PS256', 'ES256'], { error: 'expected one of RS256, PS256, ES256' })
    .meta({
      description: 'How the private key signs.',
      defaultText: "the key's own, else RS256",
      examples: ['RS256'],
    })
    .optional(),
  kid: textSchema
    .meta({
      description: 'Key id that the assertion names.',
      defaultText: 'that of a JWK, else none',
      examples: ['2026-01'],
    })
    .optional(),
  token_endpoint_auth_method: z
    .enum(['client_secret_post', 'client_secret_basic', 'private_key_jwt'], {
      error: 'expected one of client_secret_post, client_secret_basic, private_key_jwt',
    })
    .meta({
      description: 'How the client authenticates itself.',
      defaultText: '`private_key_jwt` with a private key, else `client_secret_post`',
      examples: ['client_secret_post'],
    })
    .optional(),
  audience: referenceSchema
    .meta({
      description: 'Identifier of the API that the token is for.',
      defaultText: 'with `domain` its Management API, else none',
      examples: ['https://acme.eu.auth0.com/api/v2/'],
    })
    .optional(),
  resource: textSchema
    .meta({
      description: 'The API as a URL, for issuers that go by RFC 8707 and not by an audience.',
      examples: ['https://orders.example.com/'],
    })
    .optional(),
  scope: scopeSchema
    .meta({
      description: 'Scopes to ask for.',
      defaultText: 'all that are granted',
      examples: [['read:clients', 'create:clients']],
    })
    .optional(),
  organization: textSchema.meta({ description: 'Auth0 organization that the token is for.', examples: ['org_Y1cB2dE3'] }).optional(),
  parameters: z
    .record(z.string(), z.string({ error: 'expected a text; put it in quotes' }))
    .meta({ description: 'Further parameters of the token request.', examples: [{ tenant: 'prod' }] })
    .optional(),
  api: textSchema
    .meta({
      description: 'Origin that the proxy sends calls to.',
      defaultText: "the audience's or the resource's, where that is a URL",
      examples: ['https://acme.eu.auth0.com'],
    })
    .optional(),
  api_read_timeout_ms: z
    .int({ error: readTimeoutProblem })
    .min(1_000, { error: readTimeoutProblem })
    .max(86_400_000, { error: readTimeoutProblem })
    .meta({
      description:
        'How long the API may be silent through the proxy, before its answer and within it. Raise it for long polls and for server-sent events that come seldom.',
      default: 60_000,
      examples: [900_000],
    })
    .optional(),
});
