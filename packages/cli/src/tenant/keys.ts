import type { ListedKey } from '@evertoken/tenant';
import { CliError } from '../cli-error.ts';
import { exitCode } from '../exit-code.ts';
import { printable } from '../printable.ts';
import { formatTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { type TenantOptions, withTenant } from './with-tenant.ts';

/** `evertoken tenant keys list | rotate | revoke KID`. */
export async function runTenantKeys(
  args: readonly (string | undefined)[],
  options: TenantOptions & { json?: boolean },
  terminal: Terminal,
): Promise<void> {
  const [action = 'list', kid] = args;
  if (action === 'list' && kid === undefined) return await listKeys(options, terminal);
  if (action === 'rotate' && kid === undefined) return await rotateKeys(options, terminal);
  if (action === 'revoke' && kid !== undefined) return await revokeKey(kid, options, terminal);
  throw new CliError({
    problem: 'Keys are listed, rotated, or one of them is revoked',
    place: `evertoken tenant keys ${[action, kid].filter((word) => word !== undefined).join(' ')}`,
    step: 'Write list, rotate, or revoke and the key id that list shows.',
    exitCode: exitCode.usage,
  });
}

async function listKeys(options: TenantOptions & { json?: boolean }, terminal: Terminal): Promise<void> {
  const keys = await withTenant(options, terminal, (operations) => operations.keys());
  terminal.stdout.write(options.json === true ? `${JSON.stringify(keys.map(jsonOf), undefined, 2)}\n` : screenOf(keys, terminal));
}

async function rotateKeys(options: TenantOptions & { json?: boolean }, terminal: Terminal): Promise<void> {
  const rotated = await withTenant(options, terminal, (operations) => operations.rotateKeys());
  terminal.stdout.write(
    options.json === true
      ? `${JSON.stringify(rotated, undefined, 2)}\n`
      : `${rotated.current} signs now; ${rotated.next} comes next. Tokens of the key before are good until it is revoked.\n`,
  );
}

async function revokeKey(kid: string, options: TenantOptions & { json?: boolean }, terminal: Terminal): Promise<void> {
  await withTenant(options, terminal, (operations) => operations.revokeKey(kid));
  terminal.stdout.write(
    options.json === true
      ? `${JSON.stringify({ revoked: kid }, undefined, 2)}\n`
      : `${printable(kid)} is revoked; no token of it verifies any more.\n`,
  );
}

function jsonOf({ kid, state, fingerprint, currentSince, currentUntil, revokedAt }: ListedKey): object {
  return { kid, state, fingerprint, current_since: currentSince, current_until: currentUntil, revoked_at: revokedAt };
}

function screenOf(keys: readonly ListedKey[], terminal: Terminal): string {
  const rows = keys.map(({ kid, state, currentSince, currentUntil, revokedAt }) => [
    kid,
    state,
    currentSince ?? '–',
    revokedAt ?? currentUntil ?? '–',
  ]);
  return `${formatTable(['key id', 'state', 'signs since', 'until'], rows, terminal.hasOutputColor)}\n`;
}
