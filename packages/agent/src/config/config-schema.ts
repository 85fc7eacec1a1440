import { type ListenAddress, parseListenAddress } from '@evertoken/service';
import { z } from 'zod';
import { parseRule, type Rule } from '../apps/rule.ts';
import { didYouMean } from './nearest-name.ts';

const namePattern = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/;
const nameRule = 'a name has 1 to 63 letters, digits, `.`, `_`, `-` and begins with a letter or digit';

/** An object that knows no other keys, and names the nearest one for those. */
function strict<Shape extends z.core.$ZodLooseShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return undefined;
      const known = Object.keys(shape);
      return (issue.keys as string[]).map((key) => `unknown key \`${key}\`${didYouMean(key, known)}`).join('; ');
    },
  });
}

/** A text that `read` must be able to read; what it throws is the problem. */
function readAs<Value>(read: (text: string) => Value): z.ZodType<Value, string> {
  return z.string().transform((text, context) => {
    try {
      return read(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  });
}

/** A value written down literally, or where to read it. */
export const referenceSchema: z.ZodType<Reference> = z.union(
  [
    z.string().min(1, { error: 'is empty; write the value, or one of { env: NAME }, { file: PATH }, { command: [PROGRAM, …] }' }),
    z.strictObject({ env: z.string().min(1) }),
    z.strictObject({ file: z.string().min(1) }),
    z.strictObject({ command: z.array(z.string().min(1)).min(1) }),
  ],
  { error: 'expected a text that is not empty, or one of { env: NAME }, { file: PATH }, { command: [PROGRAM, ARGUMENT, …] }' },
);

/** See {@link referenceSchema}. */
export type Reference = string | { env: string } | { file: string } | { command: string[] };

const scopeSchema: z.ZodType<string | string[]> = z.union([z.string(), z.array(z.string().regex(/^\S+$/))], {
  error: 'expected scopes as a list, or as one text separated by spaces',
});

const tokenSchema: z.ZodType<TokenEntry> = strict({
  domain: referenceSchema.optional(),
  token_endpoint: z.string().optional(),
  client_id: referenceSchema,
  client_secret: referenceSchema,
  token_endpoint_auth_method: z.enum(['client_secret_post', 'client_secret_basic']).optional(),
  audience: referenceSchema.optional(),
  scope: scopeSchema.optional(),
  organization: z.string().min(1).optional(),
  api: z.string().optional(),
});

const keyHashProblem = 'expected the SHA-256 of an app key, 64 hex digits, or a list of such; `evertoken key new NAME` prints it';

const keyHash = z.string().regex(/^[0-9a-fA-F]{64}$/, { error: keyHashProblem });

const keyHashesSchema: z.ZodType<string | string[]> = z.union([keyHash, z.array(keyHash).min(1)], { error: keyHashProblem });

const appSchema: z.ZodType<AppEntry> = strict({
  key_sha256: keyHashesSchema,
  tokens: z.array(z.string()).optional(),
  proxy: z.record(z.string(), z.array(readAs(parseRule))).optional(),
});

const named = z.string().regex(namePattern, { error: nameRule });

/** `evertoken.yaml`. */
export const configSchema: z.ZodType<ConfigFile> = strict({
  tokens: z.record(named, tokenSchema).optional(),
  apps: z.record(named, appSchema).optional(),
  listen: z.array(readAs(parseListenAddress)).min(1, { error: 'name at least one address, such as http://127.0.0.1:8400' }).optional(),
  store: strict({ file: strict({ folder: z.string().min(1).optional() }) }).optional(),
});

/** A token as the file has it. */
export interface TokenEntry {
  domain?: Reference | undefined;
  token_endpoint?: string | undefined;
  client_id: Reference;
  client_secret: Reference;
  token_endpoint_auth_method?: 'client_secret_post' | 'client_secret_basic' | undefined;
  audience?: Reference | undefined;
  scope?: string | string[] | undefined;
  organization?: string | undefined;
  /** Origin of the API, where the audience tells none. */
  api?: string | undefined;
}

/** An app as the file has it. */
export interface AppEntry {
  key_sha256: string | string[];
  tokens?: string[] | undefined;
  proxy?: Record<string, Rule[]> | undefined;
}

/** What {@link configSchema} reads. */
export interface ConfigFile {
  tokens?: Record<string, TokenEntry> | undefined;
  apps?: Record<string, AppEntry> | undefined;
  listen?: ListenAddress[] | undefined;
  store?: { file: { folder?: string | undefined } } | undefined;
}
