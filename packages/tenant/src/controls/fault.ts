import { z } from 'zod';

const seconds = z.int().min(0).max(86_400).optional();

/** An answer in place of the real one. `drop`: the connection is cut without any answer. */
export type FaultAnswer =
  | {
      readonly kind: 'error';
      readonly status: number;
      /** Default: the usual one of the status. */
      readonly error?: string | undefined;
      readonly description?: string | undefined;
      readonly retry_after_s?: number | undefined;
    }
  | {
      readonly kind: 'rate_limit';
      /** `X-RateLimit-Limit`, default 100. */
      readonly limit?: number | undefined;
      /** Seconds until `X-RateLimit-Reset`, default 1. */
      readonly reset_s?: number | undefined;
      /** Default: none, as the service sends it for quotas alone. */
      readonly retry_after_s?: number | undefined;
    }
  | {
      readonly kind: 'quota';
      /** Default `per_hour`. */
      readonly bucket?: 'per_hour' | 'per_day' | undefined;
      /** Default 10. */
      readonly quota?: number | undefined;
    }
  | {
      readonly kind: 'html';
      /** Default 502. */
      readonly status?: number | undefined;
    }
  | { readonly kind: 'drop' };

/** What happens to requests that match: a delay, an answer in place of the real one, or both. */
export interface Fault {
  /** Exact, or a prefix where it ends in a slash. Default `/oauth/token`. */
  readonly path?: string | undefined;
  /** Default any. */
  readonly method?: string | undefined;
  /** Number of requests that it hits before it ends. Default: it stays until it is removed. */
  readonly times?: number | undefined;
  /** Share of the matching requests that it hits, chosen by chance; above 0 and up to 1. Default 1. */
  readonly share?: number | undefined;
  readonly latency_ms?: number | undefined;
  readonly answer?: FaultAnswer | undefined;
}

const faultAnswer: z.ZodType<FaultAnswer> = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('error'),
    status: z.int().min(400).max(599),
    error: z.string().min(1).max(200).optional(),
    description: z.string().min(1).max(2_000).optional(),
    retry_after_s: seconds,
  }),
  z.strictObject({
    kind: z.literal('rate_limit'),
    limit: z.int().min(1).max(1_000_000).optional(),
    reset_s: seconds,
    retry_after_s: seconds,
  }),
  z.strictObject({
    kind: z.literal('quota'),
    bucket: z.enum(['per_hour', 'per_day']).optional(),
    quota: z.int().min(1).max(2_147_483_647).optional(),
  }),
  z.strictObject({ kind: z.literal('html'), status: z.int().min(200).max(599).optional() }),
  z.strictObject({ kind: z.literal('drop') }),
]);

/** A fault as it comes over the wire. */
export const faultSchema: z.ZodType<Fault> = z
  .strictObject({
    path: z.string().max(2_000).regex(/^\//).optional(),
    method: z
      .string()
      .regex(/^[A-Z]{1,20}$/)
      .optional(),
    times: z.int().min(1).max(1_000_000).optional(),
    share: z.number().gt(0).max(1).optional(),
    latency_ms: z.int().min(1).max(600_000).optional(),
    answer: faultAnswer.optional(),
  })
  .refine(({ latency_ms: latency, answer }) => latency !== undefined || answer !== undefined, {
    message: 'a fault needs latency_ms, an answer, or both',
  });
