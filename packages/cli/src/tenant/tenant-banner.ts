import pc from 'picocolors';
import { printable } from '../printable.ts';
import { shellWord } from '../shell-quote.ts';
import { shortPath, sourcePath } from '../short-path.ts';

/** What the banner of `evertoken tenant start` tells. */
export interface TenantFacts {
  readonly url: string;
  readonly domain: string;
  /** Of the application that may call the Management API. */
  readonly clientId: string;
  readonly home: string;
  readonly cwd: string;
  readonly envPath: string;
  /** Undefined with a certificate of others. */
  readonly caPath: string | undefined;
  readonly database: string;
  readonly controls: { readonly url: string; readonly key: string } | undefined;
  /** How this program is called in a shell. */
  readonly command: string;
  /** What opens the dashboard there. */
  readonly openCommand: string;
}

/** The screen that `evertoken tenant start` shows when the tenant stands. */
export function formatTenantBanner(facts: TenantFacts, hasColor: boolean): string {
  const { bold, dim, cyan, green } = pc.createColors(hasColor);
  const path = (absolute: string): string => shortPath(absolute, facts.cwd);
  const row = (label: string, text: string): string => `  ${dim(label.padEnd(13))}${text}`;
  const source = `set -a; . ${shellWord(sourcePath(path(facts.envPath)))}; set +a`;
  const ca = facts.caPath === undefined ? '' : `--cacert ${shellWord(path(facts.caPath))} `;
  const form =
    '-d grant_type=client_credentials -d client_id=$AUTH0_CLIENT_ID -d client_secret=$AUTH0_CLIENT_SECRET -d audience=$AUTH0_AUDIENCE';
  return `${[
    '',
    `${green('✔')} ${bold('The tenant runs')}`,
    '',
    row('tenant', facts.url),
    ...(facts.url === `https://${facts.domain}` ? [] : [row('known as', facts.domain)]),
    row('database', path(facts.database)),
    row('client', `${printable(facts.clientId)}  ${dim('may call the Management API; its secret is in the environment')}`),
    row('environment', `${path(facts.envPath)}  ${dim(source)}`),
    ...(facts.controls === undefined
      ? []
      : [
          row('controls', `${facts.controls.url}  ${dim('they make the tenant fail: for tests alone')}`),
          row('their key', facts.controls.key),
        ]),
    '',
    `${bold('Paste into another terminal')}`,
    '',
    `  ${dim('# a token')}`,
    `  ${cyan(`(${source}; curl ${ca}${facts.url}/oauth/token ${form})`)}`,
    '',
    `  ${dim('# the dashboard, in a browser')}`,
    `  ${cyan(facts.openCommand)}`,
    '',
    `  ${dim('# clients, APIs and grants, from what auth0-deploy-cli exports')}`,
    `  ${cyan(`${facts.command} tenant import tenant.yaml`)}`,
    '',
    `${bold('Ctrl-C')} stops.`,
    '',
  ].join('\n')}\n`;
}
