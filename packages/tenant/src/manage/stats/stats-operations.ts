import { z } from 'zod';
import { type Operation, operation } from '../operation.ts';

const tag = 'stats';
const day = z
  .string()
  .regex(/^\d{8}$/)
  .optional();

/** Operations of `/stats`. They count logins, of which a tenant for machines has none. */
export const statsOperations: readonly Operation[] = [
  operation({
    id: 'get_active-users',
    method: 'GET',
    path: '/stats/active-users',
    summary: 'Get active users count',
    tag,
    scopes: { anyOf: ['read:stats'] },
    status: 200,
    response: z.number().describe('Always 0: this tenant has no users.'),
    handle: () => Promise.resolve({ body: 0 }),
  }),
  operation({
    id: 'get_daily',
    method: 'GET',
    path: '/stats/daily',
    summary: 'Get daily stats',
    tag,
    scopes: { anyOf: ['read:stats'] },
    query: z.strictObject({
      from: day.describe('Optional first day of the date range (inclusive) in YYYYMMDD format.'),
      to: day.describe('Optional last day of the date range (inclusive) in YYYYMMDD format.'),
    }),
    status: 200,
    response: z.array(z.never()).describe('Always empty: days without logins are missing.'),
    handle: () => Promise.resolve({ body: [] }),
  }),
];
