import { type ListenAddress, parseListenAddress } from '@evertoken/service';
import { z } from 'zod';
import { type AppEntry, appSchema } from './app-schema.ts';
import { type PolicyEntry, policySchema } from './policy-schema.ts';
import { nameSchema, oneOrMore, readAs, strict, textSchema } from './schema-parts.ts';
import { type StoreEntry, storeSchema } from './store-schema.ts';
import { type TokenEntry, tokenSchema } from './token-schema.ts';

/** A token file as the file has it. */
export interface FileEntry {
  token: string;
  path: string;
  mode?: string | undefined;
  owner?: string | number | undefined;
  group?: string | number | undefined;
  remove_on_stop?: boolean | undefined;
}

/** What {@link configSchema} reads. */
export interface ConfigFile {
  tokens?: Record<string, TokenEntry> | undefined;
  apps?: Record<string, AppEntry> | undefined;
  files?: FileEntry[] | undefined;
  listen?: ListenAddress | ListenAddress[] | undefined;
  hosts?: string[] | undefined;
  allow_remote?: boolean | undefined;
  tls?: { cert: string; key: string } | undefined;
  metrics?: { listen: ListenAddress | ListenAddress[] } | undefined;
  pass_through?: string[] | undefined;
  policy?: PolicyEntry | undefined;
  store?: StoreEntry | undefined;
  audit?: 'stdout' | false | { file: string; max_size_mb?: number | undefined; keep?: number | undefined } | undefined;
}

// Whether an address beyond the loopback is allowed depends on another key (`allow_remote`), so that it is checked after both have been read.
const addressesSchema = oneOrMore(
  readAs((text) => parseListenAddress(text, { mayBeRemote: true })),
  { error: 'name at least one address, such as http://127.0.0.1:8400' },
);

const principal = z.union([z.string().regex(/^[a-zA-Z0-9_][\w.-]{0,31}\$?$/), z.number().int().min(0)], {
  error: 'expected a name or a number of the system',
});

const fileSchema: z.ZodType<FileEntry> = strict({
  token: textSchema.meta({ description: 'Name of the token.', examples: ['management'] }),
  path: textSchema.meta({
    description:
      'Where it is written, whole or not at all, on each mint; relative to the config file. The folder must exist and be ours alone to write in.',
    examples: ['/run/evertoken/management.jwt'],
  }),
  mode: z
    .string({ error: 'put the mode in quotes, as an octal number: "0640"' })
    .regex(/^0?[0-7]{3}$/, { error: 'expected three octal digits in quotes, such as "0640"' })
    .refine((mode) => (Number.parseInt(mode, 8) & 0o022) === 0, { error: 'a token file must not be writable for group or others' })
    .meta({ description: 'Permission bits, octal, in quotes.', default: '0600', examples: ['0640'] })
    .optional(),
  owner: principal.meta({ description: 'User that owns it, by name or number.', defaultText: 'the one who runs the agent' }).optional(),
  group: principal.meta({ description: 'Its group, by name or number.', defaultText: "the owner's", examples: ['www-data'] }).optional(),
  remove_on_stop: z.boolean().meta({ description: 'Whether a clean stop removes it.', default: false }).optional(),
});

const hostProblem = 'expected a host name alone, without scheme, port and path';

