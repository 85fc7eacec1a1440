import { z } from 'zod';
import type { Rate } from '../apps/app-directory.ts';
import { parseRule, type Rule } from '../apps/rule.ts';
import { parseRate } from './rate.ts';
import { oneOrMore, readAs, strict } from './schema-parts.ts';

/** A key that ends, as the file has it. */
export interface KeyEntry {
  sha256: string;
  /** Epoch ms. */
  not_after?: number | undefined;
}

/** An app as the file has it. */
export interface AppEntry {
  key_sha256?: string | string[] | undefined;
  keys?: KeyEntry[] | undefined;
  tokens?: string[] | undefined;
  proxy?: Record<string, Rule[]> | undefined;
  rate?: Rate | { per_second: number; burst: number } | undefined;
}

const keyHashProblem = 'expected the SHA-256 of an app key, 64 hex digits, or a list of such; `evertoken key new NAME` prints it';

const keyHash = z.string().regex(/^[0-9a-fA-F]{64}$/, { error: keyHashProblem });

const rateProblem = 'expected a rate such as 20/s, 30/m or 1000/h, or { per_second: 20, burst: 40 }';

/** An instant as in RFC 3339 §5.6. The offset is required: a local time means another moment on each machine. */
function readInstant(text: string): number {
  const isInstant = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/.test(text);
  const at = isInstant ? Date.parse(text.replace(' ', 'T').toUpperCase()) : Number.NaN;
  if (Number.isNaN(at)) throw new TypeError(`\`${text}\` is no moment; write it like 2026-12-31T23:59:59Z`);
  return at;
}

/** One entry of `apps`. */
export const appSchema: z.ZodType<AppEntry> = strict({
  key_sha256: oneOrMore(keyHash, { error: keyHashProblem })
    .meta({
      description: 'SHA-256 of its app key, or of several; `evertoken key new NAME` prints key and line.',
      examples: ['0000000000000000000000000000000000000000000000000000000000000000'],
    })
    .optional(),
  keys: z
    .array(
      strict({
        sha256: keyHash.meta({ description: 'SHA-256 of an app key, 64 hex digits.' }),
        not_after: readAs(readInstant)
          .meta({
            description: 'Moment from which the key is refused (RFC 3339).',
            defaultText: 'never',
            examples: ['2026-12-31T23:59:59Z'],
          })
          .optional(),
      }),
    )
    .min(1, { error: 'name at least one key, or leave `keys` out' })
    .meta({
      description: 'The same for keys that end: each with its SHA-256 and when it ends.',
      examples: [[{ sha256: '1111111111111111111111111111111111111111111111111111111111111111', not_after: '2026-12-31T23:59:59Z' }]],
    })
    .optional(),
  tokens: z
    .array(z.string())
    .meta({ description: 'Names of the tokens that it may read.', defaultText: 'none', examples: [['management']] })
    .optional(),
  proxy: z
    .record(z.string(), z.array(readAs(parseRule)))
    .meta({
      description:
        'By token: what it may call through the proxy, as METHOD /path; `*` is one segment, `**` at the end the rest, ANY every method.',
      defaultText: 'nothing',
      examples: [{ management: ['GET /api/v2/clients', 'GET /api/v2/clients/*'] }],
    })
    .optional(),
  rate: z
    .union(
      [
        readAs(parseRate),
        strict({
          per_second: z.number().positive({ error: 'must be above 0' }).meta({ description: 'Steady rate, requests a second.' }),
          burst: z.number().min(1, { error: 'must be 1 or more' }).meta({ description: 'Requests at once after a rest.' }),
        }),
      ],
      { error: rateProblem },
    )
    .meta({
      description: 'How many requests it may make, as N/s, N/m or N/h: N at once, and N in that time.',
      defaultText: 'token reads without bound, proxied calls 50 a second and 100 at once',
      examples: ['20/s'],
    })
    .optional(),
});
