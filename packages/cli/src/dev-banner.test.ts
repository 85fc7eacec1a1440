import { expect, it } from 'vitest';
import { commandsToPaste, type DevFacts, formatDevBanner } from './dev-banner.ts';

const now = Date.UTC(2030, 0, 1, 12);
const aRun = (changes: Partial<DevFacts> = {}): DevFacts => ({
  tenantUrl: 'https://localhost:8443',
  agentUrls: ['unix:/srv/app/.evertoken/agent.sock', 'http://127.0.0.1:8400', 'https://localhost:8401'],
  httpUrl: 'http://127.0.0.1:8400',
  httpsUrl: 'https://localhost:8401',
  home: '/srv/app/.evertoken',
  cwd: '/srv/app',
  envPath: '/srv/app/.evertoken/env',
  caPath: '/srv/app/.evertoken/ca.pem',
  appName: 'local',
  appKeyPath: '/srv/app/.evertoken/app.key',
  command: 'npx evertoken',
  isDefaultHome: true,
  token: {
    name: 'default',
    fingerprint: '0123456789abcdef',
    scope: 'read:clients',
    remainingSeconds: 86_400,
    nextMintAt: now + 64_000_000,
  },
  applications: [{ name: 'Default App', clientId: 'abc', type: '–' }],
  now,
  ...changes,
});

it('tells what runs where, the token, the applications and what to paste', () => {
  const text = formatDevBanner(aRun(), false);
  for (const part of [
    'https://localhost:8443',
    'unix:/srv/app/.evertoken/agent.sock',
    '0123456789abcdef',
    'read:clients',
    '1 d',
    'in 17 h 46 min',
    'Default App',
    'http://127.0.0.1:8400/readyz',
    'npx evertoken status',
    'set -a; . .evertoken/env',
    'Ctrl-C',
  ]) {
    expect(text).toContain(part);
  }
  for (const { command } of commandsToPaste(aRun())) expect(text).toContain(`\n  ${command}\n`);
});

it('gives commands with paths as short as the folder allows', () => {
  expect(commandsToPaste(aRun()).map(({ command }) => command)).toEqual([
    'curl --cacert .evertoken/ca.pem https://localhost:8401/oauth/token -d grant_type=client_credentials -d client_id=local --data-urlencode client_secret@.evertoken/app.key',
    'curl -H "Authorization: Bearer $(cat .evertoken/app.key)" http://127.0.0.1:8400/api/v2/clients',
    'npx evertoken token',
  ]);
});

it('names another state folder in the commands, quoted where a shell needs it', () => {
  const home = "/var/lib/it's here";
  const run = aRun({ home, caPath: `${home}/ca.pem`, appKeyPath: `${home}/app.key`, envPath: `${home}/env`, isDefaultHome: false });
  const quoted = "'/var/lib/it'\\''s here";
  expect(commandsToPaste(run).map(({ command }) => command)).toEqual([
    expect.stringContaining(`--cacert ${quoted}/ca.pem' `),
    expect.stringContaining(`$(cat ${quoted}/app.key')`),
    `EVERTOKEN_HOME=${quoted}' npx evertoken token`,
  ]);
});

it('gives no command a path that looks like an option', () => {
  const home = '/srv/app/-state';
  const run = aRun({ home, caPath: `${home}/ca.pem`, appKeyPath: `${home}/app.key`, envPath: `${home}/env`, isDefaultHome: false });
  for (const { command } of commandsToPaste(run)) expect(command).not.toMatch(/[ =@]-state/);
  expect(formatDevBanner(run, false)).toContain('. ./-state/env');
});

it('has no colours for a pipe, and lets no name recolour the terminal', () => {
  const run = aRun({ applications: [{ name: '\u001b]0;owned\u0007\u001b[31mRed\nline', clientId: 'abc', type: '–' }] });
  expect(formatDevBanner(run, false)).not.toMatch(/[^\P{Cc}\n]/u);
  expect(formatDevBanner(run, true)).not.toContain('\u001b[31mRed');
});
