import { z } from 'zod';
import { type Reference, referenceSchema, strict, textSchema } from './schema-parts.ts';

/** TLS of a store as the file has it. */
export interface TlsEntry {
  ca?: Reference | undefined;
  cert?: Reference | undefined;
  key?: Reference | undefined;
}

/** What seals the tokens of a shared store as the file has it. */
export interface SealingEntry {
  key?: Reference | undefined;
  keys?: Reference[] | undefined;
}

/** `store.redis` as the file has it. */
export interface RedisEntry extends SealingEntry {
  url?: Reference | undefined;
  sentinel?:
    | {
        name: string;
        nodes: string[];
        username?: Reference | undefined;
        password?: Reference | undefined;
        tls?: true | TlsEntry | undefined;
      }
    | undefined;
  cluster?: string[] | undefined;
  username?: Reference | undefined;
  password?: Reference | undefined;
  tls?: true | TlsEntry | undefined;
  prefix?: string | undefined;
  namespace_key?: Reference | undefined;
}

/** `store.postgres` as the file has it. */
export interface PostgresEntry extends SealingEntry {
  url: Reference;
  ca?: Reference | undefined;
  table?: string | undefined;
}

/** `store` as the file has it. */
export interface StoreEntry {
  file?: { folder?: string | undefined } | undefined;
  redis?: RedisEntry | undefined;
  postgres?: PostgresEntry | undefined;
}

const tlsSchema: z.ZodType<true | TlsEntry> = z.union(
  [
    z.literal(true),
    strict({
      ca: referenceSchema
        .meta({
          description: 'CA of the server, as PEM.',
          defaultText: 'the public ones',
          examples: [{ file: '/etc/evertoken/redis-ca.pem' }],
        })
        .optional(),
      cert: referenceSchema
        .meta({ description: 'Client certificate, as PEM.', examples: [{ file: '/etc/evertoken/redis-client.pem' }] })
        .optional(),
      key: referenceSchema
        .meta({ description: 'Its private key, as PEM.', examples: [{ file: '/run/secrets/redis-client-key.pem' }] })
        .optional(),
    }),
  ],
  { error: 'expected `true`, or { ca: { file: PATH }, cert: { file: PATH }, key: { file: PATH } }' },
);

const nodesSchema: z.ZodType<string[]> = z
  .array(
    z.string().regex(/^(?:[a-zA-Z0-9](?:[\w.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/, { error: 'expected HOST or HOST:PORT' }),
  )
  .min(1, { error: 'name at least one node, such as 10.0.0.1:6379' });

const sealing = {
  key: referenceSchema
    .meta({
      description:
        'Key that seals the tokens, the same for the whole fleet and kept elsewhere than in the store; `evertoken store-key new` makes one.',
      examples: [{ file: '/run/secrets/evertoken-store-key' }],
    })
    .optional(),
  keys: z
    .array(referenceSchema)
    .min(1, { error: 'name at least one key' })
    .max(2, { error: 'at most 2 may be named' })
    .meta({
      description: 'In place of `key` while it is being changed: the first seals, both open.',
      examples: [[{ file: '/run/secrets/evertoken-store-key' }, { file: '/run/secrets/evertoken-store-key-old' }]],
    })
    .optional(),
};

const redisSchema: z.ZodType<RedisEntry> = strict({
  url: referenceSchema
    .meta({
      description: 'One server: `redis://HOST:6379/0`, with TLS `rediss://…`; user and password may stand in it.',
      examples: [{ env: 'REDIS_URL' }],
    })
    .optional(),
  sentinel: strict({
    name: textSchema.meta({ description: 'Name that the Sentinels know the primary by.', examples: ['mymaster'] }),
    nodes: nodesSchema.meta({ description: 'Sentinels, as `HOST` or `HOST:26379`.', examples: [['10.0.0.1:26379', '10.0.0.2:26379']] }),
    username: referenceSchema.meta({ description: 'ACL user at the Sentinels.', examples: ['sentinel'] }).optional(),
    password: referenceSchema
      .meta({ description: 'Password at the Sentinels.', examples: [{ file: '/run/secrets/sentinel-password' }] })
      .optional(),
    tls: tlsSchema.meta({ description: 'TLS to the Sentinels: `true`, or what to trust and to show.', examples: [true] }).optional(),
  })
    .meta({ description: 'In place of `url`: the primary that Sentinels name.' })
    .optional(),
  cluster: nodesSchema
    .meta({
      description: 'In place of `url`: some nodes of a cluster, as `HOST` or `HOST:6379`.',
      examples: [['10.0.0.1:6379', '10.0.0.2:6379']],
    })
    .optional(),
  username: referenceSchema.meta({ description: 'ACL user.', defaultText: 'that of `url`, else none', examples: ['tokens'] }).optional(),
  password: referenceSchema.meta({ description: 'Its password.', examples: [{ file: '/run/secrets/redis-password' }] }).optional(),
  tls: tlsSchema
    .meta({
      description: 'TLS: `true`, or what to trust and to show. Names and chains are always verified.',
      defaultText: '`true` for `rediss://`, else none',
      examples: [{ ca: { file: '/etc/evertoken/redis-ca.pem' } }],
    })
    .optional(),
  ...sealing,
  prefix: z
    .string()
    .regex(/^[^{}*?[\]\\\s]{1,64}$/, {
      error: 'expected 1 to 64 characters, without spaces and none of { } * ? [ ] \\, such as evertoken:',
    })
    .meta({ description: 'What all keys and the channel begin with: one for each fleet.', default: 'evertoken:' })
    .optional(),
  namespace_key: referenceSchema
    .meta({
      description: 'Key under which tokens get their names in the store, so that these tell nothing; of the form of `key`.',
      defaultText: 'the prefix',
      examples: [{ file: '/run/secrets/evertoken-namespace-key' }],
    })
    .optional(),
});

const postgresSchema: z.ZodType<PostgresEntry> = strict({
  url: referenceSchema.meta({
    description: '`postgresql://USER:PASSWORD@HOST:5432/DATABASE`; PostgreSQL 14 or later, directly or through a pooler in session mode.',
    examples: [{ env: 'DATABASE_URL' }],
  }),
  ca: referenceSchema
    .meta({
      description: 'CA of the server, as PEM; TLS is then wanted, and name and chain are verified.',
      defaultText: 'what the URL says',
      examples: [{ file: '/etc/evertoken/postgres-ca.pem' }],
    })
    .optional(),
  ...sealing,
  table: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,39}$/, { error: 'expected a name of small letters, digits and underscores, 40 at most' })
    .meta({ description: 'Table of the tokens, made where it is missing.', default: 'evertoken_tokens' })
    .optional(),
});

/** `store`. */
export const storeSchema: z.ZodType<StoreEntry> = strict({
  file: strict({
    folder: textSchema
      .meta({
        description: 'Folder of the sealed tokens; relative to the config file.',
        defaultText: '`tokens` in the state folder',
        examples: ['/var/lib/evertoken/tokens'],
      })
      .optional(),
  })
    .meta({ description: 'Sealed files of this agent; beside a shared store what it falls back to.' })
    .optional(),
  redis: redisSchema
    .meta({
      description:
        'Shares the tokens with other agents and processes through Redis or Valkey. Name it by one of `url`, `sentinel`, `cluster`.',
    })
    .optional(),
  postgres: postgresSchema.meta({ description: 'In place of `redis`: shares them through PostgreSQL.' }).optional(),
});
