import pc from 'picocolors';
import { durationText, localTimeText } from './human-time.ts';
import { printable } from './printable.ts';
import { shellWord } from './shell-quote.ts';
import { shortPath, sourcePath } from './short-path.ts';
import { formatTable } from './table.ts';

/** An application as `GET /api/v2/clients` lists it. */
export interface Application {
  readonly name: string;
  readonly clientId: string;
  readonly type: string;
}

/** What the banner of `evertoken dev` tells. */
export interface DevFacts {
  readonly tenantUrl: string;
  /** All addresses of the agent. */
  readonly agentUrls: readonly string[];
  readonly httpUrl: string;
  readonly httpsUrl: string;
  readonly home: string;
  readonly cwd: string;
  readonly envPath: string;
  readonly caPath: string;
  readonly appName: string;
  readonly appKeyPath: string;
  /** How this program is called in a shell. */
  readonly command: string;
  /** Whether the command finds the state folder without `--home`. */
  readonly isDefaultHome: boolean;
  readonly token: {
    readonly name: string;
    readonly fingerprint: string;
    readonly scope: string | undefined;
    readonly remainingSeconds: number;
    readonly nextMintAt: number | undefined;
  };
  readonly applications: readonly Application[];
  /** Epoch ms. */
  readonly now: number;
}

/** The three commands of the banner; each works as it stands, pasted into another shell in the same folder. */
export function commandsToPaste(facts: DevFacts): { readonly title: string; readonly command: string }[] {
  const path = (absolute: string): string => shellWord(shortPath(absolute, facts.cwd));
  const home = facts.isDefaultHome ? '' : `EVERTOKEN_HOME=${path(facts.home)} `;
  const key = path(facts.appKeyPath);
  return [
    {
      title: 'the token from the drop-in token endpoint, for any OAuth client',
      command: `curl --cacert ${path(facts.caPath)} ${facts.httpsUrl}/oauth/token -d grant_type=client_credentials -d client_id=${shellWord(facts.appName)} --data-urlencode client_secret@${key}`,
    },
    {
      title: 'the API through the proxy, with the permanent app key',
      command: `curl -H "Authorization: Bearer $(cat ${key})" ${facts.httpUrl}/api/v2/clients`,
    },
    { title: 'the token alone, for scripts', command: `${home}${facts.command} token` },
  ];
}

/** The screen that `evertoken dev` shows when all stands. */
export function formatDevBanner(facts: DevFacts, hasColor: boolean): string {
  const { bold, dim, cyan, green } = pc.createColors(hasColor);
  const { token } = facts;
  const path = (absolute: string): string => shortPath(absolute, facts.cwd);
  const row = (label: string, ...lines: string[]): string => `  ${dim(label.padEnd(13))}${lines.join(`\n${' '.repeat(15)}`)}`;
  const nextMint =
    token.nextMintAt === undefined ? 'not planned' : `${localTimeText(token.nextMintAt)}, in ${durationText(token.nextMintAt - facts.now)}`;
  const home = facts.isDefaultHome ? '' : `EVERTOKEN_HOME=${shellWord(path(facts.home))} `;
  const rows = facts.applications.map(({ name, clientId, type }) => [name, clientId, type]);
  const commands = commandsToPaste(facts).flatMap(({ title, command }) => [`  ${dim(`# ${title}`)}`, `  ${cyan(command)}`, '']);
  return `${[
    '',
    `${green('✔')} ${bold('Evertoken runs')}`,
    '',
    row('tenant', `${facts.tenantUrl}  ${dim('the issuer, with its Management API')}`),
    row('agent', ...facts.agentUrls),
    row('state', path(facts.home)),
    row('environment', `${path(facts.envPath)}  ${dim(`set -a; . ${shellWord(sourcePath(path(facts.envPath)))}; set +a`)}`),
    '',
    `${bold('Token')} ${bold(printable(token.name))}`,
    row('fingerprint', printable(token.fingerprint)),
    row('scope', printable(token.scope ?? 'all that is granted')),
    row('time left', durationText(token.remainingSeconds * 1_000)),
    row('next mint', nextMint),
    '',
    `${bold('Applications')} ${dim('(GET /api/v2/clients with that token)')}`,
    formatTable(['name', 'client_id', 'type'], rows, hasColor),
    '',
    `${bold('Paste into another terminal')}`,
    '',
    ...commands,
    row('status page', `${home}${facts.command} open`),
    row('dashboard', `${home}${facts.command} tenant open`),
    row('status', `${facts.httpUrl}/readyz   ${facts.httpUrl}/metrics   ${home}${facts.command} status`),
    '',
    `${bold('Ctrl-C')} stops.`,
    '',
  ].join('\n')}\n`;
}
