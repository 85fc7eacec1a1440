import type { QuotaReading } from '../status.ts';
import type { HeaderReader } from './retry-after.ts';

const owners = { client: 'auth0-client-quota-limit', organization: 'auth0-organization-quota-limit' } as const;

/**
 * What the issuer says of its token quotas (Auth0): `Auth0-Client-Quota-Limit: b=per_hour;q=10;r=7;t=3540,b=per_day;q=50;r=47;t=43200` with bucket, quota,
 * remaining and seconds to reset. A part that cannot be read is left out.
 */
export function quotasOf(headers: HeaderReader, now: number): readonly QuotaReading[] {
  return (Object.keys(owners) as (keyof typeof owners)[]).flatMap((owner) =>
    (headers.get(owners[owner]) ?? '').split(',').flatMap((part) => {
      const fields = new Map(part.split(';').map((field) => nameAndValue(field)));
      const bucket = fields.get('b');
      const [quota, remaining, seconds] = ['q', 'r', 't'].map((name) => wholeNumber(fields.get(name)));
      if (!bucket || quota === undefined || remaining === undefined || seconds === undefined) return [];
      return [{ owner, bucket, quota, remaining, resetsAt: now + seconds * 1000 }];
    }),
  );
}

/** The bucket that is nearly used up, if any: fewer left than three or a tenth. It is left to mints that cannot wait until it is full again. */
export function scarceQuota(readings: readonly QuotaReading[], now: number): QuotaReading | undefined {
  return readings.find(({ quota, remaining, resetsAt }) => resetsAt > now && remaining < Math.max(3, 0.1 * quota));
}

function nameAndValue(field: string): [string, string] {
  const [name = '', value = ''] = field.trim().split('=', 2);
  return [name, value];
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : undefined;
}
