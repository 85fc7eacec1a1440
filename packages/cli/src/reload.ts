import { askControlSocket, type ControlAnswer } from '@evertoken/service';
import { noAgentAt } from './agent-presence.ts';
import { CliError } from './cli-error.ts';
import { exitCode } from './exit-code.ts';
import { homeOf } from './home.ts';
import { printable } from './printable.ts';
import { withProgress } from './progress.ts';
import type { Terminal } from './terminal.ts';

/** Options of `evertoken reload`. */
export interface ReloadOptions {
  home?: string;
  json?: boolean;
}

/** Makes the agent of the state folder read its config again. Answers 0 and prints what changed; throws a CliError where the agent keeps its former config. */
export async function reloadAgent(options: ReloadOptions, terminal: Terminal): Promise<number> {
  const home = homeOf(options, terminal);
  const answer = await withProgress('reloading', terminal, () => askControlSocket(home, { method: 'POST', path: '/reload' }));
  if (answer === undefined) throw noAgentAt(home);
  const isDone = answer.status < 300;
  if (options.json === true) terminal.stdout.write(`${JSON.stringify(answer.body, undefined, 2)}\n`);
  else if (isDone) terminal.stdout.write(`${printable(textOfChanges(answer))}\n`);
  if (isDone) return exitCode.ok;
  const { problems } = (answer.body ?? {}) as { problems?: unknown };
  const why = memberOf(answer, 'error') ?? `it answered with status ${answer.status}`;
  throw new CliError({
    problem:
      Array.isArray(problems) && problems.length > 0
        ? `The agent keeps the config that it had: ${why}`
        : `The agent cannot take the config: ${why}`,
    place: home,
    step: memberOf(answer, 'step') ?? 'Mend it and reload again; `evertoken check` tells more.',
  });
}

function textOfChanges({ body }: ControlAnswer): string {
  const { changes, needs_restart: waiting, not_in_effect: failed, notes } = (body ?? {}) as Readonly<Record<string, unknown>>;
  const lines = textsIn(changes);
  const restart = textsIn(waiting).map((what) => `${what} changed, which takes effect at the next start only`);
  const notInEffect = textsIn(failed).map((what) => `not in effect: ${what}`);
  const told = textsIn(notes).map((note) => `note: ${note}`);
  return [...(lines.length === 0 ? ['nothing changed'] : lines), ...restart, ...notInEffect, ...told].join('\n');
}

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function memberOf({ body }: ControlAnswer, name: string): string | undefined {
  const value = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}
