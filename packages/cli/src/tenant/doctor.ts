import { examineTenant, type Finding } from '@evertoken/tenant';
import pc from 'picocolors';
import { exitCode } from '../exit-code.ts';
import { printable } from '../printable.ts';
import type { Terminal } from '../terminal.ts';
import { tenantPlaceOf } from './tenant-place.ts';
import type { TenantOptions } from './with-tenant.ts';

/** `evertoken tenant doctor`: 0 where all is well, 1 where something is wrong. */
export async function runTenantDoctor(options: TenantOptions & { json?: boolean }, terminal: Terminal): Promise<number> {
  const place = await tenantPlaceOf(options, terminal);
  const findings = await examineTenant({ ...place, domain: options.domain });
  const json = findings.map(({ check, isGood, detail, step }) => ({ check, ok: isGood, detail, ...(step !== undefined && { step }) }));
  terminal.stdout.write(options.json === true ? `${JSON.stringify(json, undefined, 2)}\n` : screenOf(findings, terminal));
  return findings.every(({ isGood }) => isGood) ? exitCode.ok : exitCode.failure;
}

function screenOf(findings: readonly Finding[], terminal: Terminal): string {
  const { green, red, bold, dim } = pc.createColors(terminal.hasOutputColor);
  const lines = findings.flatMap(({ check, isGood, detail, step }) => [
    `${isGood ? green('✔') : red('✖')} ${bold(check)}  ${printable(detail)}`,
    ...(step === undefined ? [] : [`  ${dim('to mend:')} ${printable(step)}`]),
  ]);
  return `${lines.join('\n')}\n`;
}
