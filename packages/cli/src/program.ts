import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { exitCode } from './exit-code.ts';
import { reportError } from './report-error.ts';
import type { Terminal } from './terminal.ts';
import { version } from './version.ts';

/** Runs the command line `args` (without node and script); answers the exit code. A command that keeps running has stood up by then. */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  let code: number = exitCode.ok;
  const program = createProgram(terminal, (ended) => {
    code = ended;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
    return reportError(error, terminal);
  }
}

// Each command loads its module only when it runs: `token` must not pay for the agent and the tenant.
function createProgram(terminal: Terminal, endWith: (code: number) => void): Command {
  const program = new Command('evertoken')
    .description('What looks like a permanent token: an ever-fresh machine-to-machine token for every program on the machine.')
    .version(version)
    .option('--home <folder>', 'folder for state (EVERTOKEN_HOME; default .evertoken in the current folder)')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
      outputError: (text, write) => write(`✖ ${text.replace(/^error: /, '')}`),
    })
    .showHelpAfterError('  See the same command with --help.')
    .exitOverride()
    .addHelpText(
      'after',
      exampleText('npx evertoken dev', 'AUTH0_DOMAIN=acme.eu.auth0.com AUTH0_CLIENT_ID=… AUTH0_CLIENT_SECRET=… npx evertoken start'),
    )
    .addHelpText(
      'after',
      '\nExit codes: 0 ok, 1 failure, 2 wrong use, 3 no agent is running.\nEVERTOKEN_DEBUG=1 adds the stack to an error, NO_COLOR=1 takes colours away.',
    );

  program
    .command('dev')
    .description('run the embedded tenant and an agent on it, and show how to use them')
    .option('--tenant-port <port>', 'port of the tenant, 0 for a free one (default 8443)', portOf)
    .option('--agent-port <port>', 'http port of the agent, 0 for free ones (default 8400)', portOf)
    .option('--agent-tls-port <port>', 'https port of the agent, 0 for a free one (default 8401)', portOf)
    .option('--token-lifetime <seconds>', "lifetime of the Management API's tokens (default 86400)", secondsOf)
    .addOption(logOption())
    .addHelpText('after', exampleText('npx evertoken dev --tenant-port 0 --agent-port 0 --token-lifetime 60'))
    .action(async (_options, command: Command) => {
      const { runDev } = await import('./dev.ts');
      await runDev(command.optsWithGlobals(), terminal);
    });
  program
    .command('start')
    .description(
      'run an agent, configured by a file or by AUTH0_DOMAIN, AUTH0_CLIENT_ID, AUTH0_CLIENT_SECRET (AUTH0_AUDIENCE, AUTH0_SCOPE)',
    )
    .option('--config <file>', 'config file (default evertoken.yaml where it exists)')
    .option('--agent-port <port>', 'http port, 0 for free ones (default 8400)', portOf)
    .option('--agent-tls-port <port>', 'https port, 0 for a free one (default 8401)', portOf)
    .addOption(
      new Option('--listen <address...>', 'addresses in place of all others, as in the config file').conflicts([
        'agentPort',
        'agentTlsPort',
      ]),
    )
    .option('--keep-trying', 'stay up even if no token can be had at the start')
    .addOption(logOption())
    .addHelpText('after', exampleText('npx evertoken start --config evertoken.yaml'))
    .action(async (_options, command: Command) => {
      const { runStart } = await import('./start.ts');
      await runStart(command.optsWithGlobals(), terminal);
    });
  withAgentOptions(program.command('token [NAME]'))
    .description('print the live token of the running agent')
    .addOption(new Option('--format <form>', 'what to print').choices(['value', 'json', 'header']).default('value'))
    .option('--json', 'the same as --format json')
    .option('--min-ttl <seconds>', 'demand at least this remaining life', secondsOf)
    .addHelpText('after', exampleText('curl -H "$(npx evertoken token --format header)" https://localhost:8443/api/v2/clients'))
    .action(async (name: string | undefined, _options, command: Command) => {
      const { printToken } = await import('./token.ts');
      await printToken(name, command.optsWithGlobals(), terminal);
    });
  withAgentOptions(program.command('call <METHOD> <PATH>'))
    .description('call the API through the running agent; exit code 1 for a status from 400 on')
    .option('--data <data>', 'JSON to send, @FILE for the content of a file, - for standard input')
    .option('--include', 'print status and headers too')
    .option('--token <name>', 'token whose API is meant, where the app may use several')
    .addHelpText(
      'after',
      exampleText('npx evertoken call GET /api/v2/clients', `npx evertoken call POST /api/v2/clients --data '{"name":"Report"}'`),
    )
    .action(async (method: string, path: string, _options, command: Command) => {
      const { callApi } = await import('./call.ts');
      endWith(await callApi(method, path, command.optsWithGlobals(), terminal));
    });
  program
    .command('env')
    .description('print the variables with which any SDK or script reaches the agent')
    .addOption(new Option('--format <form>', 'what to print').choices(['shell', 'json']).default('shell'))
    .option('--json', 'the same as --format json')
    .addHelpText('after', exampleText('eval "$(npx evertoken env)"'))
    .action(async (_options, command: Command) => {
      const { printEnv } = await import('./env.ts');
      await printEnv(command.optsWithGlobals(), terminal);
    });
  const key = program.command('key').description('keys of apps');
  key
    .command('new <APP>')
    .description('make an app key, print it once, and the lines for evertoken.yaml')
    .option('--json', 'print JSON')
    .addHelpText('after', exampleText('npx evertoken key new nightly-report'))
    .action(async (app: string, _options, command: Command) => {
      const { printNewKey } = await import('./key-new.ts');
      printNewKey(app, command.optsWithGlobals(), terminal);
    });
  withAgentOptions(program.command('status'))
    .description('show the tokens of the running agent; exit code 1 where one cannot be used')
    .option('--json', 'print JSON')
    .addHelpText('after', exampleText('npx evertoken status --json'))
    .action(async (_options, command: Command) => {
      const { printStatus } = await import('./status.ts');
      endWith(await printStatus(command.optsWithGlobals(), terminal));
    });
  return program;
}

function withAgentOptions(command: Command): Command {
  return command
    .option('--url <url>', 'address of the agent (EVERTOKEN_URL; default as it left it in the state folder)')
    .option('--app-key-file <file>', 'file with the app key (EVERTOKEN_APP_KEY; default as the agent left it in the state folder)');
}

function logOption(): Option {
  return new Option('--log <form>', 'lines on standard error (default pretty at a terminal, else json)').choices(['json', 'pretty']);
}

function exampleText(...examples: string[]): string {
  return `\nExample${examples.length > 1 ? 's' : ''}:\n${examples.map((example) => `  ${example}`).join('\n')}`;
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('A port is a number from 0 to 65535.');
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (/^\d{1,9}$/.test(text) && seconds >= 1) return seconds;
  throw new InvalidArgumentError('Give whole seconds, at least 1.');
}
