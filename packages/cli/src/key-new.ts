import { appKeyLines, nameProblemOf, newAppKey } from '@evertoken/agent';
import pc from 'picocolors';
import { CliError } from './cli-error.ts';
import { exitCode } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

/** Makes an app key and prints it, once, with the lines for evertoken.yaml. Keeps nothing. */
export function printNewKey(app: string, options: { json?: boolean }, terminal: Terminal): void {
  const problem = nameProblemOf(app);
  if (problem !== undefined) {
    throw new CliError({
      problem: `The name of an app ${problem}`,
      place: `evertoken key new ${app}`,
      step: 'Choose such a name, like nightly-report.',
      exitCode: exitCode.usage,
    });
  }
  const { key, sha256 } = newAppKey();
  terminal.stdout.write(
    options.json === true ? `${JSON.stringify({ app, key, sha256 }, undefined, 2)}\n` : screenOf(app, key, sha256, terminal),
  );
}

function screenOf(app: string, key: string, sha256: string, terminal: Terminal): string {
  const { bold, dim } = pc.createColors(terminal.hasOutputColor);
  return `${[
    `${bold(key)}`,
    '',
    dim(`This is the only time that the key is shown; give it to ${app}. In evertoken.yaml:`),
    '',
    appKeyLines(app, sha256, ['default']),
  ].join('\n')}\n`;
}
