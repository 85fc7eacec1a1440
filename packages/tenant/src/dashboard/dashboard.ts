import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ListenAddress, type Log, PageSite, readPageFiles } from '@evertoken/service';
import { systemNow } from '../clock.ts';
import type { DashboardToken, NoSession } from './contract.ts';
import { type DashboardTokenParts, dashboardToken } from './dashboard-token.ts';

/** The pages of a tenant for its owner. All that they do goes through the Management API. */
export interface Dashboard {
  /** Answers what is below `/dashboard`, and touches nothing else: then false. */
  answer(message: IncomingMessage, response: ServerResponse): boolean;
  /** A link that opens it once, soon. */
  newLink(): { readonly url: string; readonly expires_at: string };
}

/** Its built pages, and what its owner types for a link to them. */
export interface DashboardPages {
  readonly folder: string;
  readonly command: string;
}

const base = '/dashboard';

/**
 * Opens it. `origin`: where a browser reaches it.
 * @throws {ServiceError} `pages_missing`
 */
export async function openDashboard(
  { folder, command }: DashboardPages,
  parts: DashboardTokenParts & { origin: string; log: Log },
): Promise<Dashboard> {
  const { origin, log } = parts;
  const noSession: NoSession = {
    error: 'no_session',
    message: `There is no session, or it has ended. Open the dashboard again: ${command}`,
    command,
  };
  // Not the clock of the tenant, which tests set to any time they like.
  const site = new PageSite({ files: await readPageFiles(folder), base, title: 'the dashboard', command, now: systemNow });
  return {
    answer: (message, response) => {
      const { url = '' } = message;
      if (!url.startsWith(base) || !['/', '?', undefined].includes(url[base.length])) return false;
      if (site.answer(message, response)) return true;
      message.resume();
      if (message.method !== 'POST' || url !== `${base}/session/token`) send(response, 404, { error: 'not_found' });
      else if (!site.mayChange(message)) send(response, 401, noSession);
      else void giveToken(response, parts);
      return true;
    },
    newLink: () => {
      const { path, endsAt } = site.newLink();
      log.info({ event: 'dashboard.link_made' }, 'a one-time link to the dashboard was made');
      return { url: `${origin}${path}`, expires_at: new Date(endsAt).toISOString() };
    },
  };
}

/** Where a browser reaches a tenant that listens at `listen`, and says `url` of it. */
export function originOf(listen: ListenAddress, { url, domain }: { url: string; domain: string }): string {
  // Another one brings requests to a socket, and no browser goes to an address that means all of them.
  const isElsewhere = listen.kind === 'unix' || ['0.0.0.0', '::'].includes(listen.host);
  return isElsewhere ? `https://${domain}` : url;
}

async function giveToken(response: ServerResponse, parts: DashboardTokenParts & { log: Log }): Promise<void> {
  try {
    send(response, 200, await dashboardToken(parts));
  } catch (error) {
    parts.log.error({ event: 'dashboard.token_failed', err: error }, 'the dashboard got no token');
    send(response, 503, { error: 'unavailable', message: 'The tenant could not sign a token; its log tells why.' });
  }
}

function send(response: ServerResponse, status: number, body: DashboardToken | NoSession | { error: string; message?: string }): void {
  response
    .writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' })
    .end(JSON.stringify(body));
}
