import { z } from 'zod';

/** Limits on tokens an hour and a day. */
export interface TokenQuota {
  readonly client_credentials: {
    readonly enforce?: boolean | undefined;
    readonly per_day?: number | undefined;
    readonly per_hour?: number | undefined;
  };
}

const quota = z.int().min(1).max(2_147_483_647);

/** `token_quota` as it is given and shown. */
export const tokenQuota: z.ZodType<TokenQuota> = z.strictObject({
  client_credentials: z
    .strictObject({
      enforce: z.boolean().optional().describe('If enabled, the quota will be enforced and requests in excess of the quota will fail.'),
      per_day: quota.optional().describe('Maximum number of issued tokens per day'),
      per_hour: quota.optional().describe('Maximum number of issued tokens per hour'),
    })
    .describe('The token quota configuration'),
});

/** Error body of the Management API. */
export const errorBody: z.ZodType = z.strictObject({
  statusCode: z.int().min(400).max(599),
  error: z.string(),
  message: z.string(),
  errorCode: z.string().optional(),
  attributes: z.strictObject({ error: z.string() }).optional(),
  errorId: z.string().optional().describe('With 5xx: stands in the log of the tenant as `error_id`.'),
});

/** Every form of a list whose records are `record`: an array, with totals, and by checkpoint. */
export function listOf(plural: string, record: z.ZodType, pagings: { checkpoint: boolean } = { checkpoint: true }): z.ZodType {
  const records = z.array(record);
  const withTotals = z.strictObject({ total: z.int(), start: z.int(), limit: z.int(), [plural]: records });
  const byCheckpoint = z.strictObject({ next: z.string().optional(), [plural]: records });
  return z.union(pagings.checkpoint ? [records, withTotals, byCheckpoint] : [records, withTotals]);
}

/** Adds the rule of JSON Schema's `uniqueItems` to an array: no two items are called the same by `nameOf`. */
export function uniqueItems<T extends z.ZodType>(schema: z.ZodArray<T>, nameOf: (item: z.output<T>) => string): z.ZodArray<T> {
  return schema.superRefine((items, context) => {
    const seen = new Map<string, number>();
    for (const [at, item] of items.entries()) {
      const first = seen.get(nameOf(item));
      if (first !== undefined) {
        context.addIssue({ code: 'custom', message: `Array items are not unique (indexes ${first} and ${at})` });
        return;
      }
      seen.set(nameOf(item), at);
    }
  });
}

/** Metadata: at most so many keys, any number by default, of 255 characters. */
export function metadataOf<Value extends z.ZodType>(
  value: Value,
  mostKeys: number = Number.POSITIVE_INFINITY,
): z.ZodRecord<z.ZodString, Value> {
  return z.record(z.string(), value).superRefine((given, context) => {
    const keys = Object.keys(given);
    if (keys.length > mostKeys) {
      context.addIssue({ code: 'custom', message: `Too many properties defined (${keys.length}), maximum ${mostKeys}` });
    }
    const long = keys.find((key) => key.length > 255);
    if (long !== undefined) context.addIssue({ code: 'custom', message: `String is too long (${long.length} chars), maximum 255` });
  });
}
