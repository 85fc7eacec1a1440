import { resolve } from 'node:path';
import type { ImportReport } from '@evertoken/tenant';
import pc from 'picocolors';
import { printable } from '../printable.ts';
import type { Terminal } from '../terminal.ts';
import { type TenantOptions, withTenant } from './with-tenant.ts';

/** `evertoken tenant import FILE`, and `evertoken tenant seed FILE`, which makes the tenant where there is none. */
export async function runTenantImport(
  file: string,
  options: TenantOptions & { json?: boolean; mayCreate: boolean },
  terminal: Terminal,
): Promise<void> {
  const report = await withTenant(options, terminal, (operations) => operations.importFrom(resolve(terminal.cwd, file)));
  terminal.stdout.write(options.json === true ? `${JSON.stringify(report, undefined, 2)}\n` : screenOf(report, terminal));
}

function screenOf({ records, skipped }: ImportReport, terminal: Terminal): string {
  const { green, yellow, dim } = pc.createColors(terminal.hasOutputColor);
  const news = records.filter(({ outcome }) => outcome !== 'unchanged');
  const lines = news.map(
    ({ outcome, kind, name, fields }) =>
      `${green(outcome)} ${kind} ${printable(name)}${fields === undefined ? '' : dim(` (${fields.join(', ')})`)}`,
  );
  const left = skipped.map(({ what, why }) => `${yellow('left out')} ${printable(what)}: ${why}`);
  const count = records.length - news.length;
  const rest = `${news.length === 0 ? 'nothing changed' : `${news.length} changed`}, ${count} ${count === 1 ? 'was' : 'were'} so already`;
  return `${[...lines, ...left, rest].join('\n')}\n`;
}
