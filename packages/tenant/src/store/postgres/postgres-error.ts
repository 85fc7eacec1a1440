import { DatabaseError } from 'pg';
import { TenantError } from '../../tenant-error.ts';

// Classes and codes of SQLSTATE: the connection, the operator's doing, lack of something, a lock that was not to be had, a standby, trouble
// with files, and no access (any more).
const unavailable = /^(08|57|53|58|28|55P03|25006|25P0[34]|40|3D)/;

/** The error that a caller of the store gets for `cause`, which a query of `place` threw. An error that is a mistake of ours stays as it is. */
export function postgresErrorOf(cause: unknown, place: string): unknown {
  if (cause instanceof TenantError || cause instanceof TypeError || cause instanceof RangeError) return cause;
  // Whatever pg throws that did not come from the server is about the way to it.
  const code = cause instanceof DatabaseError ? (cause.code ?? '') : '08000';
  if (code === '23505') {
    return new TenantError('already_exists', { problem: 'One of the records stands in the store already; nothing was written', cause });
  }
  if (code === '23503') {
    return new TenantError('not_found', { problem: 'One of the records points at one that there is not; nothing was written', cause });
  }
  if (code === '53100') {
    const step = 'Make room on the disk of PostgreSQL.';
    return new TenantError('store_full', { problem: "The tenant's database has no room; nothing was written", place, step, cause });
  }
  if (!unavailable.test(code)) return cause;
  return new TenantError('store_unavailable', {
    problem: `The tenant's database cannot be reached just now (${(cause as Error).message})`,
    place,
    step: 'See that PostgreSQL runs and takes connections; the tenant goes on by itself when it does.',
    cause,
  });
}
