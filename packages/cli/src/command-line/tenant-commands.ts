import type { CommandSpec, OptionSpec } from './command.ts';
import { jsonOption, logOption } from './global-options.ts';
import { portOf, secondsOf } from './option-values.ts';

const masterKeyOption: OptionSpec = {
  flags: '--master-key-file <file>',
  description: 'file with the key that seals its secrets (EVERTOKEN_MASTER_KEY; default tenant/master.key in the state folder)',
};
const placeOptions: readonly OptionSpec[] = [
  {
    flags: '--database-url-file <file>',
    description: 'file with the URL of a PostgreSQL database (EVERTOKEN_DATABASE_URL; default a SQLite file in the state folder)',
  },
  masterKeyOption,
];
const tenantOptions: readonly OptionSpec[] = [
  { flags: '--domain <host>', description: 'host and port that the tenant is known by (default as when it ran last)' },
  ...placeOptions,
];
// Named here, as the help must not load the tenant.
const rateLimitPlans = [
  ...['off', 'free', 'essentials', 'professional', 'enterprise', 'enterprise-non-production'],
  ...['private-dev', 'private-100', 'private-500', 'private-1500'],
];

/** The commands of the tenant without an agent. */
export const tenantCommands: readonly CommandSpec[] = [
  {
    name: 'tenant start',
    description: 'run the tenant alone: a self-hosted issuer with the wire of Auth0',
    options: [
      {
        flags: '--listen <address>',
        description: 'https://HOST:PORT, http:// on this machine, or unix:PATH (default https://localhost:8443)',
      },
      { flags: '--allow-remote', description: 'let other machines come, over https' },
      {
        flags: '--domain <host>',
        description:
          'host and port that clients know it by: its issuer and audience (default where it listens; on PostgreSQL what its nodes have)',
      },
      { flags: '--change-domain', description: 'let --domain be another one than the nodes on this PostgreSQL have' },
      { flags: '--certificate <file>', description: 'certificate with its chain, PEM (default of the local CA)' },
      { flags: '--certificate-key <file>', description: 'key of the certificate, PEM; both are read again when they change' },
      { flags: '--seed <file>', description: 'clients, APIs and grants to have at the start, as for tenant import' },
      { flags: '--token-lifetime <seconds>', description: 'life of Management API tokens (default as before, or 86400)', read: secondsOf },
      {
        flags: '--secret-grace <seconds>',
        description: 'how long the secret before the last rotation of a client is still taken (default 30)',
        read: secondsOf,
      },
      { flags: '--rate-limits <plan>', description: 'refuse as a plan of Auth0 does (default off)', choices: rateLimitPlans },
      { flags: '--controls <port>', description: 'test controls on 127.0.0.1, 0 for a free port: they make the tenant fail', read: portOf },
      ...placeOptions,
      logOption,
    ],
    examples: [
      'npx evertoken tenant start',
      'npx evertoken tenant start --seed tenant.yaml --controls 8444',
      'npx evertoken tenant start --listen https://0.0.0.0:443 --allow-remote --domain id.example.com --certificate id.pem --certificate-key id-key.pem --database-url-file /run/secrets/database-url',
    ],
    run: async ({ options, terminal }) => {
      await (await import('../tenant/start.ts')).runTenantStart(options, terminal);
    },
  },
  {
    name: 'tenant open',
    description: 'open the dashboard of the tenant that runs: applications, APIs, grants, keys, logs. The link works once, within a minute',
    options: [{ flags: '--print', description: 'print the link alone, and open no browser' }, jsonOption],
    examples: ['npx evertoken tenant open', 'npx evertoken tenant open --print'],
    run: async ({ options, terminal }) => {
      await (await import('../tenant/open.ts')).runTenantOpen(options, terminal);
    },
  },
  {
    name: 'tenant seed',
    arguments: ['<FILE>'],
    description: 'make a tenant where there is none, and have in it what a file or folder of auth0-deploy-cli says',
    options: [...tenantOptions, jsonOption],
    examples: ['npx evertoken tenant seed tenant.yaml'],
    run: async ({ args, options, terminal }) => {
      await (await import('../tenant/import.ts')).runTenantSeed(args[0] ?? '', options, terminal);
    },
  },
  {
    name: 'tenant export',
    arguments: ['[FILE]'],
    description:
      'write clients, APIs, grants, organizations and settings as auth0-deploy-cli does: .yaml, .json, or a folder; without one print YAML',
    options: [
      { flags: '--identifiers', description: 'with client ids, which tell clients of one name apart' },
      { flags: '--secrets', description: 'with ids and client secrets: keep the file to yourself' },
      ...tenantOptions,
      { flags: '--json', description: 'print JSON in place of YAML' },
    ],
    examples: ['npx evertoken tenant export tenant.yaml', 'npx evertoken tenant export --json | jq ".clients[].name"'],
    run: async ({ args, options, terminal }) => {
      await (await import('../tenant/export.ts')).runTenantExport(args[0], options, terminal);
    },
  },
  {
    name: 'tenant import',
    arguments: ['<FILE>'],
    description:
      'have in the tenant what a file or folder of auth0-deploy-cli says, all or nothing; say what changed and what was left out',
    options: [...tenantOptions, jsonOption],
    examples: ['npx evertoken tenant import tenant.yaml', 'npx evertoken tenant import exported/ --json'],
    run: async ({ args, options, terminal }) => {
      await (await import('../tenant/import.ts')).runTenantImport(args[0] ?? '', options, terminal);
    },
  },
  {
    name: 'tenant keys',
    arguments: ['[ACTION]', '[KID]'],
    description: 'list the signing keys, rotate them, or revoke the previous one; a tenant that runs goes on, and knows within a second',
    options: [...tenantOptions, jsonOption],
    examples: ['npx evertoken tenant keys list', 'npx evertoken tenant keys rotate', 'npx evertoken tenant keys revoke KID'],
    run: async ({ args, options, terminal }) => {
      await (await import('../tenant/keys.ts')).runTenantKeys(args, options, terminal);
    },
  },
  {
    name: 'tenant backup',
    arguments: ['<FILE>'],
    description: 'write a copy of the SQLite database to a new file, while the tenant runs or not',
    options: tenantOptions,
    examples: ['npx evertoken tenant backup /var/backups/tenant.db'],
    run: async ({ args, options, terminal }) => {
      await (await import('../tenant/backup.ts')).runTenantBackup(args[0] ?? '', options, terminal);
    },
  },
  {
    name: 'tenant restore',
    arguments: ['<FILE>'],
    description: 'put a backup in the place of the database, once it is found whole; never under a tenant that runs',
    options: [masterKeyOption],
    examples: ['npx evertoken tenant restore /var/backups/tenant.db'],
    run: async ({ args, options, terminal }) => {
      await (await import('../tenant/backup.ts')).runTenantRestore(args[0] ?? '', options, terminal);
    },
  },
  {
    name: 'tenant doctor',
    description: 'examine database, secrets, signing keys, clock and records; say what mends what is wrong',
    options: [...tenantOptions, jsonOption],
    exitCodes: { 1: 'something is wrong, or there is no tenant' },
    examples: ['npx evertoken tenant doctor'],
    run: async ({ options, terminal }) => (await import('../tenant/doctor.ts')).runTenantDoctor(options, terminal),
  },
];
