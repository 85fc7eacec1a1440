import { join } from 'node:path';
import { askControlSocket, type ControlAnswer } from '@evertoken/service';
import { CliError } from '../cli-error.ts';
import { homeOf } from '../home.ts';
import { openInBrowser } from '../open-in-browser.ts';
import { shortPath } from '../short-path.ts';

import type { Terminal } from '../terminal.ts';

/** Options of `evertoken tenant open`. */
export interface TenantOpenOptions {
  home?: string;
  print?: boolean;
  json?: boolean;
}

/** Asks the tenant that runs with the state folder for a one-time link to its dashboard, and opens it where there is a browser. */
export async function runTenantOpen(options: TenantOpenOptions, terminal: Terminal): Promise<void> {
  const home = homeOf(options, terminal);
  const link = linkIn(await askTenant(home), home);
  if (options.json === true) {
    terminal.stdout.write(`${JSON.stringify(link, undefined, 2)}\n`);
    return;
  }
  terminal.stdout.write(`${link.url}\n`);
  if (options.print === true) return;
  const isOpening = terminal.isOutputTerminal && (await openInBrowser(link.url, home, terminal));
  const what = isOpening ? 'Your browser should open it' : 'Open it in a browser on this machine';
  terminal.stderr.write(
    `${what}. The link works once, within a minute.${warningOf(link.url, shortPath(join(home, 'ca.pem'), terminal.cwd))}\n`,
  );
}

// Each browser has a list of authorities of its own, and a local CA stands in none of them by itself.
const warningOf = (url: string, ca: string): string =>
  url.startsWith('https://localhost:') ? ` It warns first where it does not trust ${ca}.` : '';

async function askTenant(home: string): Promise<ControlAnswer | undefined> {
  // A node whose database is elsewhere answers in a folder of its own.
  for (const folder of [join(home, 'tenant'), join(home, 'tenant', 'node')]) {
    const answer = await askControlSocket(folder, { method: 'POST', path: '/dashboard/link' });
    if (answer !== undefined) return answer;
  }
  return undefined;
}

function linkIn(answer: ControlAnswer | undefined, home: string): { url: string; expires_at: string } {
  if (answer === undefined) {
    throw new CliError({
      problem: 'No tenant runs with this state folder',
      place: home,
      step: 'Start one with `evertoken dev` or `evertoken tenant start`, or name the folder of a running one with --home.',
    });
  }
  const { url, expires_at, error, step } = (answer.body ?? {}) as Readonly<Record<string, unknown>>;
  if (answer.status === 200 && typeof url === 'string' && typeof expires_at === 'string') return { url, expires_at };
  throw new CliError({
    problem: `The tenant gives no link to its dashboard: ${typeof error === 'string' ? error : `it answered with status ${answer.status}`}`,
    place: home,
    step: typeof step === 'string' ? step : 'Start it with this version of evertoken.',
  });
}
