import { resolve } from 'node:path';
import { type DeployDocument, deployYaml, writeDeployDocument } from '@evertoken/tenant';
import pc from 'picocolors';
import { printable } from '../printable.ts';
import type { Terminal } from '../terminal.ts';
import { type TenantOptions, withTenant } from './with-tenant.ts';

/** `evertoken tenant export [FILE]`: to standard output where no file or folder is named. */
export async function runTenantExport(
  file: string | undefined,
  options: TenantOptions & { json?: boolean; secrets?: boolean; identifiers?: boolean },
  terminal: Terminal,
): Promise<void> {
  const wanted = { withSecrets: options.secrets === true, withIdentifiers: options.identifiers === true };
  const document = await withTenant(options, terminal, (operations) => operations.exportDocument(wanted));
  if (file === undefined) {
    terminal.stdout.write(options.json === true ? `${JSON.stringify(document, undefined, 2)}\n` : deployYaml(document));
    warnOfRepeatedNames(document, terminal);
    return;
  }
  const path = resolve(terminal.cwd, file);
  await writeDeployDocument(path, document);
  const counts = Object.entries(document).flatMap(([kind, records]) => (Array.isArray(records) ? [`${records.length} ${kind}`] : []));
  terminal.stderr.write(`✔ ${printable(path)}: ${counts.join(', ')}${wanted.withSecrets ? '; it holds secrets' : ''}\n`);
  warnOfRepeatedNames(document, terminal);
}

/** Warns of clients that have one name and no id: an import cannot tell which of them a grant means. */
function warnOfRepeatedNames({ clients = [] }: DeployDocument, terminal: Terminal): void {
  const counts = new Map<string, number>();
  for (const { name, client_id: id } of clients) {
    if (id === undefined) counts.set(String(name), (counts.get(String(name)) ?? 0) + 1);
  }
  const { yellow } = pc.createColors(terminal.hasErrorColor);
  for (const [name, count] of counts) {
    if (count === 1) continue;
    const warning = `${count} clients are named ${printable(name)}: an import cannot tell them apart. Export with --identifiers`;
    terminal.stderr.write(`${yellow('!')} ${warning}\n`);
  }
}
