import { resolve } from 'node:path';
import { deployYaml, writeDeployDocument } from '@evertoken/tenant';
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
    return;
  }
  const path = resolve(terminal.cwd, file);
  await writeDeployDocument(path, document);
  const counts = Object.entries(document).flatMap(([kind, records]) => (Array.isArray(records) ? [`${records.length} ${kind}`] : []));
  terminal.stderr.write(`✔ ${printable(path)}: ${counts.join(', ')}${wanted.withSecrets ? '; it holds secrets' : ''}\n`);
}
