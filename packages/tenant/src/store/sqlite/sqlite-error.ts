import { TenantError } from '../../tenant-error.ts';

const unavailable = /^SQLITE_(BUSY|LOCKED|IOERR|READONLY|CANTOPEN|PERM|AUTH|INTERRUPT|PROTOCOL|NOLFS)(_|$)/;

/** The error that a caller of the store gets for `cause`, which SQLite threw for the file `path`. An error that is a mistake of ours stays as it is. */
export function sqliteErrorOf(cause: unknown, path: string): unknown {
  const code = String((cause as { code?: unknown }).code);
  if (/^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)$/.test(code)) {
    return new TenantError('already_exists', { problem: 'One of the records stands in the store already; nothing was written', cause });
  }
  if (code === 'SQLITE_CONSTRAINT_FOREIGNKEY') {
    return new TenantError('not_found', { problem: 'One of the records points at one that there is not; nothing was written', cause });
  }
  if (code === 'SQLITE_FULL') {
    return new TenantError('store_full', {
      problem: "The tenant's database has no room; nothing was written",
      place: path,
      step: 'Make room on its disk.',
      cause,
    });
  }
  if (unavailable.test(code)) {
    return new TenantError('store_unavailable', {
      problem: `The tenant's database cannot be used just now (${code})`,
      place: path,
      step: 'See that its disk is there and writable, and that no other program holds the file.',
      cause,
    });
  }
  return cause;
}
