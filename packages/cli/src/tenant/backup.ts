import { resolve } from 'node:path';
import { restoreBackup } from '@evertoken/tenant';
import { CliError } from '../cli-error.ts';
import { exitCode } from '../exit-code.ts';
import { printable } from '../printable.ts';
import type { Terminal } from '../terminal.ts';
import { tenantPlaceOf } from './tenant-place.ts';
import { type TenantOptions, withTenant } from './with-tenant.ts';

/** `evertoken tenant backup FILE`. */
export async function runTenantBackup(file: string, options: TenantOptions, terminal: Terminal): Promise<void> {
  const path = resolve(terminal.cwd, file);
  await withTenant(options, terminal, (operations) => operations.backup(path));
  const { folder, store } = await tenantPlaceOf(options, terminal);
  const key = store.masterKey === undefined ? `a copy of ${printable(folder.file('tenant', 'master.key'))}` : 'the master key';
  terminal.stderr.write(`✔ ${printable(path)}\n  The secrets in it are sealed: keep ${key} too, at another place.\n`);
}

/** `evertoken tenant restore FILE`. */
export async function runTenantRestore(file: string, options: TenantOptions, terminal: Terminal): Promise<void> {
  const { folder, store } = await tenantPlaceOf(options, terminal);
  if (store.kind === 'postgres') {
    const step = 'Restore it with the tools of PostgreSQL, or unset EVERTOKEN_DATABASE_URL to mean the state folder.';
    throw new CliError({ problem: 'This tenant lives in PostgreSQL, and this command is for SQLite', step, exitCode: exitCode.usage });
  }
  const kept = await restoreBackup({ folder, masterKey: store.masterKey }, resolve(terminal.cwd, file), Date.now());
  const lines = ['✔ the tenant is as it was then', ...kept.map((path) => `  what was there before: ${printable(path)}`)];
  terminal.stderr.write(`${lines.join('\n')}\n`);
}
