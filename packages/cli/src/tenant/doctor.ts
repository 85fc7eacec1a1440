import { examineTenant } from '@evertoken/tenant';
import { formatFinding } from '../check/check-screen.ts';
import { exitCode } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { tenantPlaceOf } from './tenant-place.ts';
import type { TenantOptions } from './with-tenant.ts';

/** `evertoken tenant doctor`: 0 where all is well, 1 where something is wrong. */
export async function runTenantDoctor(options: TenantOptions & { json?: boolean }, terminal: Terminal): Promise<number> {
  const place = await tenantPlaceOf(options, terminal, { mustExist: true });
  const findings = await examineTenant({ ...place, domain: options.domain });
  const isOk = findings.every(({ level }) => level !== 'problem');
  const screen = findings.map((finding) => formatFinding(finding, terminal)).join('');
  terminal.stdout.write(options.json === true ? `${JSON.stringify({ ok: isOk, findings }, undefined, 2)}\n` : screen);
  return isOk ? exitCode.ok : exitCode.failure;
}
