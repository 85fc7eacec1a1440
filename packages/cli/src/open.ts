import { askControlSocket } from '@evertoken/service';
import { noAgentAt } from './agent-presence.ts';
import { CliError } from './cli-error.ts';
import { homeOf } from './home.ts';
import { openInBrowser } from './open-in-browser.ts';
import type { Terminal } from './terminal.ts';

/** Options of `evertoken open`. */
export interface OpenOptions {
  home?: string;
  print?: boolean;
  json?: boolean;
}

/** Has the running agent make a link to its status page, prints it, and opens it where there is a browser. */
export async function openStatusPage(options: OpenOptions, terminal: Terminal): Promise<void> {
  const home = homeOf(options, terminal);
  const answer = await askControlSocket(home, { method: 'POST', path: '/open' });
  if (answer === undefined) throw noAgentAt(home);
  const { urls, error, step } = (answer.body ?? {}) as { urls?: unknown; error?: unknown; step?: unknown };
  const [url] = Array.isArray(urls) ? urls : [];
  if (answer.status !== 200 || typeof url !== 'string') {
    throw new CliError({
      problem: typeof error === 'string' ? error : `The agent gives no link (status ${answer.status})`,
      place: home,
      step: typeof step === 'string' ? step : 'Ask again in a moment.',
    });
  }
  if (options.json === true) {
    terminal.stdout.write(`${JSON.stringify({ url, urls }, undefined, 2)}\n`);
    return;
  }
  terminal.stdout.write(`${url}\n`);
  const isOpening = options.print !== true && terminal.isOutputTerminal && (await openInBrowser(url, home, terminal));
  const what = isOpening ? 'Your browser should open it' : 'Open it in a browser on this machine';
  terminal.stderr.write(`${what}. The link works once, within a minute.\n`);
}