/** `evertoken.yaml`. */
export const configSchema: z.ZodType<ConfigFile> = strict({
  tokens: z
    .record(nameSchema, tokenSchema)
    .meta({
      description: 'Tokens to keep, by name. Name the issuer of each by exactly one of `domain`, `issuer` and `token_endpoint`.',
      defaultText: 'one named `default`, of AUTH0_DOMAIN, AUTH0_CLIENT_ID, AUTH0_CLIENT_SECRET, AUTH0_AUDIENCE and AUTH0_SCOPE',
    })
    .optional(),
  apps: z
    .record(nameSchema, appSchema)
    .meta({
      description: 'Programs that may use the agent, by name. A key of it, or a unix socket of its own, tells which one it is.',
      defaultText: 'without a config file one named `local`, its key in `app.key` of the state folder',
    })
    .optional(),
  files: z
    .array(fileSchema)
    .meta({
      description: 'Files in which tokens are kept for programs that read files. A config with this key needs no app.',
      default: [],
      examples: [[{ token: 'management', path: '/run/evertoken/management.jwt', mode: '0640', group: 'www-data', remove_on_stop: true }]],
    })
    .optional(),
  listen: addressesSchema
    .meta({
      description:
        'Where programs reach the agent: `unix:/path`, with `?app=NAME&mode=0660&group=NAME` for one app alone, `http://127.0.0.1:8400`, `https://localhost:8401`.',
      defaultText: '`agent.sock` in the state folder, http://127.0.0.1:8400, https://localhost:8401',
      examples: [['unix:/run/evertoken/agent.sock', 'http://127.0.0.1:8400', 'https://localhost:8401']],
    })
    .optional(),
  hosts: z
    .array(z.string().regex(/^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:]+\])$/, { error: hostProblem }))
    .meta({
      description: "Names by which programs reach the agent beside those of `listen`, such as a container's.",
      default: [],
      examples: [['evertoken']],
    })
    .optional(),
  allow_remote: z
    .boolean()
    .meta({ description: 'Whether `listen` may name addresses that other machines reach; over https alone.', default: false })
    .optional(),
  tls: strict({
    cert: textSchema.meta({ description: 'PEM file with the certificate and its chain.', examples: ['/etc/evertoken/tls.crt'] }),
    key: textSchema.meta({ description: 'PEM file with its private key.', examples: ['/etc/evertoken/tls.key'] }),
  })
    .meta({ description: 'Certificate of the https addresses; read anew when its files change.', defaultText: 'one of the local CA' })
    .optional(),
  metrics: strict({
    listen: addressesSchema.meta({ description: 'Addresses that serve `/metrics` alone.', examples: [['http://127.0.0.1:9400']] }),
  })
    .meta({ description: 'Where metrics are read.', defaultText: 'at `/metrics` of every address of `listen`' })
    .optional(),
  pass_through: z
    .array(textSchema)
    .meta({
      description:
        'Issuers, by domain or URL, whose own clients may ask the agent with their own credentials; their tokens are kept too, and through the proxy call the issuer’s own API alone. A config with this key needs no app, and none of `tokens`.',
      default: [],
      examples: [['acme.eu.auth0.com']],
    })
    .optional(),
  policy: policySchema.meta({ description: 'Numbers that decide when to mint and how long to wait.' }).optional(),
  store: storeSchema
    .meta({ description: 'Where tokens survive a restart, and how a fleet shares them.', defaultText: 'sealed files' })
    .optional(),
  audit: z
    .union(
      [
        z.literal('stdout'),
        z.literal(false),
        strict({
          file: textSchema.meta({
            description: 'File that lines are added to; relative to the config file.',
            examples: ['/var/log/evertoken/audit.jsonl'],
          }),
          max_size_mb: z
            .number()
            .min(0.01, { error: 'must be 0.01 or more' })
            .meta({ description: 'Size at which the file is put aside.', default: 100 })
            .optional(),
          keep: z.int().min(0, { error: 'must be 0 or more' }).meta({ description: 'Files put aside that stay.', default: 5 }).optional(),
        }),
      ],
      { error: 'expected `stdout`, `false`, or { file: PATH, max_size_mb: 100, keep: 5 }' },
    )
    .meta({
      description:
        'Where a line goes for each token handed out and each call made: `stdout`, a file, or `false` for nowhere. Of requests without a valid key ten a second have one; one each ten seconds counts the others.',
      default: 'stdout',
      examples: [{ file: '/var/log/evertoken/audit.jsonl', max_size_mb: 100, keep: 5 }],
    })
    .optional(),
});
