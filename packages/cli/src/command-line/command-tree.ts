import type { CommandSpec } from './command.ts';
import { agentOptions, configOption, jsonOption, logOption } from './global-options.ts';
import { portOf, secondsOf } from './option-values.ts';
import { tenantCommands } from './tenant-commands.ts';

const noAgent = { 3: 'no agent is running' } as const;

/** Every command, in the order of the help. Each loads its module only when it runs: `token` must not pay for the agent and the tenant. */
export const commandTree: readonly CommandSpec[] = [
  {
    name: 'dev',
    description: 'run the embedded tenant and an agent on it, and show how to use them',
    options: [
      { flags: '--tenant-port <port>', description: 'port of the tenant, 0 for a free one (default 8443)', read: portOf },
      { flags: '--agent-port <port>', description: 'http port of the agent, 0 for free ones (default 8400)', read: portOf },
      { flags: '--agent-tls-port <port>', description: 'https port of the agent, 0 for a free one (default 8401)', read: portOf },
      { flags: '--token-lifetime <seconds>', description: 'life of Management API tokens (default as before, or 86400)', read: secondsOf },
      logOption,
    ],
    examples: ['npx evertoken dev', 'npx evertoken dev --tenant-port 0 --agent-port 0 --token-lifetime 60'],
    run: async ({ options, terminal }) => {
      await (await import('../dev.ts')).runDev(options, terminal);
    },
  },
  {
    name: 'init',
    description: 'ask for an issuer and credentials, test them, and write evertoken.yaml; asks nothing where the options say all',
    options: [
      { flags: '--config <file>', description: 'file to write (default evertoken.yaml); one that exists is never overwritten' },
      { flags: '--domain <host>', description: 'Auth0 domain, like acme.eu.auth0.com' },
      { flags: '--issuer <url>', description: 'any other OAuth 2 issuer, whose metadata names its token endpoint', conflicts: ['domain'] },
      { flags: '--client-id <id>', description: 'client id of the machine-to-machine application' },
      { flags: '--client-secret-file <file>', description: 'file that holds the client secret; evertoken.yaml will name it' },
      {
        flags: '--client-secret-env <name>',
        description: 'environment variable that holds the client secret; evertoken.yaml will name it',
        conflicts: ['clientSecretFile'],
      },
      { flags: '--audience <audience>', description: 'identifier of the API (default for Auth0: the Management API)' },
      { flags: '--scope <scope>', description: 'scopes, separated by spaces (default all that are granted)' },
      { flags: '--token <name>', description: 'name of the token (default management for the Management API, else default)' },
      { flags: '--app <name>', description: 'name of the first app, for which a key is made (default local)' },
      { flags: '--offline', description: 'do not test the credentials' },
    ],
    examples: [
      'npx evertoken init',
      'npx evertoken init --domain acme.eu.auth0.com --client-id YOUR_CLIENT_ID --client-secret-file /run/secrets/auth0-client-secret',
    ],
    run: async ({ options, terminal }) => (await import('../init/init.ts')).runInit(options, terminal),
  },
  {
    name: 'check',
    description: 'check config, state folder, addresses, files, clocks and CAs, and mint each token once; say what mends what is wrong',
    options: [configOption, { flags: '--offline', description: 'ask no issuer, mint nothing' }, jsonOption],
    exitCodes: { 1: 'something would not work', 2: 'the config is wrong, or the command is used wrongly' },
    examples: ['npx evertoken check', 'npx evertoken check --offline --json'],
    run: async ({ options, terminal }) => (await import('../check/check.ts')).runCheck(options, terminal),
  },
  {
    name: 'start',
    description:
      'run an agent, configured by a file or by AUTH0_DOMAIN, AUTH0_CLIENT_ID, AUTH0_CLIENT_SECRET (AUTH0_AUDIENCE, AUTH0_SCOPE)',
    options: [
      configOption,
      { flags: '--agent-port <port>', description: 'http port, 0 for free ones (default 8400)', read: portOf },
      { flags: '--agent-tls-port <port>', description: 'https port, 0 for a free one (default 8401)', read: portOf },
      {
        flags: '--listen <address...>',
        description: 'addresses in place of all others, as in the config file',
        conflicts: ['agentPort', 'agentTlsPort'],
      },
      { flags: '--keep-trying', description: 'stay up even if no token can be had at the start' },
      logOption,
    ],
    examples: [
      'npx evertoken start --config evertoken.yaml',
      'AUTH0_DOMAIN=acme.eu.auth0.com AUTH0_CLIENT_ID=… AUTH0_CLIENT_SECRET=… npx evertoken start',
    ],
    run: async ({ options, terminal }) => {
      await (await import('../start.ts')).runStart(options, terminal);
    },
  },
  {
    name: 'reload',
    description: 'let the running agent read its config again; say what changed, or what is wrong and that the old one stays',
    options: [jsonOption],
    exitCodes: noAgent,
    examples: ['npx evertoken reload'],
    run: async ({ options, terminal }) => (await import('../reload.ts')).reloadAgent(options, terminal),
  },
  {
    name: 'token',
    arguments: ['[NAME]'],
    description: 'print the live token of the running agent',
    options: [
      ...agentOptions,
      { flags: '--format <form>', description: 'what to print (default value)', choices: ['value', 'json', 'header', 'kubernetes-exec'] },
      { flags: '--json', description: 'the same as --format json' },
      {
        flags: '--min-ttl <seconds>',
        description: 'demand at least this remaining life, or half of the whole one where that is less',
        read: secondsOf,
      },
    ],
    exitCodes: noAgent,
    examples: [
      'npx evertoken token management',
      'curl --cacert .evertoken/ca.pem -H "$(npx evertoken token --format header)" https://localhost:8443/api/v2/clients',
      'kubectl config set-credentials m2m --exec-api-version=client.authentication.k8s.io/v1 --exec-command=evertoken --exec-arg=token --exec-arg=--format=kubernetes-exec --exec-interactive-mode=Never',
    ],
    run: async ({ args, options, terminal }) => {
      await (await import('../token.ts')).printToken(args[0], options, terminal);
    },
  },
  {
    name: 'exec',
    rest: 'PROGRAM [ARGUMENT...]',
    description: 'run a program with tokens of the agent, or else kept here, in its environment; in a container behind an init (tini)',
    options: [
      ...agentOptions,
      configOption,
      {
        flags: '-t, --token <name=variable>',
        isRepeatable: true,
        description: 'token and the variable to put it into; may be given several times',
      },
      { flags: '--file', description: 'variables of every -t after this hold the path of a private file that is kept fresh' },
      {
        flags: '--restart-on-mint',
        description:
          'end the program with SIGTERM and start it again whenever a token in a variable is replaced; no more once SIGINT, SIGTERM or SIGQUIT has come',
      },
      { flags: '--pass-secrets', description: 'leave the app key and the client secrets in the environment of the program' },
    ],
    exitCodes: {
      '*': 'the exit code of the program, or 128 + the number of the signal that ended it',
      126: 'the program cannot be run',
      127: 'there is no such program',
      3: 'no agent is running, and there is no config to keep tokens from',
    },
    examples: [
      'npx evertoken exec -t management=AUTH0_TOKEN -- node report.js',
      'npx evertoken exec --file -t management=TOKEN_FILE -- ./worker',
    ],
    run: async ({ options, line, rest, terminal }) => (await import('../exec/exec.ts')).runExec({ options, line, command: rest }, terminal),
  },
  {
    name: 'call',
    arguments: ['<METHOD>', '<PATH>'],
    description:
      'call the API through the running agent; a table of a list at a terminal, else what the API answers; 1 for a status from 400 on',
    options: [
      ...agentOptions,
      {
        flags: '-f, --raw-field <key=value>',
        isRepeatable: true,
        description: 'a text field: of the JSON body, or of the query for GET; also key[sub]=, key[]=',
      },
      {
        flags: '-F, --field <key=value>',
        isRepeatable: true,
        description: 'the same, with true, false, null, numbers and @FILE taken as what they are',
      },
      { flags: '-H, --header <line>', isRepeatable: true, description: "a request header, like 'Accept: text/csv'" },
      { flags: '--input <file>', description: 'file to send as the body, - for standard input' },
      {
        flags: '--data <data>',
        description: 'JSON to send, @FILE for the content of a file, - for standard input',
        conflicts: ['input', 'field', 'rawField'],
      },
      { flags: '-i, --include', description: 'print status and headers too' },
      { flags: '--paginate', description: 'get all pages of a list and print one array' },
      { flags: '--json', description: 'print JSON also at a terminal' },
      { flags: '--token <name>', description: 'token whose API is meant, where the app may use several' },
    ],
    exitCodes: noAgent,
    examples: [
      'npx evertoken call GET /api/v2/clients --paginate',
      'npx evertoken call GET /api/v2/clients -f fields=name,client_id | jq -r ".[].name"',
      'npx evertoken call POST /api/v2/clients -f name=Report -f app_type=non_interactive',
    ],
    run: async ({ args, options, terminal }) => (await import('../call/call.ts')).callApi(args[0] ?? '', args[1] ?? '', options, terminal),
  },
  {
    name: 'env',
    description: 'print the variables with which any SDK or script reaches the agent',
    options: [
      { flags: '--format <form>', description: 'what to print (default shell)', choices: ['shell', 'json'] },
      { flags: '--json', description: 'the same as --format json' },
    ],
    exitCodes: noAgent,
    examples: ['eval "$(npx evertoken env)"'],
    run: async ({ options, terminal }) => {
      await (await import('../env.ts')).printEnv(options, terminal);
    },
  },
  {
    name: 'key new',
    arguments: ['<APP>'],
    description: 'make an app key, print it once, and the lines for evertoken.yaml, as they fit into it where there is one',
    options: [configOption, jsonOption],
    examples: ['npx evertoken key new nightly-report'],
    run: async ({ args, options, terminal }) => {
      await (await import('../key-new.ts')).printNewKey(args[0] ?? '', options, terminal);
    },
  },
  {
    name: 'key list',
    description: 'list the apps of the config file and the keys that they have; never a key',
    options: [configOption, jsonOption],
    examples: ['npx evertoken key list', 'npx evertoken key list --json'],
    run: async ({ options, terminal }) => {
      await (await import('../key-list.ts')).printKeys(options, terminal);
    },
  },
  {
    name: 'store-key new',
    description: 'make a key that seals the tokens of a shared store; print it once, or write it to a new private file',
    options: [
      { flags: '--file <file>', description: 'file to write, readable for this user alone; one that exists is never overwritten' },
      jsonOption,
    ],
    examples: ['npx evertoken store-key new', 'npx evertoken store-key new --file store.key'],
    run: async ({ options, terminal }) => {
      await (await import('../store-key/new.ts')).makeStoreKey(options, terminal);
    },
  },
  {
    name: 'store-key rotate',
    description: 'seal with the first of the `keys` of the shared store what the second one sealed; agents go on meanwhile',
    options: [configOption, jsonOption],
    exitCodes: { 1: 'a token is left that no key of the config opens, or another failure' },
    examples: ['npx evertoken store-key rotate'],
    run: async ({ options, terminal }) => (await import('../store-key/rotate.ts')).rotateKey(options, terminal),
  },
  {
    name: 'status',
    description: 'show the tokens of the running agent; exit code 1 where one cannot be used',
    options: [...agentOptions, jsonOption],
    exitCodes: { 1: 'a token cannot be used, or another failure', ...noAgent },
    examples: ['npx evertoken status', 'npx evertoken status --json'],
    run: async ({ options, terminal }) => (await import('../status.ts')).printStatus(options, terminal),
  },
  {
    name: 'open',
    description: 'open the status page of the running agent in a browser, by a link that works once, within a minute',
    options: [{ flags: '--print', description: 'only print the link; so it is where standard output is no terminal' }, jsonOption],
    exitCodes: noAgent,
    examples: ['npx evertoken open', 'npx evertoken open --print'],
    run: async ({ options, terminal }) => {
      await (await import('../open.ts')).openStatusPage(options, terminal);
    },
  },
  ...tenantCommands,
  {
    name: 'completion',
    arguments: ['<SHELL>'],
    description: 'print the completion of this command for bash, zsh or fish',
    examples: ['source <(evertoken completion bash)', 'evertoken completion fish > ~/.config/fish/completions/evertoken.fish'],
    run: async ({ args, commands, terminal }) => {
      await (await import('./completion.ts')).printCompletion(args[0] ?? '', commands, terminal);
    },
  },
  {
    name: 'help',
    arguments: ['[TOPIC...]'],
    description: 'show the help of a command, or of exit-codes or environment',
    examples: ['npx evertoken help exec', 'npx evertoken help exit-codes'],
    run: async ({ args, commands, terminal }) => {
      await (await import('./help.ts')).printHelp(args, commands, terminal);
    },
  },
];

/** The command whose name `args` begins with, and the words after the name. */
export function findCommand(args: readonly string[]): { command: CommandSpec; rest: readonly string[] } | undefined {
  for (const words of [2, 1]) {
    const name = args.slice(0, words).join(' ');
    const command = args.length >= words ? commandTree.find((candidate) => candidate.name === name) : undefined;
    if (command !== undefined) return { command, rest: args.slice(words) };
  }
  return undefined;
}
