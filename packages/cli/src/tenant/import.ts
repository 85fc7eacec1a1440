import { resolve } from 'node:path';
import { type ImportReport, readDeployDocument, seedTenant } from '@evertoken/tenant';
import pc from 'picocolors';
import { printable } from '../printable.ts';
import type { Terminal } from '../terminal.ts';
import { deployKeywordsOf } from './deploy-keywords.ts';
import { tenantPlaceOf } from './tenant-place.ts';
import { type TenantOptions, withTenant } from './with-tenant.ts';

/** `evertoken tenant import FILE`. */
export async function runTenantImport(file: string, options: TenantOptions & { json?: boolean }, terminal: Terminal): Promise<void> {
  const document = await readDeployDocument(resolve(terminal.cwd, file), deployKeywordsOf(terminal));
  const report = await withTenant(options, terminal, (operations) => operations.importDocument(document));
  print(report, options, terminal);
}

/** `evertoken tenant seed FILE`. */
export async function runTenantSeed(file: string, options: TenantOptions & { json?: boolean }, terminal: Terminal): Promise<void> {
  // Before the state folder: of a file that is not there nothing is made.
  const document = await readDeployDocument(resolve(terminal.cwd, file), deployKeywordsOf(terminal));
  const place = await tenantPlaceOf(options, terminal);
  print(await seedTenant({ ...place, domain: options.domain }, document), options, terminal);
}

function print(report: ImportReport, options: { json?: boolean }, terminal: Terminal): void {
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
